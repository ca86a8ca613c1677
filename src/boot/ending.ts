// How a program of this folder ends: exit codes, and an error that an operator can mend as two lines. The codes are a contract.
import { CommanderError } from 'commander';

export const exitCode = {
  done: 0,
  /** For a reason that may pass: starting it again is of use. */
  failed: 1,
  /** The command line, or a file of settings. */
  usage: 2,
  /** Not permitted, or refused for good: somebody has to mend it. */
  refused: 4,
  timedOut: 7,
} as const;

export class BootError extends Error {
  override readonly name = 'BootError';
  readonly exitCode: number;
  readonly mend: string;

  /**
   * @param message one line: what is wrong with which thing
   * @param mend one line: what to do; empty when there is nothing to do
   */
  constructor(code: number, message: string, mend: string) {
    super(message);
    this.exitCode = code;
    this.mend = mend;
  }
}

/** Runs the program to its end. What it throws becomes two lines on stderr; `hide` takes out what nobody may read. */
export async function runProgram(
  main: () => Promise<number>,
  hide: (text: string) => string = text => text,
): Promise<never> {
  try {
    process.exit(await main());
  } catch (error) {
    if (error instanceof CommanderError) process.exit(error.exitCode === 0 ? exitCode.done : exitCode.usage);
    if (error instanceof BootError) {
      console.error(hide(`error: ${error.message}`));
      if (error.mend !== '') console.error(hide(`hint: ${error.mend}`));
      process.exit(error.exitCode);
    }
    // The system has said no: a disk that is full, a file that is for others.
    const { code, syscall, message } = error as NodeJS.ErrnoException;
    if (syscall !== undefined) {
      const isDenied = code === 'EACCES' || code === 'EPERM';
      console.error(hide(`error: ${message}${isDenied ? '\nhint: run this as root' : ''}`));
      process.exit(isDenied ? exitCode.refused : exitCode.failed);
    }
    // A defect: the trace is for the bug report.
    console.error(hide((error as Error).stack ?? String(error)));
    process.exit(exitCode.failed);
  }
}

const unitMs = { ms: 1, s: 1000, m: 60_000, h: 3600_000 } as const;

/** Milliseconds in `500ms`, `90s`, `2m` or `1h`; `infinity` is what it says. @throws BootError for anything else */
export function timeoutMsFrom(text: string): number {
  if (text === 'infinity') return Number.POSITIVE_INFINITY;
  const [, count, unit] = /^(\d+(?:\.\d+)?)(ms|s|m|h)$/.exec(text) ?? [];
  const ms = Number(count) * unitMs[unit as keyof typeof unitMs];
  if (ms > 0) return ms;
  throw new BootError(
    exitCode.usage,
    `--timeout "${text}" is no duration`,
    'write it as 90s, 2m, 1h or infinity',
  );
}
