// The door of state copies to the machine's files. Decides nothing. Tests put one in its place that stops after so many changes.
import { execFile } from 'node:child_process';
import { type BigIntStats, constants, watch } from 'node:fs';
import { chmod, type FileHandle, lchown, lstat, mkdir, open, readdir, rename, rm } from 'node:fs/promises';
import { promisify } from 'node:util';
import { syncEachMax } from '../limits.ts';
import { atOnce } from './pieces.ts';

export type FileKind = 'file' | 'folder' | 'other';

export interface FileLook {
  readonly kind: FileKind;
  readonly bytes: number;
  /** Permission bits. */
  readonly mode: number;
  readonly inode: string;
  /** Inode, time of change and size: while it is the same, so is the content, but for changes within one tick of the clock. */
  readonly identity: string;
  /** Wall clock. */
  readonly changedMs: number;
}

export interface Owner {
  readonly uid: number;
  readonly gid: number;
}

export interface Rights {
  readonly mode: number;
  /** Whoever the agent runs as when absent. */
  readonly owner?: Owner | undefined;
}

export interface Disk {
  /** Never follows a link. */
  look(path: string): Promise<FileLook | undefined>;
  /** What a folder holds; undefined when there is none. */
  list(folder: string): Promise<readonly { readonly name: string; readonly kind: FileKind }[] | undefined>;
  /** A regular file's content; `steady` when it did not change meanwhile. Undefined when there is none. */
  read(
    path: string,
    bytesMax: number,
  ): Promise<{ readonly content: Buffer; readonly look: FileLook; readonly steady: boolean } | undefined>;
  /** Part of a file; shorter where the file ends, empty where there is none. */
  readPart(path: string, offset: number, bytes: number): Promise<Buffer>;
  /** Tells names that may have changed in a folder; undefined for "something". Gives what ends it, or undefined when it cannot be. */
  watch(folder: string, onChange: (name: string | undefined) => void): (() => void) | undefined;

  /** Makes a folder, and those on the way to it; sets its rights. */
  makeFolder(path: string, rights: Rights): Promise<void>;
  /** Writes a file that must not be there. Not synced. */
  write(path: string, pieces: Iterable<Uint8Array>, rights: Rights): Promise<void>;
  /** Appends to a file, or begins it. Not synced. */
  append(path: string, pieces: readonly Uint8Array[]): Promise<void>;
  /** Has what was written to a file, or which names are in a folder, survive a power cut. */
  sync(path: string): Promise<void>;
  /** The same for many files below `folder`. */
  syncMany(folder: string, paths: readonly string[]): Promise<void>;
  rename(from: string, to: string): Promise<void>;
  /** With all that is in it; nothing happens when it is not there. */
  remove(path: string): Promise<void>;
}

const run = promisify(execFile);

export function realDisk(): Disk {
  return {
    look,
    list,
    read,
    readPart,
    watch: watchFolder,
    makeFolder,
    write,
    append,
    sync,
    syncMany,
    rename,
    remove,
  };
}

async function look(path: string): Promise<FileLook | undefined> {
  return orNothing(async () => lookOf(await lstat(path, { bigint: true })));
}

function lookOf(stat: BigIntStats): FileLook {
  return {
    kind: stat.isFile() ? 'file' : stat.isDirectory() ? 'folder' : 'other',
    bytes: Number(stat.size),
    mode: Number(stat.mode & 0o777n),
    inode: `${stat.dev}:${stat.ino}`,
    identity: `${stat.dev}:${stat.ino}:${stat.mtimeNs}:${stat.size}`,
    changedMs: Number(stat.mtimeNs / 1_000_000n),
  };
}

async function list(folder: string) {
  return orNothing(async () =>
    (await readdir(folder, { withFileTypes: true })).map(entry => ({
      name: entry.name,
      kind: entry.isFile()
        ? ('file' as const)
        : entry.isDirectory()
          ? ('folder' as const)
          : ('other' as const),
    })),
  );
}

async function read(path: string, bytesMax: number) {
  return orNothing(async () => {
    // Something else than a file may have taken its place since it was looked at: a pipe must not hold us.
    const file = await open(path, constants.O_RDONLY | constants.O_NOFOLLOW | constants.O_NONBLOCK);
    try {
      const before = lookOf(await file.stat({ bigint: true }));
      if (before.kind !== 'file') return undefined;
      if (before.bytes > bytesMax)
        throw new Error(`${path} has ${before.bytes} bytes, more than ${bytesMax}`);
      const content = await readInto(file, Buffer.alloc(before.bytes), 0);
      const after = lookOf(await file.stat({ bigint: true }));
      const steady = content.length === before.bytes && after.identity === before.identity;
      return { content, look: before, steady };
    } finally {
      await file.close();
    }
  });
}

async function readPart(path: string, offset: number, bytes: number): Promise<Buffer> {
  const part = await orNothing(async () => {
    const file = await open(path, 'r');
    try {
      return await readInto(file, Buffer.alloc(bytes), offset);
    } finally {
      await file.close();
    }
  });
  return part ?? Buffer.alloc(0);
}

/** Fills `buffer` from `offset` on; the part of it that the file had. */
async function readInto(file: FileHandle, buffer: Buffer, offset: number): Promise<Buffer> {
  let filled = 0;
  while (filled < buffer.length) {
    const { bytesRead } = await file.read(buffer, filled, buffer.length - filled, offset + filled);
    if (bytesRead === 0) break;
    filled += bytesRead;
  }
  return buffer.subarray(0, filled);
}

function watchFolder(folder: string, onChange: (name: string | undefined) => void): (() => void) | undefined {
  try {
    const watcher = watch(folder, { persistent: false });
    watcher.on('change', (_kind, name) => onChange(name === null ? undefined : name.toString()));
    watcher.on('error', () => {
      watcher.close();
      onChange(undefined);
    });
    return () => watcher.close();
  } catch {
    // It is gone, or the kernel has no room for another watch: the regular looks find what changes.
    return undefined;
  }
}

async function makeFolder(path: string, { mode, owner }: Rights): Promise<void> {
  await mkdir(path, { recursive: true, mode });
  if (owner) await lchown(path, owner.uid, owner.gid);
  await chmod(path, mode);
}

async function write(path: string, pieces: Iterable<Uint8Array>, { mode, owner }: Rights): Promise<void> {
  const file = await open(path, 'wx', 0o600);
  try {
    for (const piece of pieces) await file.writeFile(piece);
    if (owner) await file.chown(owner.uid, owner.gid);
    await file.chmod(mode);
  } finally {
    await file.close();
  }
}

async function append(path: string, pieces: readonly Uint8Array[]): Promise<void> {
  const file = await open(path, 'a', 0o600);
  try {
    for (const piece of pieces) await file.writeFile(piece);
  } finally {
    await file.close();
  }
}

async function sync(path: string): Promise<void> {
  const file = await open(path, 'r');
  try {
    await file.sync();
  } finally {
    await file.close();
  }
}

async function syncMany(folder: string, paths: readonly string[]): Promise<void> {
  if (paths.length > syncEachMax) await run('sync', ['--file-system', folder]);
  else await atOnce(2, [...paths], sync);
}

async function remove(path: string): Promise<void> {
  await rm(path, { recursive: true, force: true });
}

async function orNothing<T>(ask: () => Promise<T>): Promise<T | undefined> {
  try {
    return await ask();
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    if (code === 'ENOENT' || code === 'ENOTDIR' || code === 'ELOOP') return undefined;
    throw error;
  }
}
