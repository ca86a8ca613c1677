// What the bench is doing, on standard error, with the time since it began. Never on standard output: that is the table's.

/** Prints one line. */
export function say(text: string): void {
  process.stderr.write(`${(performance.now() / 1000).toFixed(1).padStart(8)} s  ${text}\n`);
}
