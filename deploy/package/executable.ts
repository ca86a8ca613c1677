// One file that runs on a machine without Node: the runtime with the bundle inside (Node's "single executable application").
import { chmodSync, mkdirSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Architecture } from './architectures.ts';
import { run } from './tools.ts';

export interface ExecutableOptions {
  readonly architecture: Architecture;
  /** The program that it becomes, with the bundle. */
  readonly runtime: string;
  readonly code: Uint8Array;
  /** A folder of its own. */
  readonly work: string;
}

/** Returns the file. */
export function makeExecutable({ architecture, runtime, code, work }: ExecutableOptions): string {
  rmSync(work, { recursive: true, force: true });
  mkdirSync(work, { recursive: true });
  writeFileSync(join(work, 'clusteros.mjs'), code);
  const settings = {
    // Relative: these words are inside the executable.
    ...{ main: 'clusteros.mjs', mainFormat: 'module', output: 'clusteros', executable: runtime },
    disableExperimentalSEAWarning: true,
    useCodeCache: architecture.node === process.arch,
    // A daemon that is mostly idle needs no large nursery; V8's default costs 10 MB of memory that is never used again.
    execArgv: ['--max-semi-space-size=2'],
    // What somebody has in NODE_OPTIONS for programs of their own is nothing for these.
    execArgvExtension: 'none',
  };
  writeFileSync(join(work, 'sea.json'), JSON.stringify(settings));
  // V8 puts numbers of chance into its code cache; with a seed they are the same each time.
  run(process.execPath, ['--random-seed=1', '--build-sea', 'sea.json'], { cwd: work });
  const file = join(work, 'clusteros');
  chmodSync(file, 0o755);
  return file;
}
