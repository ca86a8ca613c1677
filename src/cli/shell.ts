// What a command has of the world around it, so that a test can give it another one. Types and plain text only.

/** The process, as far as commands see it. */
export interface Shell {
  readonly env: Readonly<Record<string, string | undefined>>;
  /** The answer, and nothing else. */
  readonly stdout: { write(text: string): unknown };
  /** Summaries, hints, progress and errors. */
  readonly stderr: { write(text: string): unknown; readonly isTTY?: boolean };
  /** Wall clock, milliseconds since 1970. */
  readonly nowMs: () => number;
  /** Asks the person at the terminal; undefined where there is none. */
  readonly ask?: (question: string) => Promise<string>;
}

/** Writes one line about the answer, for people. */
export function note(shell: Shell, text: string): void {
  shell.stderr.write(`${plain(text)}\n`);
}

/** Writes one line that says what to type next. */
export function hint(shell: Shell, text: string): void {
  note(shell, `hint: ${text}`);
}

/** `text` on one line and without control characters: what other machines report must not steer a terminal. */
export function plain(text: string): string {
  return text.replace(/\s+/g, ' ').replace(/\p{Cc}/gu, '?');
}
