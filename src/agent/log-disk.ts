// The disk below the data folder: its free space, and a reserve file that keeps some of it for hard times.
import { open, rm, stat, statfs } from 'node:fs/promises';
import { join } from 'node:path';
import type { LogDisk } from './disk-watch.ts';
import { diskNeededBytes, diskReserveBytes } from './limits.ts';
import { StartError } from './start-error.ts';

/** The disk of `dataDir`, which exists. */
export function logDiskOf(dataDir: string): LogDisk {
  const reserve = join(dataDir, 'reserve');
  return {
    async freeBytes() {
      const { bavail, bsize } = await statfs(dataDir);
      return bavail * bsize;
    },
    async reserve() {
      const held = await stat(reserve).then(
        ({ size }) => size >= diskReserveBytes,
        () => false,
      );
      if (held) return;
      const file = await open(reserve, 'w', 0o600);
      try {
        // Real bytes: a hole would reserve nothing.
        await file.write(new Uint8Array(diskReserveBytes));
      } finally {
        await file.close();
      }
    },
    release: () => rm(reserve, { force: true }),
  };
}

/** Sees that the log can be opened; gives the reserve up for it. @throws StartError when there is no room all the same */
export async function makeRoom(disk: LogDisk, dataDir: string): Promise<void> {
  if ((await disk.freeBytes()) >= diskNeededBytes) return;
  await disk.release();
  const bytes = await disk.freeBytes();
  if (bytes >= diskNeededBytes) return;
  throw new StartError(
    `the disk of data folder ${dataDir} is full (${Math.floor(bytes / 1024)} KiB left): free ${diskNeededBytes / 1024 / 1024} MiB; ` +
      'nothing is lost, and the agent goes on where it was',
  );
}
