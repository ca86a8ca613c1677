// A bench as a command: its words, what the machine lacks for it, its exit codes, and the end of all that it started or
// made, also on Ctrl-C. Never touches what it did not make.
import { Leavings, sweepLeavings } from './leavings.ts';
import { say } from './progress.ts';

const exitCodes = { done: 0, failed: 1, usage: 2, SIGINT: 130, SIGTERM: 143 } as const;
let current: Leavings | undefined;
let isInterrupted = false;

/** Runs one measurement and removes what it left; gives undefined, after telling why, when it could not be made. */
export type Measure = <Result>(
  what: string,
  run: (leavings: Leavings) => Promise<Result>,
) => Promise<Result | undefined>;

export interface Bench<CommandLine extends { readonly help: boolean }> {
  readonly usage: string;
  /** @throws Error in one line that says what is wrong */
  parse(args: readonly string[]): CommandLine;
  /** One line for each thing that the machine lacks. */
  missing(commandLine: CommandLine): readonly string[];
  /** @returns whether everything could be measured */
  run(commandLine: CommandLine, measure: Measure): Promise<boolean>;
}

/** @returns the exit code */
export async function runBench<CommandLine extends { readonly help: boolean }>(
  bench: Bench<CommandLine>,
): Promise<number> {
  let commandLine: CommandLine;
  try {
    commandLine = bench.parse(process.argv.slice(2));
  } catch (error) {
    process.stderr.write(`error: ${messageOf(error)}\n${bench.usage}`);
    return exitCodes.usage;
  }
  if (commandLine.help) {
    process.stdout.write(bench.usage);
    return exitCodes.done;
  }
  const missing = bench.missing(commandLine);
  if (missing.length > 0) {
    process.stderr.write(missing.map(each => `error: this bench ${each}\n`).join(''));
    return exitCodes.usage;
  }
  for (const signal of ['SIGINT', 'SIGTERM'] as const) process.on(signal, () => void interrupt(signal));
  await sweepLeavings();
  return (await bench.run(commandLine, measure)) ? exitCodes.done : exitCodes.failed;
}

async function measure<Result>(
  what: string,
  run: (leavings: Leavings) => Promise<Result>,
): Promise<Result | undefined> {
  const leavings = new Leavings();
  current = leavings;
  try {
    return await run(leavings);
  } catch (error) {
    if (isInterrupted) await new Promise(() => {}); // interrupt() ends the process
    say(`${what} could not be measured: ${messageOf(error)}`);
    return undefined;
  } finally {
    await leavings.remove();
  }
}

async function interrupt(signal: 'SIGINT' | 'SIGTERM'): Promise<void> {
  if (isInterrupted) return;
  isInterrupted = true;
  say(`${signal}: ending what was started`);
  await current?.remove();
  process.exit(exitCodes[signal]);
}

function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
