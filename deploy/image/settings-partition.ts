// The partition for people: a FAT file system called CLUSTEROS, which every laptop shows, with a page that says what may be put there. The
// machine takes it at its next boot (src/boot/handed). Written by mtools, without mounts.
import { readFileSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { partitionLabel } from '../../src/boot/handed/files.ts';
import { BuildError, run } from '../package/tools.ts';
import { mibBytes, settingsAtMib } from './layout.ts';
import { settingsMib } from './limits.ts';

/** The whole file system. @param root the checkout @param work for what is written on the way */
export function settingsFileSystem(root: string, work: string): Buffer {
  const image = join(work, 'settings.img');
  rmSync(image, { force: true });
  run('mkfs.vfat', ['-C', '-F', '16', '-n', partitionLabel, image, String(settingsMib * 1024)]);
  run('mcopy', ['-i', image, '-', '::/README.txt'], { input: readmeText(root) });
  return readFileSync(image);
}

/** With the ends of lines that Windows' oldest editors want. */
export function readmeText(root: string): string {
  return readFileSync(join(root, 'deploy/image/files/settings-readme.txt'), 'utf8').replaceAll('\n', '\r\n');
}

export interface SettingsFile {
  /** As the machine knows it. */
  readonly name: string;
  readonly text: string;
}

/** Puts files into the partition of a disk, which is a file. Their content is in no argument. @throws BuildError where it has none */
export function putSettings(disk: string, files: readonly SettingsFile[]): void {
  const partition = `${disk}@@${settingsAtMib * mibBytes}`;
  refuseOther(partition, disk);
  for (const { name, text } of files)
    run('mcopy', ['-o', '-i', partition, '-', `::/${name}`], { input: text });
}

function refuseOther(partition: string, disk: string): void {
  const mend = `${disk} has no partition ${partitionLabel}\nhint: it is of an older version: run "make image" again`;
  let label: string;
  try {
    label = run('mlabel', ['-s', '-i', partition, '::']);
  } catch (error) {
    if (error instanceof BuildError) throw new BuildError(mend);
    throw error;
  }
  if (!label.includes(partitionLabel)) throw new BuildError(mend);
}
