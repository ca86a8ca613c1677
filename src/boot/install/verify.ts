// Looks at the disk again as if somebody else had made it: file systems, contents, rights, identities, boot loaders. Everything has been
// unmounted before, so that what is read is what is on the disk.
import { createHash } from 'node:crypto';
import { createReadStream, globSync } from 'node:fs';
import { lstat, open, readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { bootTroubles } from './boot-loader.ts';
import { fileSystemsOf, identityGlobs, keptFolders, vitalGlobs } from './copied.ts';
import type { Installation } from './installation.ts';
import { comparedBytesMax, comparedFilesMax } from './limits.ts';

/** @throws BootError with all that is wrong */
export async function verify(work: Installation): Promise<void> {
  const { disk, journal, host, machine } = work;
  await journal.must('e2fsck', ['-f', '-n', disk.root]);
  await disk.mountRoot('ro');
  await disk.mount(['--bind', work.from], disk.source);
  const { target } = disk;
  const found = await disk.fileSystems();
  const fstab = new TextDecoder().decode(await host.readFile(`${target}/etc/fstab`));
  const named = fileSystemsOf(fstab);
  const troubles: string[] = [];
  if (named.rootUuid !== found.rootUuid || named.espUuid !== found.espUuid)
    troubles.push('fstab does not name the file systems of this disk');
  if ((await host.readFile(`${target}/etc/machine-id`))?.length !== 0)
    troubles.push('etc/machine-id is not empty');
  troubles.push(
    ...identityGlobs.flatMap(glob => globSync(glob, { cwd: target })).map(each => `${each} came along`),
  );
  troubles.push(...(await differingRights(disk.source, target)));
  troubles.push(...(await differingFiles(work)));
  if (machine.rehearsal === undefined) {
    await disk.mount(['-t', 'vfat', '-o', 'ro', disk.esp], `${target}/boot/efi`);
    troubles.push(...(await bootTroubles(host, target, found.rootUuid, machine.architecture)));
    if (machine.architecture === 'x64') troubles.push(...(await biosTroubles(disk.path)));
  }
  await disk.unmountAll();
  if (troubles.length > 0) throw journal.failure(troubles.join('; '));
}

/** Keys must be for those that they were for. */
async function differingRights(source: string, target: string): Promise<readonly string[]> {
  const troubles: string[] = [];
  for (const folder of keptFolders)
    for (const name of ['.', ...(await readdir(`${source}${folder}`).catch(() => []))]) {
      const path = join(folder, name);
      const here = await lstat(`${source}${path}`).catch(() => undefined);
      if (here === undefined || /_history$/.test(name)) continue;
      const there = await lstat(`${target}${path}`).catch(() => undefined);
      if (there === undefined) troubles.push(`${path} is missing`);
      else if (there.mode !== here.mode || there.uid !== here.uid || there.gid !== here.gid)
        troubles.push(`${path} has other rights`);
    }
  return troubles;
}

/** Files by their content: those that a machine does not start without, the keys, and some of all others. */
async function differingFiles({ disk, startedAtMs, journal }: Installation): Promise<readonly string[]> {
  const { source, target } = disk;
  const always = [...vitalGlobs, ...keptFolders.map(folder => `${folder.slice(1)}/*`)].flatMap(glob =>
    globSync(glob, { cwd: source }),
  );
  const all = await filesBelow(target);
  const step = Math.max(1, Math.floor(all.length / comparedFilesMax));
  const some = all.filter((_, index) => index % step === 0);
  const troubles: string[] = [];
  let compared = 0;
  for (const path of new Set([...always, ...some])) {
    const here = await lstat(join(source, path)).catch(() => undefined);
    // Of a system that runs: what was made or written meanwhile is another one.
    if (here === undefined || !here.isFile() || Math.max(here.mtimeMs, here.ctimeMs) > startedAtMs) continue;
    if (here.size > comparedBytesMax && !always.includes(path)) continue;
    compared += 1;
    const there = await hashOf(join(target, path)).catch(() => undefined);
    if (there !== (await hashOf(join(source, path)))) troubles.push(`/${path} differs`);
  }
  journal.note(`${compared} of ${all.length} files compared by their content`);
  if (all.length > 0 && compared === 0) troubles.push('no file could be compared');
  return troubles;
}

/** What is written on the disk itself, not copied, is left out. */
const written = new Set(['etc/fstab', 'etc/machine-id']);
const ownFolders = /^(boot\/grub|boot\/efi|lost\+found)(\/|$)/;

async function filesBelow(root: string): Promise<readonly string[]> {
  const files: string[] = [];
  const folders = [''];
  for (let folder = folders.pop(); folder !== undefined; folder = folders.pop())
    for (const entry of await readdir(join(root, folder), { withFileTypes: true })) {
      const path = join(folder, entry.name);
      if (ownFolders.test(path)) continue;
      if (entry.isDirectory()) folders.push(path);
      else if (entry.isFile() && !written.has(path) && !path.startsWith('var/log/')) files.push(path);
    }
  return files.sort();
}

async function hashOf(path: string): Promise<string> {
  const hash = createHash('sha256');
  for await (const chunk of createReadStream(path)) hash.update(chunk as Buffer);
  return hash.digest('hex');
}

/** The first sector has GRUB's code, and the disk ends as a partition table says. */
async function biosTroubles(path: string): Promise<readonly string[]> {
  const file = await open(path, 'r');
  try {
    const sector = Buffer.alloc(512);
    await file.read(sector, 0, sector.length, 0);
    return sector.includes('GRUB') && sector.readUInt16LE(510) === 0xaa55
      ? []
      : ['the first sector has no GRUB'];
  } finally {
    await file.close();
  }
}
