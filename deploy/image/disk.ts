// The tree as a disk: a partition table, GRUB for BIOS, shim and GRUB for UEFI with Secure Boot, and ext4. Nothing is mounted and no
// loop device is used: each part is written into the file where it belongs.
import {
  closeSync,
  copyFileSync,
  mkdirSync,
  openSync,
  readFileSync,
  rmSync,
  writeFileSync,
  writeSync,
} from 'node:fs';
import { join } from 'node:path';
import { BuildError, run } from '../package/tools.ts';
import { type DistributionName, distributions } from './distributions.ts';
import { biosBootAtMib, espAtMib, mibBytes, rootAtMib, settingsAtMib } from './layout.ts';
import {
  biosBootMib,
  espMib,
  rawMibMax,
  rootFreeMib,
  rootOverhead,
  sectorBytes,
  settingsMib,
} from './limits.ts';
import { settingsFileSystem } from './settings-partition.ts';
import { inTree } from './tree.ts';

export interface DiskOptions {
  /** The checkout. */
  readonly root: string;
  readonly distribution: DistributionName;
  readonly tree: string;
  /** The file to be. */
  readonly raw: string;
  /** For what is written on the way. */
  readonly work: string;
  readonly rootUuid: string;
  /** Eight hexadecimal digits: the number of the ESP's file system. */
  readonly espId: string;
}

/** Finds the root, whichever disk it is on, and what GRUB has there. */
const findRoot = (uuid: string) => `search.fs_uuid ${uuid} root\nset prefix=($root)/boot/grub\n`;

/** Writes GRUB's BIOS part and its modules into the tree: before the tree is measured. Returns core.img. */
export function prepareBoot({ tree, work, rootUuid }: DiskOptions): Buffer {
  const modules = join(tree, 'boot/grub/i386-pc');
  run('cp', ['-r', '--no-preserve=ownership', join(tree, 'usr/lib/grub/i386-pc'), modules]);
  // GRUB's normal mode comes after it by itself, and loads grub.cfg; named here it would be read before the list of commands is there.
  writeFileSync(join(tree, 'tmp/find-root.cfg'), findRoot(rootUuid));
  const inside = [
    'biosdisk',
    'part_gpt',
    'ext2',
    'search_fs_uuid',
    'configfile',
    'normal',
    'linux',
    'serial',
  ];
  inTree(tree, [
    ...['grub-mkimage', '--format=i386-pc', '--output=/tmp/core.img', '--prefix=/boot/grub'],
    ...['--config=/tmp/find-root.cfg', ...inside],
  ]);
  const core = readFileSync(join(tree, 'tmp/core.img'));
  for (const name of ['find-root.cfg', 'core.img']) rmSync(join(tree, 'tmp', name));
  mkdirSync(work, { recursive: true });
  return core;
}

export function makeDisk(options: DiskOptions, core: Buffer): void {
  const { tree, raw, work, rootUuid } = options;
  const usedMib = Math.ceil(Number(run('du', ['-sxm', tree]).split('\t')[0]));
  const rootMib = Math.ceil(usedMib * rootOverhead) + rootFreeMib;
  // The second copy of the partition table is at its end.
  const sizeMib = rootAtMib + rootMib + 1;
  if (sizeMib > rawMibMax)
    throw new BuildError(
      `the image would have ${sizeMib} MiB, more than ${rawMibMax}\nhint: FIRMWARE=0 leaves firmware out`,
    );
  rmSync(raw, { force: true });
  run('truncate', ['--size', `${sizeMib}M`, raw]);
  partition(raw, rootMib);
  run('mke2fs', [
    ...['-q', '-F', '-t', 'ext4', '-m', '1', '-U', rootUuid, '-L', 'clusteros', '-d', tree],
    ...['-E', `offset=${rootAtMib * mibBytes}`, raw, `${rootMib}M`],
  ]);
  writeAt(raw, espAtMib * mibBytes, espOf(options, work));
  writeAt(raw, settingsAtMib * mibBytes, settingsFileSystem(options.root, work));
  writeBiosBoot(raw, tree, core);
}

