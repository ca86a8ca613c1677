// The programs that a build runs. What is missing is named at the beginning and all at once, with the command that installs it.
import { spawnSync } from 'node:child_process';
import { accessSync, constants } from 'node:fs';
import { delimiter, join } from 'node:path';
import { outputBytesMax, programTimeoutMs } from './limits.ts';

/** An error that whoever builds can mend: told without a trace. */
export class BuildError extends Error {
  override readonly name = 'BuildError';
}

/** Runs a build to its end: what can be mended is told without a trace. */
export async function endWithBuildError(work: () => Promise<void>): Promise<void> {
  try {
    await work();
  } catch (error) {
    if (!(error instanceof BuildError)) throw error;
    console.error(`error: ${error.message}`);
    process.exitCode = 1;
  }
}

/** @param needed the package of Debian of each program @throws BuildError where one is not on the PATH */
export function requirePrograms(needed: Readonly<Record<string, string>>): void {
  const missing = Object.keys(needed).filter(program => !isOnPath(program));
  if (missing.length === 0) return;
  const packages = [...new Set(missing.map(program => needed[program]))].join(' ');
  throw new BuildError(
    `this build needs ${missing.join(', ')}\nhint: run "apt-get install --no-install-recommends ${packages}"`,
  );
}

function isOnPath(program: string): boolean {
  return (process.env.PATH ?? '').split(delimiter).some(folder => {
    try {
      accessSync(join(folder, program), constants.X_OK);
      return true;
    } catch {
      return false;
    }
  });
}

export interface RunOptions {
  readonly cwd?: string;
  readonly env?: Readonly<Record<string, string>>;
  readonly input?: string;
  /** `programTimeoutMs` unless told otherwise. */
  readonly timeoutMs?: number;
  /** What it writes to stdout is shown as it comes, and not returned. */
  readonly isShown?: boolean;
}

/** Runs a program to its end and returns what it wrote to stdout. @throws BuildError with what it said when it fails */
export function run(
  program: string,
  args: readonly string[],
  { cwd, env, input, timeoutMs = programTimeoutMs, isShown = false }: RunOptions = {},
): string {
  const { status, signal, stdout, stderr, error } = spawnSync(program, args, {
    ...(cwd === undefined ? {} : { cwd }),
    ...(input === undefined ? {} : { input }),
    env: { ...process.env, ...env },
    stdio: ['pipe', isShown ? 'inherit' : 'pipe', 'pipe'],
    ...{ encoding: 'utf8', timeout: timeoutMs, maxBuffer: outputBytesMax },
  });
  if (status === 0) return stdout ?? '';
  const end = error?.message ?? `exit ${status ?? signal}`;
  throw new BuildError(`"${program} ${args.slice(0, 2).join(' ')}" failed (${end})\n${stderr}`.trimEnd());
}
