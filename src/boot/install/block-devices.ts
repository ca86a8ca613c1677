// The disks and partitions of this machine, as `lsblk --json` prints them. Pure.
import { z } from 'zod';

export interface BlockDevice {
  /** The kernel's name, such as sda1. */
  readonly name: string;
  readonly path: string;
  /** MAJOR:MINOR. */
  readonly number: string;
  /** disk, part, loop, lvm, crypt, raid1, rom and so on. */
  readonly type: string;
  readonly sizeBytes: number;
  readonly isReadOnly: boolean;
  /** Somebody may pull it: a stick, a card. eMMC counts as a card, nothing tells them apart. */
  readonly isRemovable: boolean;
  /** `[SWAP]` among them. */
  readonly mountPoints: readonly string[];
  /** Empty where it has none, as the next two. */
  readonly model: string;
  readonly serial: string;
  readonly transport: string;
  /** Names of what it is made of: none of a disk, the disk of a partition, several disks of a RAID. */
  readonly parents: readonly string[];
}

/** NAME first: without it lsblk prints a list, in which nobody can see what lies on what. */
export const lsblkColumns = 'NAME,KNAME,PATH,MAJ:MIN,TYPE,SIZE,RO,RM,HOTPLUG,MOUNTPOINTS,MODEL,SERIAL,TRAN';

const text = z.string().nullish();
const row = z.object({
  ...{ kname: z.string(), path: z.string(), 'maj:min': z.string(), type: z.string() },
  ...{ size: z.coerce.number(), ro: z.boolean(), rm: z.boolean(), hotplug: z.boolean() },
  ...{ mountpoints: z.array(text).default([]), model: text, serial: text, tran: text },
  // Rows themselves, each read when it is come to.
  children: z.array(z.unknown()).default([]),
});
type Row = z.infer<typeof row>;

/** @throws Error when it is not what `lsblk --json --bytes --output` with `lsblkColumns` prints */
export function blockDevicesFrom(json: string): readonly BlockDevice[] {
  const found = new Map<string, BlockDevice>();
  const add = (value: unknown, parent: string | undefined) => {
    const each = row.parse(value);
    const known = found.get(each.kname);
    const parents = [...(known?.parents ?? []), ...(parent === undefined ? [] : [parent])];
    if (each.type === 'part' && parents.length === 0)
      throw new Error(`lsblk does not tell the disk of ${each.path}`);
    found.set(each.kname, deviceFrom(each, [...new Set(parents)]));
    for (const child of each.children) add(child, each.kname);
  };
  for (const each of z.object({ blockdevices: z.array(z.unknown()) }).parse(JSON.parse(json)).blockdevices)
    add(each, undefined);
  return [...found.values()];
}

function deviceFrom(each: Row, parents: readonly string[]): BlockDevice {
  const transport = each.tran ?? '';
  return {
    ...{ name: each.kname, path: each.path, number: each['maj:min'], type: each.type },
    ...{ sizeBytes: each.size, isReadOnly: each.ro, parents, transport },
    isRemovable: each.rm || each.hotplug || transport === 'usb',
    mountPoints: each.mountpoints.filter(point => typeof point === 'string'),
    model: each.model?.trim() ?? '',
    serial: each.serial?.trim() ?? '',
  };
}

/** What lies on it, in any depth: partitions, volumes on them. */
export function above(device: BlockDevice, devices: readonly BlockDevice[]): readonly BlockDevice[] {
  const next = devices.filter(each => each.parents.includes(device.name));
  return [...new Set(next.flatMap(each => [each, ...above(each, devices)]))];
}

/** The disks that it lies on; itself when it is one. */
export function below(device: BlockDevice, devices: readonly BlockDevice[]): readonly BlockDevice[] {
  if (device.parents.length === 0) return [device];
  const next = devices.filter(each => device.parents.includes(each.name));
  return [...new Set(next.flatMap(each => below(each, devices)))];
}

/** Partition `number` of a disk, as the kernel names it: /dev/sda1, /dev/nvme0n1p1. */
export function partitionPath(disk: string, number: number): string {
  return `${disk}${/\d$/.test(disk) ? 'p' : ''}${number}`;
}

/** 7.3 GiB. */
export function sizeText(bytes: number): string {
  const units = ['bytes', 'KiB', 'MiB', 'GiB', 'TiB', 'PiB'];
  let [size, unit] = [bytes, 0];
  for (; size >= 1024 && unit < units.length - 1; unit += 1) size /= 1024;
  return `${unit === 0 || size >= 100 ? Math.round(size) : size.toFixed(1)} ${units[unit]}`;
}
