// Why a disk is not erased, which one is taken without a word, and what has to be said first; by what lsblk and the kernel print.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { BootError } from '../../../src/boot/ending.ts';
import { blockDevicesFrom, partitionPath, sizeText } from '../../../src/boot/install/block-devices.ts';
import {
  type Content,
  contentOf,
  signatureFrom,
  tableFrom,
  wishFrom,
} from '../../../src/boot/install/content.ts';
import {
  autoRefusals,
  chosenDisk,
  consentFor,
  type DiskFacts,
  diskRefusals,
  installSteps,
  isItsName,
  listText,
  type MachineFacts,
  machineRefusals,
  requiredBytes,
  stepText,
} from '../../../src/boot/install/plan.ts';
import { mountsFrom, systemDisks } from '../../../src/boot/install/system-disks.ts';
import {
  liveMounts,
  liveSystem,
  raidMounts,
  raidServer,
  stickAndDisks,
  stickMounts,
} from './lsblk-fixtures.ts';

const gib = 2 ** 30;

function machineOf(
  lsblk: string,
  mountinfo: string,
  more: Partial<MachineFacts> = {},
  backing: readonly (readonly [string, string])[] = [],
): MachineFacts {
  const devices = blockDevicesFrom(lsblk);
  return {
    ...{
      devices,
      isRoot: true,
      usedBytes: 1.3 * gib,
      architecture: 'x64',
      isEfi: true,
      missing: [],
      apart: [],
    },
    ...{ system: systemDisks(mountsFrom(mountinfo), devices, new Map(backing)), rehearsal: undefined },
    ...more,
  };
}

function diskOf(
  machine: MachineFacts,
  name: string,
  content: Content = { kind: 'blank' },
  isFree = true,
): DiskFacts {
  const device = machine.devices.find(each => each.name === name);
  assert.ok(device, name);
  return { device, content, isFree };
}

const whys = (disk: DiskFacts, machine: MachineFacts) => diskRefusals(disk, machine).map(({ why }) => why);
const something: Content = { kind: 'something', what: 'gpt with 2 partitions: vfat, ntfs "Windows"' };

/** What an operator reads who names a disk wrongly. */
function refusal(work: () => unknown): { code: number; text: string } {
  try {
    work();
  } catch (error) {
    if (error instanceof BootError) return { code: error.exitCode, text: `${error.message}\n${error.mend}` };
    throw error;
  }
  throw new Error('it was not refused');
}

