// What `make package` is told, all by the environment.
import { readFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { type Architecture, architectures, ownArchitecture } from './architectures.ts';
import { BuildError, run } from './tools.ts';

export interface PackageSettings {
  /** The checkout. */
  readonly root: string;
  readonly architecture: Architecture;
  readonly version: string;
  readonly compression: 'zstd' | 'xz';
  /** Where the packages go. */
  readonly out: string;
  /** Seconds since 1970: the date of every file. */
  readonly epoch: number;
}

/** @throws BuildError naming what is wrong */
export function packageSettings(
  root: string,
  environment: Readonly<Record<string, string | undefined>>,
): PackageSettings {
  return {
    root,
    architecture: architectureFrom(environment.ARCH || ownArchitecture()),
    version: versionFrom(environment.VERSION || manifestVersion(root)),
    compression: environment.RELEASE === '1' ? 'xz' : 'zstd',
    out: resolve(root, environment.OUT || 'dist'),
    epoch: epochFrom(root, environment.SOURCE_DATE_EPOCH),
  };
}

function architectureFrom(name: string): Architecture {
  const found = Object.hasOwn(architectures, name) ? architectures[name] : undefined;
  if (found !== undefined) return found;
  throw new BuildError(`ARCH=${name} is none of ${Object.keys(architectures).join(', ')}`);
}

function manifestVersion(root: string): string {
  return (JSON.parse(readFileSync(join(root, 'package.json'), 'utf8')) as { version: string }).version;
}

/** What dpkg orders and a file name holds. */
function versionFrom(text: string): string {
  if (/^\d[0-9A-Za-z.+~]*$/.test(text)) return text;
  throw new BuildError(`VERSION=${text} is no version of Debian: a digit, then digits, letters and . + ~`);
}

function epochFrom(root: string, text: string | undefined): number {
  if (text !== undefined && text !== '') {
    if (/^\d{1,10}$/.test(text)) return Number(text);
    throw new BuildError(`SOURCE_DATE_EPOCH=${text} is no number of seconds since 1970`);
  }
  try {
    return Number(run('git', ['-C', root, 'log', '-1', '--format=%ct']));
  } catch (error) {
    throw new BuildError(
      `there is no commit to date the packages by: ${(error as Error).message}\nhint: set SOURCE_DATE_EPOCH, in seconds since 1970`,
    );
  }
}
