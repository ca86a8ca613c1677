// Packages for a test: built from this checkout, and asked what they say of themselves.
import { spawnSync } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { buildTimeoutMs } from './limits.ts';

const script = fileURLToPath(new URL('../../deploy/package/build.ts', import.meta.url));

/** Runs the build of `make package`. @param settings as in its environment @throws Error with what it said when it fails */
export function buildPackages(settings: Readonly<Record<string, string>>, umask = '022'): void {
  must('sh', ['-c', `umask ${umask}; exec "$@"`, 'sh', process.execPath, script], settings);
}

/** One field of a package's control file. */
export function fieldOf(deb: string, field: string): string {
  return must('dpkg-deb', ['--field', deb, field]).trim();
}

/** What apt would install for a field such as Depends: of alternatives the first. */
export function namesIn(field: string): string[] {
  return field.split(', ').map(each => each.split(/[ |]/)[0] ?? '');
}

export function must(
  program: string,
  argv: readonly string[],
  env: Readonly<Record<string, string>> = {},
): string {
  const { status, stdout, stderr } = spawnSync(program, argv, {
    env: { ...process.env, ...env },
    ...{ encoding: 'utf8', timeout: buildTimeoutMs, maxBuffer: 2 ** 28 },
  });
  if (status === 0) return stdout;
  throw new Error(`"${program} ${argv.join(' ')}" ended with ${status}\n${stdout}${stderr}`);
}
