// What whoever builds must not miss: between bars, on the standard error.

/** @param lines without the marks before them */
export function warn(lines: readonly string[]): void {
  const bar = '!'.repeat(78);
  console.error([bar, ...lines.map(line => `!! ${line}`), bar].join('\n'));
}
