// Looks at this machine and its disks for cluster-os-install. Opens disks for reading only, and starts nothing that writes: `--check-only`
// and `--dry-run` are this and no more.
import { constants } from 'node:fs';
import { type FileHandle, open, realpath, statfs } from 'node:fs/promises';
import type { Host } from '../../integrations/host.ts';
import { BootError, exitCode } from '../ending.ts';
import { type BlockDevice, blockDevicesFrom, lsblkColumns } from './block-devices.ts';
import {
  type Content,
  contentOf,
  partxColumns,
  type Signature,
  signatureFrom,
  type Table,
  tableFrom,
} from './content.ts';
import {
  blankSampleBytes,
  blankSamples,
  lookTimeoutMs,
  measureTimeoutMs,
  mibBytes,
  partitionsPollMs,
} from './limits.ts';
import type { DiskFacts, MachineFacts } from './plan.ts';
import { type Mount, mountsFrom, systemDisks } from './system-disks.ts';

/**
 * A rehearsal of the tests: onto this loop device, from this folder instead of the root, without boot loaders. From the environment,
 * LOOP:FOLDER; no flag, so that nobody comes upon it.
 */
export interface Rehearsal {
  readonly loop: string;
  readonly source: string;
}

export const rehearsalVariable = 'CLUSTEROS_INSTALL_REHEARSAL';

export function rehearsalFrom(value: string | undefined): Rehearsal | undefined {
  if (value === undefined || value === '') return undefined;
  const [, loop, source] = /^(\/dev\/loop\d+):(\/.+)$/.exec(value) ?? [];
  if (loop === undefined || source === undefined)
    throw new BootError(exitCode.usage, `${rehearsalVariable} is not /dev/loopN:FOLDER`, '');
  return { loop, source };
}

/** Folders of the system that one copy of the root has to hold. */
const rootFolders = ['/boot', '/usr', '/var', '/etc', '/opt', '/root', '/srv'];

const programs: Readonly<Record<string, string>> = {
  ...{ lsblk: 'util-linux', blkid: 'util-linux', wipefs: 'util-linux', unshare: 'util-linux' },
  ...{ setpriv: 'util-linux', mount: 'mount', partx: 'util-linux', chroot: 'coreutils' },
  ...{ sgdisk: 'gdisk', mke2fs: 'e2fsprogs', e2fsck: 'e2fsprogs' },
  ...{ 'mkfs.vfat': 'dosfstools', rsync: 'rsync' },
};
const bootPrograms = { 'grub-install': 'grub2-common', 'update-grub': 'grub2-common' };

export async function lookAtMachine(
  host: Host,
  rehearsal: Rehearsal | undefined,
): Promise<{ readonly machine: MachineFacts; readonly byId: ReadonlyMap<string, string> }> {
  const devices = await blockDevices(host);
  const mounts = mountsFrom(await text(host, '/proc/self/mountinfo'));
  const architecture = process.arch === 'arm64' ? 'arm64' : 'x64';
  const isEfi = (await host.listFolder('/sys/firmware/efi')).length > 0;
  const machine: MachineFacts = {
    ...{ devices, architecture, isEfi, rehearsal: rehearsal?.loop },
    system: systemDisks(mounts, devices, await backingFiles(host, devices)),
    isRoot: process.getuid?.() === 0,
    usedBytes: await usedBytes(host, mounts, rehearsal?.source),
    missing: await missing(host, architecture, isEfi, rehearsal !== undefined),
    apart: rehearsal === undefined ? apartFrom(mounts) : [],
  };
  return { machine, byId: await links(host) };
}

/** All disks and what lies on them. @throws BootError where lsblk says none */
export async function blockDevices(host: Host): Promise<readonly BlockDevice[]> {
  const args = ['--json', '--bytes', '--output', lsblkColumns];
  const { exitCode: code, stdout, stderr } = await host.run('lsblk', args, { timeoutMs: lookTimeoutMs });
  if (code !== 0) throw new BootError(exitCode.failed, `lsblk ended with ${code}: ${stderr.trim()}`, '');
  return blockDevicesFrom(stdout);
}

/** File systems of their own, other than disks of users. */
function apartFrom(mounts: readonly Mount[]): string[] {
  return rootFolders.filter(folder => {
    const mount = mounts.findLast(({ point }) => point === folder);
    return mount !== undefined && mount.fsType !== 'autofs';
  });
}

/** The files that loop devices are. */
export async function backingFiles(
  host: Host,
  devices: readonly BlockDevice[],
): Promise<Map<string, string>> {
  const found = new Map<string, string>();
  for (const { name, type } of devices) {
    if (type !== 'loop') continue;
    const file = (await text(host, `/sys/block/${name}/loop/backing_file`)).trim();
    if (file !== '') found.set(name, file);
  }
  return found;
}

/** What the root takes. */
async function usedBytes(host: Host, mounts: readonly Mount[], source: string | undefined): Promise<number> {
  // Of an overlay the kernel tells the upper layer alone.
  const isOverlay = mounts.findLast(({ point }) => point === '/')?.fsType === 'overlay';
  if (source === undefined && !isOverlay) {
    const { blocks, bfree, bsize } = await statfs('/');
    return (blocks - bfree) * bsize;
  }
  const args = ['--summarize', '--one-file-system', '--block-size=1', source ?? '/'];
  const { stdout } = await host.run('du', args, { timeoutMs: measureTimeoutMs });
  const bytes = Number(stdout.split('\t')[0]);
  if (stdout !== '' && Number.isFinite(bytes)) return bytes;
  throw new BootError(exitCode.failed, `it cannot be told how large ${source ?? '/'} is`, '');
}

