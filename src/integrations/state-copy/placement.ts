// Puts a copy in the place of a folder: written whole beside it first, then two renames. A crash between the two leaves no
// folder at all; `recoverPlacement` ends what was begun.
import { basename, dirname, join } from 'node:path';
import { formerFoldersKept, stateReadsAtOnce } from '../limits.ts';
import type { Disk, Owner } from './disk.ts';
import type { Manifest } from './manifest.ts';
import { atOnce } from './pieces.ts';

/** Being written. */
const partName = (target: string) => `${target}.copy-part`;
/** Written whole, and waiting for its place. */
const readyName = (target: string) => `${target}.copy-ready`;

export async function place(
  disk: Disk,
  {
    manifest,
    content,
    target,
    owner,
  }: {
    readonly manifest: Manifest;
    readonly content: (sha256: string) => Promise<Uint8Array>;
    readonly target: string;
    readonly owner: Owner | undefined;
  },
): Promise<void> {
  await recoverPlacement(disk, target);
  const part = partName(target);
  await disk.makeFolder(part, { mode: 0o700, owner });
  const folders = foldersOf(manifest.files.keys());
  for (const folder of folders) await disk.makeFolder(join(part, folder), { mode: 0o700, owner });
  await atOnce(stateReadsAtOnce, [...manifest.files.values()], async ({ path, mode, sha256 }) =>
    disk.write(join(part, path), [await content(sha256)], { mode, owner }),
  );
  const paths = [...manifest.files.keys(), ...folders, ''].map(path => join(part, path));
  await disk.syncMany(part, paths);
  await disk.rename(part, readyName(target));
  await disk.sync(dirname(target));
  if (await disk.look(target)) {
    await disk.rename(target, await formerName(disk, target, manifest.token));
    // Before the other takes its place: else a power cut might leave the two renames in the wrong order.
    await disk.sync(dirname(target));
  }
  await disk.rename(readyName(target), target);
  await disk.sync(dirname(target));
  await clearFormer(disk, target);
}

/** Ends what a crash has interrupted: afterwards `target` is the old folder or the new one, if there was any. To be called before anything uses it. */
export async function recoverPlacement(disk: Disk, target: string): Promise<void> {
  await disk.remove(partName(target));
  if (await disk.look(target)) {
    await disk.remove(readyName(target));
  } else if (await disk.look(readyName(target))) {
    await disk.rename(readyName(target), target);
    await disk.sync(dirname(target));
  }
}

/** Folders on the way to the files, each after the one it is in. */
function foldersOf(paths: Iterable<string>): readonly string[] {
  const folders = new Set<string>();
  for (const path of paths)
    for (let end = path.indexOf('/'); end >= 0; end = path.indexOf('/', end + 1))
      folders.add(path.slice(0, end));
  return [...folders];
}

interface Former {
  readonly name: string;
  readonly token: number;
  readonly number: number;
}

async function formerOf(disk: Disk, target: string): Promise<readonly Former[]> {
  const entries = (await disk.list(dirname(target))) ?? [];
  const start = `${basename(target)}.before-`;
  return entries.flatMap(({ name }) => {
    const [, token, number = '1'] =
      (name.startsWith(start) && /^(\d{1,15})(?:-(\d{1,6}))?$/.exec(name.slice(start.length))) || [];
    return token === undefined ? [] : [{ name, token: Number(token), number: Number(number) }];
  });
}

/** `target`.before-`token`; with a number behind it when that is taken. */
async function formerName(disk: Disk, target: string, token: number): Promise<string> {
  const taken = (await formerOf(disk, target)).filter(former => former.token === token);
  const number = Math.max(0, ...taken.map(former => former.number)) + 1;
  return `${target}.before-${token}${number === 1 ? '' : `-${number}`}`;
}

async function clearFormer(disk: Disk, target: string): Promise<void> {
  const former = [...(await formerOf(disk, target))].sort((a, b) => b.token - a.token || b.number - a.number);
  for (const { name } of former.slice(formerFoldersKept)) await disk.remove(join(dirname(target), name));
}
