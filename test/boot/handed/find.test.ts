// Which partition is looked at: one of the disk that the running root is on, and never one of a stick that somebody has plugged in.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { candidates, findPartition } from '../../../src/boot/handed/find.ts';
import { blockDevicesFrom } from '../../../src/boot/install/block-devices.ts';
import { MemoryHost } from '../../integrations/memory-host.ts';
import { raidMounts, raidServer, stickAndDisks, stickMounts } from '../install/lsblk-fixtures.ts';

/** A machine whose partitions have file systems, by their paths. */
function machine(lsblk: string, mounts: string, labels: Readonly<Record<string, string>>): MemoryHost {
  const host = new MemoryHost();
  host.put('/proc/self/mountinfo', mounts);
  host.programs.set('lsblk', () => ({ stdout: lsblk }));
  host.programs.set('blkid', args => {
    const label = labels[args.at(-1) ?? ''];
    return label === undefined
      ? { exitCode: 2 }
      : { stdout: `LABEL=${label}\nTYPE=vfat\nUSAGE=filesystem\n` };
  });
  return host;
}

test('the partition of the stick that the system runs from is found', async () => {
  const host = machine(stickAndDisks, stickMounts, { '/dev/sda2': 'ESP', '/dev/sda1': 'CLUSTEROS' });
  assert.equal((await findPartition(host))?.path, '/dev/sda1');
});

test('another disk is not even asked what it is called', async () => {
  const devices = blockDevicesFrom(stickAndDisks);
  const others = devices.filter(({ type, parents }) => type === 'part' && parents[0] !== 'sda');
  assert.ok(others.length > 0);
  const labels = Object.fromEntries(others.map(({ path }) => [path, 'CLUSTEROS']));
  const host = machine(stickAndDisks, stickMounts, labels);
  assert.equal(await findPartition(host), undefined);
  for (const { path } of others) assert.ok(!host.commands.some(command => command.includes(path)), path);
});

test('a root on several disks is no stick, and where the root is on none nothing is looked at', async () => {
  const host = machine(raidServer, raidMounts, {});
  assert.equal(await findPartition(host), undefined);
  assert.ok(!host.commands.some(command => command.startsWith('blkid')));
  assert.deepEqual(candidates(blockDevicesFrom(stickAndDisks), []), []);
});

test('one that is mounted, or is there twice, is refused with the mend', async () => {
  const twice = machine(stickAndDisks, stickMounts, { '/dev/sda1': 'CLUSTEROS', '/dev/sda2': 'CLUSTEROS' });
  await assert.rejects(findPartition(twice), /\/dev\/sda1 and \/dev\/sda2 are both called CLUSTEROS/);
  const mounted = machine(stickAndDisks, stickMounts, { '/dev/sda2': 'CLUSTEROS' });
  await assert.rejects(findPartition(mounted), /\/dev\/sda2 is mounted at \/boot\/efi/);
});
