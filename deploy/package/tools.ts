// The programs that a build runs. What is missing is named at the beginning and all at once, with the command that installs it.
import { spawnSync } from 'node:child_process';
import { accessSync, constants } from 'node:fs';
import { delimiter, join } from 'node:path';
import { outputBytesMax, programTimeoutMs } from './limits.ts';

/** An error that whoever builds can mend: told without a trace. */
export class BuildError extends Error {
  override readonly name = 'BuildError';
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
}

/** Runs a program to its end and returns what it wrote to stdout. @throws BuildError with what it said when it fails */
export function run(program: string, args: readonly string[], { cwd, env, input }: RunOptions = {}): string {
  const { status, signal, stdout, stderr, error } = spawnSync(program, args, {
    ...(cwd === undefined ? {} : { cwd }),
    ...(input === undefined ? {} : { input }),
    env: { ...process.env, ...env },
    ...{ encoding: 'utf8', timeout: programTimeoutMs, maxBuffer: outputBytesMax },
  });
  if (status === 0) return stdout;
  const end = error?.message ?? `exit ${status ?? signal}`;
  throw new BuildError(`"${program} ${args.slice(0, 2).join(' ')}" failed (${end})\n${stderr}`.trimEnd());
}
