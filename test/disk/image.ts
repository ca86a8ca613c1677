// The image that the tests start: made from this checkout, once for a run, and kept in build/test-disk.
import { spawnSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { goProgram } from '../../deploy/image/tailscale.ts';
import { missingForImage } from '../image/requirements.ts';
import { isInstalled } from '../lab/requirements.ts';
import { firmwareFiles } from './disk-machine.ts';
import { buildTimeoutMs } from './limits.ts';

const root = join(import.meta.dirname, '../..');
const folder = join(root, 'build/test-disk');

export const diskImage = join(folder, 'cluster-os-node.raw');

/** Why no image can be made and started here, in a few words; undefined when one can. The reason of a skipped test. */
export function missingForDisk(): string | undefined {
  const programs = { sgdisk: 'gdisk', mcopy: 'mtools', 'mkfs.vfat': 'dosfstools' };
  for (const [program, name] of Object.entries(programs))
    if (!isInstalled(program)) return `needs ${program} (package ${name})`;
  if (goProgram() === undefined) return 'needs Go to compile tailscale with';
  return missingForImage();
}

export function missingForUefi(): string | undefined {
  return missingForDisk() ?? (firmwareFiles.every(existsSync) ? undefined : 'needs OVMF (package ovmf)');
}

/** Makes it, without firmware: it is smaller so. @throws Error with what the build said when it fails */
export function makeImage(): void {
  const { status, stdout, stderr } = spawnSync(process.execPath, [join(root, 'deploy/image/build.ts')], {
    env: { ...process.env, OUT: folder, FIRMWARE: '0', FORMATS: 'raw' },
    ...{ encoding: 'utf8', timeout: buildTimeoutMs },
  });
  if (status !== 0) throw new Error(`make image ended with ${status}\n${stdout}${stderr}`);
}

/** For a test that is run by itself: the runner has made it, and says so. */
export function ensureImage(): void {
  if (process.env.CLUSTEROS_TEST_DISK !== diskImage) makeImage();
}
