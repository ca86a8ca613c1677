// The folders that every host has for itself, and the empty ones that the machine must have for that. Labs run side by
// side and share them, so they are made and removed under a lock, and only the last lab removes what was made.
import { chmodSync, chownSync, mkdirSync, readdirSync, statSync } from 'node:fs';
import { runOutside } from './network.ts';

/** Where all labs have their folders; also what is locked. Not TMPDIR: a sweep must find those of other users' shells. */
export const labsFolder = '/tmp';

/** What each host has for itself and keeps over a power cut. /run and /dev/shm are private too, and do not last. */
export const privateFolders = [
  '/etc/munge',
  '/var/lib/munge',
  '/etc/slurm',
  '/var/lib/slurm',
  '/var/spool/slurmd',
  '/var/log',
  '/etc/clusteros',
  '/var/lib/clusteros',
  '/etc/rancher',
  '/var/lib/rancher',
] as const;

const createScript = `
list=$1; shift
for folder; do
  [ -d "$folder" ] || { mkdir -p "$folder" && echo "$folder" >> "$list"; }
done`;

// The others' folders are looked at under the lock, so a lab either is seen here or makes the folders again.
const releaseScript = `
own=$1; root=$2
[ -s "$own/created" ] || exit 0
for other in "$root"/clab-*/; do
  [ "$other" = "$own/" ] && continue
  [ -d "$other" ] && cat "$own/created" >> "$other/created" && rm -f "$own/created" && exit 0
done
while read -r folder; do rmdir "$folder" 2>/dev/null; done < "$own/created"
rm -f "$own/created"`;

/** Makes the mount points that this machine lacks and notes them in the lab's folder. */
export async function ensureMountPoints(labFolder: string): Promise<void> {
  const args = ['bash', '-c', createScript, 'bash', `${labFolder}/created`, ...privateFolders];
  await runOutside('flock', [labsFolder, ...args]);
}

/** Removes the noted mount points, or leaves that to another lab that needs them. */
export async function releaseMountPoints(labFolder: string): Promise<void> {
  await runOutside('flock', [labsFolder, 'bash', '-c', releaseScript, 'bash', labFolder, labsFolder]);
}

/** Lays out a host's disk: the machine's folders with their owners and modes, as packages made them, without files. */
export function layOutDisk(disk: string): void {
  for (const folder of privateFolders) copyFolders(folder, `${disk}${folder}`);
}

function copyFolders(from: string, to: string): void {
  const { mode, uid, gid } = statSync(from);
  mkdirSync(to, { recursive: true });
  chownSync(to, uid, gid);
  chmodSync(to, mode & 0o7777);
  for (const entry of readdirSync(from, { withFileTypes: true }))
    if (entry.isDirectory()) copyFolders(`${from}/${entry.name}`, `${to}/${entry.name}`);
}