function partition(raw: string, rootMib: number): void {
  const part = (number: number, atMib: number, mibs: number, type: string, name: string) => [
    `--new=${number}:${atMib}M:+${mibs}M`,
    `--typecode=${number}:${type}`,
    `--change-name=${number}:${name}`,
  ];
  run('sgdisk', [
    '--clear',
    ...part(1, biosBootAtMib, biosBootMib, 'ef02', 'bios-boot'),
    ...part(2, espAtMib, espMib, 'ef00', 'esp'),
    // "Microsoft basic data": the one that Windows and macOS show.
    ...part(3, settingsAtMib, settingsMib, '0700', 'settings'),
    // "Linux root (x86-64)": what systemd-repart grows.
    ...part(4, rootAtMib, rootMib, '8304', 'root'),
    raw,
  ]);
  // It ends with 0 also when it has done nothing.
  const table = run('sgdisk', ['--print', raw]);
  if (!/^ {3}4 .* root$/m.test(table)) throw new BuildError(`sgdisk has not partitioned ${raw}\n${table}`);
}

/** The ESP's content, by mtools. */
function espOf({ tree, rootUuid, espId, distribution }: DiskOptions, work: string): Buffer {
  const { grubFolder, shim, keyManager } = distributions[distribution];
  const image = join(work, 'esp.img');
  const from = join(work, 'esp');
  mkdirSync(join(from, 'EFI/BOOT'), { recursive: true });
  mkdirSync(join(from, grubFolder), { recursive: true });
  const parts = {
    // By its name of removable media the firmware finds it without an entry of its own.
    [shim]: 'EFI/BOOT/BOOTX64.EFI',
    [keyManager]: 'EFI/BOOT/mmx64.efi',
    'usr/lib/grub/x86_64-efi-signed/grubx64.efi.signed': 'EFI/BOOT/grubx64.efi',
  };
  for (const [source, target] of Object.entries(parts)) copyFileSync(join(tree, source), join(from, target));
  // Where the signed GRUB looks.
  writeFileSync(join(from, grubFolder, 'grub.cfg'), `${findRoot(rootUuid)}configfile $prefix/grub.cfg\n`);
  rmSync(image, { force: true });
  run('mkfs.vfat', ['-C', '-F', '32', '-s', '1', '-i', espId, '-n', 'ESP', image, String(espMib * 1024)]);
  run('mcopy', ['-s', '-i', image, join(from, 'EFI'), '::/']);
  return readFileSync(image);
}

/** What grub-bios-setup does to a disk: the first sector says where core.img is, and core.img where its rest is. */
function writeBiosBoot(raw: string, tree: string, core: Buffer): void {
  const sector = BigInt((biosBootAtMib * mibBytes) / sectorBytes);
  const boot = readFileSync(join(tree, 'usr/lib/grub/i386-pc/boot.img'));
  boot.writeBigUInt64LE(sector, 0x5c);
  // The jump that is for floppies only.
  boot.writeUInt16LE(0x9090, 0x66);
  core.writeBigUInt64LE(sector + 1n, sectorBytes - 12);
  if (core.length > biosBootMib * mibBytes) throw new BuildError('core.img is larger than its partition');
  // Behind them is the partition table.
  writeAt(raw, 0, boot.subarray(0, 440));
  writeAt(raw, biosBootAtMib * mibBytes, core);
}

function writeAt(file: string, offset: number, bytes: Uint8Array): void {
  const descriptor = openSync(file, 'r+');
  try {
    for (let done = 0; done < bytes.length; )
      done += writeSync(descriptor, bytes, done, bytes.length - done, offset + done);
  } finally {
    closeSync(descriptor);
  }
}
