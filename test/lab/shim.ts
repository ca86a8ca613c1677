// Libraries that are preloaded into programs of a lab, compiled from fixtures/ when a test needs one.
import { spawnSync } from 'node:child_process';
import { chmodSync, existsSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { isInstalled } from './requirements.ts';

/** Why no shim can be compiled here, in a few words; undefined when one can. */
export function missingForShim(): string | undefined {
  if (process.platform !== 'linux') return 'needs Linux';
  if (!isInstalled('gcc')) return 'needs gcc (packages gcc, libc6-dev)';
  return existsSync('/usr/include/stdlib.h') ? undefined : 'needs the C library headers (package libc6-dev)';
}

/** Compiles a shim into a new folder, where every user can read it. @throws Error with the compiler's words */
export function compileShim(name: 'lossy-disk' | 'clock-ahead'): {
  readonly shim: string;
  readonly remove: () => void;
} {
  const source = fileURLToPath(new URL(`fixtures/${name}.c`, import.meta.url));
  const folder = mkdtempSync(join(tmpdir(), 'clusteros-shim-'));
  chmodSync(folder, 0o755);
  const shim = join(folder, `${name}.so`);
  const warnings = ['-Wall', '-Wextra', '-Werror'];
  const args = [...warnings, '-O1', '-shared', '-fPIC', '-o', shim, source, '-ldl', '-pthread'];
  const { status, stderr } = spawnSync('gcc', args, { encoding: 'utf8' });
  if (status !== 0) throw new Error(`gcc cannot compile ${source}: ${stderr}`);
  return { shim, remove: () => rmSync(folder, { recursive: true }) };
}
