// Which disks the running system stands on: those are never erased. Also below volumes, RAIDs, and the layers of a live system. Pure.
import { type BlockDevice, below } from './block-devices.ts';

export interface Mount {
  readonly number: string;
  readonly point: string;
  readonly fsType: string;
  readonly source: string;
  readonly options: readonly string[];
}

export interface SystemDisks {
  /** By the name of the disk: what of the system is there, such as `/` or `/boot/efi`. */
  readonly disks: ReadonlyMap<string, string>;
  /** False where the root is somewhere that leads to no disk, such as layers that are not to be seen. */
  readonly isKnown: boolean;
}

const systemPoints = ['/', '/boot', '/boot/efi', '/usr', '/var'];
/** A root that is on no disk: in memory, or on the network. */
const disklessTypes = /^(tmpfs|ramfs|rootfs|nfs4?|cifs|9p|virtiofs)$/;

/** The lines of /proc/self/mountinfo, proc(5). */
export function mountsFrom(mountinfo: string): readonly Mount[] {
  return mountinfo.split('\n').flatMap(line => {
    const [before = '', after = ''] = line.split(' - ');
    const [, , number, , point] = before.split(' ');
    const [fsType, source = '', options = ''] = after.split(' ');
    if (number === undefined || point === undefined || fsType === undefined) return [];
    return [
      ...[
        {
          number,
          point: plain(point),
          fsType,
          source: plain(source),
          options: options.split(',').map(plain),
        },
      ],
    ];
  });
}

/** @param backingFiles of loop devices, by their names */
export function systemDisks(
  mounts: readonly Mount[],
  devices: readonly BlockDevice[],
  backingFiles: ReadonlyMap<string, string>,
): SystemDisks {
  const disks = new Map<string, string>();
  let isKnown = true;
  for (const point of systemPoints) {
    // The last one is on top.
    const mount = mounts.findLast(each => each.point === point);
    if (mount === undefined) continue;
    const found = disksOf(mount, new Set());
    for (const each of found) if (!disks.has(each.name)) disks.set(each.name, point);
    if (point === '/') isKnown = found.length > 0 || disklessTypes.test(mount.fsType);
  }
  return { disks, isKnown };

  function disksOf(mount: Mount, seen: Set<Mount>): readonly BlockDevice[] {
    if (seen.has(mount)) return [];
    seen.add(mount);
    // The number of btrfs is none of a disk, and its source is.
    const device =
      devices.find(each => each.number === mount.number) ?? devices.find(each => each.path === mount.source);
    if (device !== undefined) {
      const file = backingFiles.get(device.name);
      const behind = file === undefined ? [] : disksAt(file, seen);
      return [...below(device, devices), ...behind];
    }
    return layersOf(mount).flatMap(folder => disksAt(folder, seen));
  }

  function disksAt(path: string, seen: Set<Mount>): readonly BlockDevice[] {
    const over = mounts
      .filter(({ point }) => point === '/' || path === point || path.startsWith(`${point}/`))
      .reduce<Mount | undefined>(
        (best, each) => (best === undefined || each.point.length >= best.point.length ? each : best),
        undefined,
      );
    return over === undefined ? [] : disksOf(over, seen);
  }
}

/** The folders that an overlay is made of. */
function layersOf({ fsType, options }: Mount): readonly string[] {
  if (fsType !== 'overlay') return [];
  return options.flatMap(option => {
    const [, value = ''] = /^(?:lowerdir|upperdir|workdir)\+?=(.*)$/.exec(option) ?? [];
    return value.split(':').filter(folder => folder.startsWith('/'));
  });
}

/** Blanks are written as \040. */
function plain(text: string): string {
  return text.replace(/\\([0-7]{3})/g, (_, digits: string) =>
    String.fromCharCode(Number.parseInt(digits, 8)),
  );
}
