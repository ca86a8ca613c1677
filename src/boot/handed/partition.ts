// The partition as a folder: read, told into, and wiped. The only file of this folder that writes there. A content is overwritten where it lies
// before its name goes away, since deleting alone leaves a key to whoever finds the stick.
import { constants } from 'node:fs';
import { open, readdir, rename, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { syncFolder } from '../../integrations/host.ts';
import { settingsBytesMax } from '../limits.ts';
import { wipePrefix } from './files.ts';
import { entriesMax, freeSpaceBytesMax, freeSpaceMs, wipeUnitBytes } from './limits.ts';

export interface Partition {
  /** Sorted, at most `entriesMax`; that of a folder ends in a slash. */
  names(): Promise<readonly string[]>;
  /** Undefined where it cannot be read; of a large one only so much that it is seen to be too large. */
  read(name: string): Promise<Uint8Array | undefined>;
  /** Writes a page, durably; an empty one is taken away. */
  tell(name: string, text: string): Promise<void>;
  /** Zeros in place of the content, on the disk; then the name goes. Begun and cut off, it is known by its name. */
  wipe(name: string): Promise<void>;
  /** Zeros wherever nothing is, within limits of size and time. */
  wipeFreeSpace(): Promise<void>;
}

export function partitionAt(folder: string): Partition {
  return {
    async names() {
      const entries = await readdir(folder, { withFileTypes: true });
      const names = entries.map(entry => (entry.isDirectory() ? `${entry.name}/` : entry.name));
      return names.sort().slice(0, entriesMax);
    },
    async read(name) {
      try {
        return await startOf(join(folder, name), settingsBytesMax + 1);
      } catch {
        return undefined;
      }
    },
    async tell(name, text) {
      const path = join(folder, name);
      if (text === '') await rm(path, { force: true });
      else await writeSynced(path, text);
      await syncFolder(folder);
    },
    async wipe(name) {
      const path = join(folder, name.startsWith(wipePrefix) ? name : `${wipePrefix}${name.toLowerCase()}`);
      // With another name it is never taken for a file that somebody wants to be read.
      if (!name.startsWith(wipePrefix)) await rename(join(folder, name), path);
      await syncFolder(folder);
      await overwrite(path);
      await rm(path);
      await syncFolder(folder);
    },
    async wipeFreeSpace() {
      const path = join(folder, `${wipePrefix}rest`);
      try {
        await fill(path);
      } finally {
        await rm(path, { force: true });
        await syncFolder(folder);
      }
    },
  };
}

async function startOf(path: string, bytesMax: number): Promise<Uint8Array> {
  const file = await open(path, 'r');
  try {
    const buffer = Buffer.alloc(bytesMax);
    let length = 0;
    for (;;) {
      const { bytesRead } = await file.read(buffer, length, bytesMax - length, length);
      length += bytesRead;
      if (bytesRead === 0 || length === bytesMax) return new Uint8Array(buffer.subarray(0, length));
    }
  } finally {
    await file.close();
  }
}

async function writeSynced(path: string, text: string): Promise<void> {
  const file = await open(path, 'w', 0o600);
  try {
    await file.writeFile(text);
    await file.sync();
  } finally {
    await file.close();
  }
}

async function overwrite(path: string): Promise<void> {
  // Not "w": that would let the blocks go before they are overwritten.
  const file = await open(path, constants.O_RDWR);
  try {
    const { size } = await file.stat();
    const zeros = Buffer.alloc(wipeUnitBytes);
    for (let at = 0; at < Math.max(size, 1); at += zeros.length) {
      // Beyond its end, too, where a longer one may have been. The last piece may find no room; its blocks are overwritten by then.
      const isBeyond = at + zeros.length > size;
      if (isBeyond) await file.write(zeros, 0, size - at, at);
      await file.write(zeros, 0, zeros.length, at).catch(refuseUnless(isBeyond));
    }
    await file.sync();
  } finally {
    await file.close();
  }
}

const refuseUnless = (isFine: boolean) => (error: NodeJS.ErrnoException) => {
  if (!isFine || error.code !== 'ENOSPC') throw error;
};

async function fill(path: string): Promise<void> {
  const file = await open(path, 'w', 0o600);
  const endsAtMs = performance.now() + freeSpaceMs;
  try {
    const zeros = Buffer.alloc(wipeUnitBytes);
    for (let bytes = 0; bytes < freeSpaceBytesMax && performance.now() < endsAtMs; ) {
      const { bytesWritten } = await file.write(zeros, 0, zeros.length);
      bytes += bytesWritten;
      // So that the time is that of the stick, not of the memory before it.
      if (bytes % 2 ** 20 < wipeUnitBytes) await file.datasync();
    }
  } catch (error) {
    // That was all of it.
    if ((error as NodeJS.ErrnoException).code !== 'ENOSPC') throw error;
  } finally {
    await file.sync().catch(() => {});
    await file.close();
  }
}