async function missing(
  host: Host,
  architecture: 'x64' | 'arm64',
  isEfi: boolean,
  isRehearsal: boolean,
): Promise<MachineFacts['missing']> {
  const found: { what: string; package: string }[] = [];
  const wanted = {
    ...programs,
    ...(isRehearsal ? {} : bootPrograms),
    ...(isEfi && !isRehearsal ? { efibootmgr: 'efibootmgr' } : {}),
  };
  for (const [what, name] of Object.entries(wanted))
    if ((await host.which(what)) === undefined) found.push({ what, package: name });
  if (isRehearsal) return found;
  const modules =
    architecture === 'x64'
      ? { 'x86_64-efi': 'grub-efi-amd64-bin', 'i386-pc': 'grub-pc-bin' }
      : { 'arm64-efi': 'grub-efi-arm64-bin' };
  for (const [folder, name] of Object.entries(modules))
    if ((await host.listFolder(`/usr/lib/grub/${folder}`)).length === 0)
      found.push({ what: `GRUB for ${folder}`, package: name });
  return found;
}

/** Where each link below /dev/disk leads to. */
async function links(host: Host): Promise<Map<string, string>> {
  const found = new Map<string, string>();
  for (const folder of ['/dev/disk/by-id', '/dev/disk/by-path', '/dev/mapper'])
    for (const name of await host.listFolder(folder)) {
      const target = await realpath(`${folder}/${name}`).catch(() => undefined);
      if (target !== undefined) found.set(`${folder}/${name}`, target);
    }
  return found;
}

/** Whole disks, and the loop device of a rehearsal. */
export function disksOf({ devices, rehearsal }: MachineFacts): readonly BlockDevice[] {
  return devices.filter(
    ({ type, path, sizeBytes }) => (type === 'disk' && sizeBytes > 0) || path === rehearsal,
  );
}

/** Reads the disk; nothing of it changes. @param graceMs for who has just died and still holds it */
export async function lookAtDisk(host: Host, device: BlockDevice, graceMs = 0): Promise<DiskFacts> {
  return { device, content: await contentAt(host, device), isFree: await isFree(host, device.path, graceMs) };
}

async function contentAt(host: Host, device: BlockDevice): Promise<Content | undefined> {
  let file: FileHandle;
  try {
    file = await open(device.path, 'r');
  } catch {
    return undefined;
  }
  try {
    const table = await tableOf(host, device.path);
    const whole = await signatureOf(host, device.path, []);
    const parts: Signature[] = [];
    for (const { startBytes, sizeBytes } of table?.entries ?? [])
      parts.push(
        await signatureOf(host, device.path, ['--offset', String(startBytes), '--size', String(sizeBytes)]),
      );
    const isBare = table === undefined && whole.type === '';
    return contentOf(table, whole, parts, isBare && (await isZeros(file, device.sizeBytes)));
  } catch {
    // A disk that fails to be read.
    return undefined;
  } finally {
    await file.close();
  }
}

async function tableOf(host: Host, path: string): Promise<Table | undefined> {
  const args = ['--pairs', '--output', partxColumns, path];
  const { exitCode: code, stdout } = await host.run('partx', args, { timeoutMs: lookTimeoutMs });
  return code === 0 ? tableFrom(stdout) : undefined;
}

/** By reading, not from udev's memory of it. */
export async function signatureOf(host: Host, path: string, place: readonly string[]): Promise<Signature> {
  const args = ['--probe', ...place, '--output', 'export', path];
  const { exitCode: code, stdout } = await host.run('blkid', args, { timeoutMs: lookTimeoutMs });
  // Several that contradict each other.
  if (code === 8) return { type: 'several signatures', label: '' };
  return signatureFrom(stdout);
}

async function isZeros(file: FileHandle, sizeBytes: number): Promise<boolean> {
  const samples = Array.from({ length: blankSamples }, (_, index) => {
    const at = Math.floor((sizeBytes / blankSamples) * index);
    return [at - (at % blankSampleBytes), blankSampleBytes] as const;
  });
  for (const [at, length] of [[0, mibBytes], [sizeBytes - mibBytes, mibBytes], ...samples] as const) {
    const bytes = Buffer.alloc(Math.min(length, sizeBytes));
    await file.read(bytes, 0, bytes.length, Math.max(0, at));
    if (bytes.some(byte => byte !== 0)) return false;
  }
  return true;
}

/** Whether the kernel gives it to us alone: it does not while a part of it is mounted or held, wherever. */
async function isFree(host: Host, path: string, graceMs: number): Promise<boolean> {
  const deadlineMs = performance.now() + graceMs;
  for (;;) {
    try {
      const file = await open(path, constants.O_RDONLY | constants.O_EXCL);
      await file.close();
      return true;
    } catch (error) {
      const { code } = error as NodeJS.ErrnoException;
      // Who has the right to ask, and what else is wrong, is said by others.
      if (code !== 'EBUSY') return code !== 'EACCES' && code !== 'EPERM';
      if (performance.now() > deadlineMs) return false;
      await host.pause(partitionsPollMs);
    }
  }
}

async function text(host: Host, path: string): Promise<string> {
  return new TextDecoder().decode(await host.readFile(path).catch(() => undefined));
}