test('a list in which nobody can see what lies on what is no answer', () => {
  const flat = stickAndDisks.replace(/"children": \[/, '"x": [');
  const loose = JSON.parse(flat);
  loose.blockdevices.push(...loose.blockdevices[0].x);
  assert.throws(() => blockDevicesFrom(JSON.stringify(loose)), /does not tell the disk of \/dev\/sda1/);
});

test('a blank disk beside the stick is taken', () => {
  const machine = machineOf(stickAndDisks, stickMounts);
  assert.deepEqual(whys(diskOf(machine, 'nvme1n1'), machine), []);
});

test("the stick is the running system's, which is said before that it is too small or mounted", () => {
  const machine = machineOf(stickAndDisks, stickMounts, { usedBytes: 100 * gib });
  const found = whys(diskOf(machine, 'sda', something, false), machine);
  assert.deepEqual(found.slice(0, 2), [
    '/dev/sda holds the running system (/)',
    '/dev/sda2 is mounted on /boot/efi',
  ]);
  assert.match(found.at(-1) ?? '', /^\/dev\/sda has 14\.5 GiB, and 127 GiB are needed$/);
});

test('a disk that has only /boot/efi of the running system is its disk too', () => {
  const machine = machineOf(stickAndDisks, `${stickMounts.replace('8:2 / /boot/efi', '259:1 / /boot/efi')}`);
  assert.match(
    whys(diskOf(machine, 'nvme0n1'), machine)[0] ?? '',
    /holds the running system \(\/boot\/efi\)/,
  );
});

test('a partition is no disk, and a DVD is none either', () => {
  const machine = machineOf(stickAndDisks, stickMounts);
  assert.deepEqual(whys(diskOf(machine, 'nvme0n1p1'), machine), [
    '/dev/nvme0n1p1 is a partition of /dev/nvme0n1',
  ]);
  assert.deepEqual(whys(diskOf(machine, 'sr0'), machine), ['/dev/sr0 is no disk (rom)']);
});

test('both disks of the RAID below the volume of the root are the running system', () => {
  const machine = machineOf(raidServer, raidMounts);
  for (const name of ['sda', 'sdb'])
    assert.match(whys(diskOf(machine, name), machine)[0] ?? '', /holds the running system \(\/\)$/);
  assert.equal(machine.system.isKnown, true);
});

test('swap, an open encrypted volume, and a disk that cannot be written are refused by their reason', () => {
  const machine = machineOf(raidServer, raidMounts);
  assert.deepEqual(whys(diskOf(machine, 'sdc', something, false), machine), ['/dev/sdc1 is in use as swap']);
  assert.deepEqual(whys(diskOf(machine, 'sdd', something, false), machine), [
    '/dev/sdd is part of /dev/mapper/secret (crypt)',
  ]);
  assert.deepEqual(whys(diskOf(machine, 'sde'), machine), ['/dev/sde is read-only']);
});

test('what holds a disk and cannot be seen is refused too', () => {
  const machine = machineOf(stickAndDisks, stickMounts);
  assert.match(whys(diskOf(machine, 'nvme1n1', something, false), machine)[0] ?? '', /in use by something/);
});

test('the stick of a live system is found below its layers and the file that they are in', () => {
  const backing = [['loop0', '/run/live/medium/live/filesystem.squashfs']] as const;
  const machine = machineOf(liveSystem, liveMounts, {}, backing);
  assert.deepEqual([...machine.system.disks.keys()].sort(), ['loop0', 'sda']);
  assert.match(whys(diskOf(machine, 'sda'), machine)[0] ?? '', /holds the running system/);
  assert.deepEqual(whys(diskOf(machine, 'vda'), machine), []);
});

test('where the layers of a live system are not to be seen, nothing is taken without a word', () => {
  const hidden = '28 1 0:30 / / rw - overlay overlay rw,lowerdir=/x/lower,upperdir=/x/rw,workdir=/x/work\n';
  const machine = machineOf(liveSystem, hidden);
  assert.equal(machine.system.isKnown, false);
  assert.match(
    autoRefusals(diskOf(machine, 'vda'), machine).at(-1)?.why ?? '',
    /cannot be told on which disk the running system is/,
  );
  const wish = wishFrom('/dev/vda', undefined, false);
  assert.equal(consentFor({ kind: 'blank' }, wish, false, false), 'name');
  assert.equal(refusal(() => consentFor({ kind: 'blank' }, wish, true, false)).code, 2);
});

test('a root in memory or on the network has no disk, and that is known', () => {
  const machine = machineOf(liveSystem, '28 1 0:30 / / rw - nfs4 10.0.0.1:/srv/root rw\n');
  assert.equal(machine.system.isKnown, true);
  assert.equal(machine.system.disks.size, 0);
});

test('a btrfs is found by its source, since its number is none of a disk', () => {
  const machine = machineOf(stickAndDisks, '28 1 0:30 /@ / rw - btrfs /dev/nvme0n1p2 rw,subvol=/@\n');
  assert.deepEqual([...machine.system.disks], [['nvme0n1', '/']]);
});

test('a mount point with a blank in it is read as it is', () => {
  assert.equal(mountsFrom('28 1 8:3 / /mnt/my\\040disk rw - ext4 /dev/sda3 rw\n')[0]?.point, '/mnt/my disk');
});

test('--auto takes the one blank disk that stays in the machine', () => {
  const machine = machineOf(stickAndDisks, stickMounts);
  const disks = [
    diskOf(machine, 'sda', something, false),
    diskOf(machine, 'nvme0n1', something),
    diskOf(machine, 'nvme1n1'),
  ];
  assert.equal(chosenDisk({ kind: 'auto' }, disks, machine, new Map()).path, '/dev/nvme1n1');
});

test('--auto takes one where it has not come to its end before', () => {
  const machine = machineOf(stickAndDisks, stickMounts);
  const disks = [diskOf(machine, 'nvme1n1', { kind: 'unfinished' })];
  assert.equal(chosenDisk({ kind: 'auto' }, disks, machine, new Map()).path, '/dev/nvme1n1');
});

test('--auto refuses two blank disks, and lists them', () => {
  const machine = machineOf(stickAndDisks, stickMounts);
  const disks = [diskOf(machine, 'nvme0n1'), diskOf(machine, 'nvme1n1')];
  const { code, text } = refusal(() => chosenDisk({ kind: 'auto' }, disks, machine, new Map()));
  assert.equal(code, 4);
  assert.match(text, /there are 2\n/);
  assert.match(text, /\/dev\/nvme0n1 would do\n {2}\/dev\/nvme1n1 would do/);
});

test('--auto refuses what is not blank, can be pulled, is too small or cannot be read, and says which', () => {
  const machine = machineOf(stickAndDisks, stickMounts);
  const stick = {
    ...diskOf(machine, 'sda'),
    device: { ...diskOf(machine, 'sda').device, name: 'sdz', path: '/dev/sdz' },
  };
  const disks = [
    stick,
    diskOf(machine, 'nvme0n1', something),
    { ...diskOf(machine, 'nvme1n1'), content: undefined },
  ];
  const { text } = refusal(() => chosenDisk({ kind: 'auto' }, disks, machine, new Map()));
  assert.match(text, /there is none/);
  assert.match(text, /\/dev\/sdz can be removed/);
  assert.match(text, /\/dev\/nvme0n1 is not blank \(gpt with 2 partitions: vfat, ntfs "Windows"\)/);
  assert.match(text, /\/dev\/nvme1n1 cannot be read/);
});

test('a disk is named by its path, a link, its serial number or its id', () => {
  const machine = machineOf(stickAndDisks, stickMounts);
  const byId = new Map([
    ['/dev/disk/by-id/nvme-WDC', '/dev/nvme1n1'],
    ['/dev/disk/by-path/pci-0000:01:00.0-nvme-1', '/dev/nvme0n1'],
  ]);
  const chosen = (...args: Parameters<typeof wishFrom>) =>
    chosenDisk(wishFrom(...args), [], machine, byId).path;
  assert.equal(chosen('/dev/nvme1n1', undefined, false), '/dev/nvme1n1');
  assert.equal(chosen('/dev/disk/by-path/pci-0000:01:00.0-nvme-1', undefined, false), '/dev/nvme0n1');
  assert.equal(chosen(undefined, 'serial:S4EWNX0R123456', false), '/dev/nvme0n1');
  assert.equal(chosen(undefined, 'by-id:nvme-WDC', false), '/dev/nvme1n1');
  assert.equal(refusal(() => chosen(undefined, 'serial:S4EWNX0R', false)).code, 4);
  assert.match(
    refusal(() => chosen('/dev/sdq', undefined, false)).text,
    /\/dev\/sdq is no block device\nthese are there/,
  );
});

test('two disks with one serial number are none', () => {
  const machine = machineOf(stickAndDisks.replace('20351M800123', 'S4EWNX0R123456'), stickMounts);
  const { text } = refusal(() =>
    chosenDisk(wishFrom(undefined, 'serial:S4EWNX0R123456', false), [], machine, new Map()),
  );
  assert.match(text, /\/dev\/nvme0n1 and \/dev\/nvme1n1 have the same serial number/);
});

test('a disk is named once, and in a way that is known', () => {
  const wrong: readonly Parameters<typeof wishFrom>[] = [
    [undefined, undefined, false],
    ['/dev/sda', undefined, true],
    ['/dev/sda', 'serial:X', false],
    ['sda', undefined, false],
    [undefined, 'label:X', false],
    [undefined, 'by-id:../../sda', false],
    [undefined, 'serial:', false],
  ];
  for (const args of wrong) assert.equal(refusal(() => wishFrom(...args)).code, 2, args.join());
});

test('a blank disk is agreed to with y, one with something on it with its name', () => {
  const path = wishFrom('/dev/sdb', undefined, false);
  assert.equal(consentFor({ kind: 'blank' }, path, false, true), 'yes');
  assert.equal(consentFor({ kind: 'unfinished' }, path, false, true), 'yes');
  assert.equal(consentFor(something, path, false, true), 'name');
  assert.equal(consentFor(undefined, path, false, true), 'name');
});

test('--yes is enough for what is blank; else the disk has to be named by what stays with it', () => {
  const serial = wishFrom(undefined, 'serial:X', false);
  const path = wishFrom('/dev/sdb', undefined, false);
  assert.equal(consentFor({ kind: 'blank' }, path, true, true), 'none');
  assert.equal(consentFor(something, serial, true, true), 'none');
  const { code, text } = refusal(() => consentFor(something, path, true, true));
  assert.equal(code, 2);
  assert.match(text, /ntfs "Windows"/);
});

test('the name of a disk is its path, its short name or its serial number, and nothing else', () => {
  const { device } = diskOf(machineOf(stickAndDisks, stickMounts), 'nvme0n1');
  for (const typed of ['nvme0n1', '/dev/nvme0n1', 'S4EWNX0R123456', ' nvme0n1\n'])
    assert.ok(isItsName(typed, device));
  for (const typed of ['', 'y', 'yes', 'nvme1n1', 'S4EWNX0R']) assert.ok(!isItsName(typed, device), typed);
  assert.ok(!isItsName('', { ...device, serial: '' }));
});

test('what is on a disk is told by its table and signatures', () => {
  const table = tableFrom(
    'START="2048" SECTORS="204800" NAME="EFI system partition" SCHEME="gpt"\nSTART="206848" SECTORS="999" NAME="" SCHEME="gpt"\n',
  );
  assert.deepEqual(table?.entries[0], {
    startBytes: 1048576,
    sizeBytes: 104857600,
    name: 'EFI system partition',
  });
  const none = { type: '', label: '' };
  const windows = signatureFrom('DEVNAME=/dev/sdb\nLABEL=My\\ Disk\nTYPE=ntfs\nUSAGE=filesystem\n');
  assert.deepEqual(contentOf(table, { type: 'gpt', label: '' }, [none, windows], false), {
    kind: 'something',
    what: 'gpt with 2 partitions: ntfs "My Disk"',
  });
  assert.deepEqual(contentOf(undefined, none, [], true), { kind: 'blank' });
  assert.match(JSON.stringify(contentOf(undefined, none, [], false)), /data without a partition table/);
  assert.deepEqual(contentOf(undefined, { type: 'zfs_member', label: 'tank' }, [], false), {
    kind: 'something',
    what: 'zfs_member "tank"',
  });
  assert.equal(tableFrom(''), undefined);
});

test('an installation that was cut off is told from one that is finished', () => {
  const rows = (root: string) =>
    tableFrom(
      ['bios-boot', 'esp', root]
        .map((name, at) => `START="${at}" SECTORS="1" NAME="${name}" SCHEME="gpt"`)
        .join('\n'),
    );
  const gpt = { type: 'gpt', label: '' };
  assert.deepEqual(contentOf(rows('clusteros-new'), gpt, [], false), { kind: 'unfinished' });
  assert.equal(contentOf(rows('root'), gpt, [], false).kind, 'something');
});

test('a machine without root, programs, or with /var apart is refused, and told what to do', () => {
  const machine = machineOf(stickAndDisks, stickMounts, {
    ...{ isRoot: false, apart: ['/var'] },
    missing: [
      { what: 'grub-install', package: 'grub2-common' },
      { what: 'update-grub', package: 'grub2-common' },
    ],
  });
  assert.deepEqual(
    machineRefusals(machine).map(({ mend }) => mend.split(',')[0]),
    ['run it with sudo', 'run "apt-get install grub2-common"', 'install from a system that has one root'],
  );
});

test('a rehearsal touches its loop device and nothing else', () => {
  const loop = liveSystem
    .replaceAll('"ro": true', '"ro": false')
    .replace('"/run/live/rootfs/filesystem.squashfs"', 'null');
  const machine = machineOf(loop, '28 1 8:1 / / rw - ext4 /dev/sda1 rw\n', {
    rehearsal: '/dev/loop0',
    usedBytes: 1,
  });
  assert.match(whys(diskOf(machine, 'vda'), machine)[0] ?? '', /not the loop device of this rehearsal/);
  assert.match(whys(diskOf(machine, 'loop0'), machine)[0] ?? '', /700 MiB/);
  const outside = machineOf(loop, '28 1 8:1 / / rw - ext4 /dev/sda1 rw\n');
  assert.deepEqual(whys(diskOf(outside, 'loop0'), outside), ['/dev/loop0 is no disk (loop)']);
});

test('the steps are those of the machine: no BIOS on arm64, no entry in firmware that did not start it', () => {
  const x64 = machineOf(stickAndDisks, stickMounts, { isEfi: false });
  assert.deepEqual(
    installSteps(x64, something).map(({ kind }) => kind),
    ['partition', 'format', 'copy', 'settings', 'boot-efi', 'boot-bios', 'menu', 'verify', 'finish'],
  );
  const texts = installSteps(x64, something).map(step => stepText(step, '/dev/sdb'));
  assert.match(texts[0] ?? '', /^erase \/dev\/sdb/);
  assert.match(texts[4] ?? '', /x86_64-efi.*no entry in the firmware/);
  const arm = installSteps({ ...x64, architecture: 'arm64', isEfi: true }, { kind: 'blank' });
  assert.ok(!arm.some(({ kind }) => kind === 'boot-bios'));
  assert.deepEqual(arm[0], { kind: 'partition', wipes: false });
});

test('the list has every disk with its verdict', () => {
  const machine = machineOf(stickAndDisks, stickMounts);
  const text = listText([diskOf(machine, 'sda', something, false), diskOf(machine, 'nvme1n1')], machine);
  assert.deepEqual(text.split('\n'), [
    '  /dev/sda, 14.5 GiB (Cruzer Blade, serial 4C530001230101116374, usb): /dev/sda holds the running system (/)',
    '  /dev/nvme1n1, 954 GiB (WDC PC SN730 SDBQNTY-1T00, serial 20351M800123, nvme): blank',
  ]);
});

test('partitions are named as the kernel names them', () => {
  assert.equal(partitionPath('/dev/sda', 3), '/dev/sda3');
  assert.equal(partitionPath('/dev/nvme0n1', 3), '/dev/nvme0n1p3');
  assert.equal(partitionPath('/dev/mmcblk0', 1), '/dev/mmcblk0p1');
  assert.equal(sizeText(requiredBytes(1.3 * gib)), '3.1 GiB');
});
