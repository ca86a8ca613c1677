// The partition on which settings are handed over: that of the very disk which holds the running root, and no other. Whoever plugs a stick
// into a machine that runs, or leaves one in it, must not give it another cluster, another tailnet or a key for root with it.
import { textOf } from '../../integrations/file-text.ts';
import type { Host } from '../../integrations/host.ts';
import { BootError, exitCode } from '../ending.ts';
import { type BlockDevice, below } from '../install/block-devices.ts';
import type { Signature } from '../install/content.ts';
import { backingFiles, blockDevices, signatureOf } from '../install/look.ts';
import { mountsFrom, systemDisks } from '../install/system-disks.ts';
import { partitionLabel } from './files.ts';

/** Undefined where the disk of the root has none. @throws BootError where it cannot be told, or is in use */
export async function findPartition(host: Host): Promise<BlockDevice | undefined> {
  const devices = await blockDevices(host);
  const mounts = mountsFrom((await textOf(host, '/proc/self/mountinfo')) ?? '');
  const { disks } = systemDisks(mounts, devices, await backingFiles(host, devices));
  const roots = [...disks].filter(([, point]) => point === '/').map(([name]) => name);
  const found: BlockDevice[] = [];
  for (const each of candidates(devices, roots))
    if (isHandedOver(await signatureOf(host, each.path, []))) found.push(each);
  return theOne(found);
}

/** Partitions of the disk on which the root is. A root on several disks is no stick's. Pure. */
export function candidates(
  devices: readonly BlockDevice[],
  roots: readonly string[],
): readonly BlockDevice[] {
  const [root] = roots;
  if (root === undefined || roots.length > 1) return [];
  return devices.filter(
    each => each.type === 'part' && below(each, devices).every(({ name }) => name === root),
  );
}

const isHandedOver = ({ type, label }: Signature) => type === 'vfat' && label === partitionLabel;

function theOne(found: readonly BlockDevice[]): BlockDevice | undefined {
  const [partition] = found;
  if (found.length > 1)
    throw new BootError(
      exitCode.refused,
      `${found.map(({ path }) => path).join(' and ')} are both called ${partitionLabel}`,
      'give one of them another name ("fatlabel")',
    );
  const [point] = partition?.mountPoints ?? [];
  if (partition !== undefined && point !== undefined)
    throw new BootError(
      exitCode.failed,
      `${partition.path} is mounted at ${point}`,
      `run "umount ${point}", then handed-settings again`,
    );
  return partition;
}
