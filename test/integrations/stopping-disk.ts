// A disk that stops for good before its n-th change, as a machine whose power is cut: what was not synced by then is lost.
import { existsSync, truncateSync } from 'node:fs';
import { type Disk, realDisk } from '../../src/integrations/state-copy/disk.ts';

export class PowerCut extends Error {
  override readonly name = 'PowerCut';
}

export interface StoppingDisk extends Disk {
  /** Changes that were made. */
  readonly changes: number;
}

/** @param changesMax the change after so many does not happen, nor any later one */
export function stoppingDisk(changesMax: number): StoppingDisk {
  const disk = realDisk();
  /** Bytes of each file that would survive. */
  const synced = new Map<string, number>();
  const moved = (path: string, from: string, to: string) =>
    path === from || path.startsWith(`${from}/`) ? to + path.slice(from.length) : path;
  let changes = 0;
  let stopped = false;
  const change = async <T>(make: () => Promise<T>): Promise<T> => {
    if (!stopped && changes >= changesMax) {
      stopped = true;
      for (const [path, bytes] of synced) if (existsSync(path)) truncateSync(path, bytes);
    }
    if (stopped) throw new PowerCut('the power was cut');
    changes += 1;
    return make();
  };
  const sync = async (path: string) => {
    await disk.sync(path);
    synced.delete(path);
  };
  return {
    ...disk,
    get changes() {
      return changes;
    },
    makeFolder: (path, rights) => change(() => disk.makeFolder(path, rights)),
    write: (path, pieces, rights) =>
      change(() => {
        synced.set(path, 0);
        return disk.write(path, pieces, rights);
      }),
    append: (path, pieces) =>
      change(async () => {
        if (!synced.has(path)) synced.set(path, (await disk.look(path))?.bytes ?? 0);
        await disk.append(path, pieces);
      }),
    sync: path => change(() => sync(path)),
    syncMany: (_folder, paths) =>
      change(async () => {
        for (const path of paths) await sync(path);
      }),
    rename: (from, to) =>
      change(async () => {
        await disk.rename(from, to);
        for (const [path, bytes] of [...synced]) {
          synced.delete(path);
          synced.set(moved(path, from, to), bytes);
        }
      }),
    remove: path => change(() => disk.remove(path)),
  };
}
