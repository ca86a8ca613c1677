// Small files of the data folder: written so that after a crash each is either the old one or the new one, whole.
import { open, readFile, rename } from 'node:fs/promises';
import { dirname } from 'node:path';
import { StartError } from './start-error.ts';

/** Replaces `path` durably: temporary file, fsync, rename, fsync of the folder. Mode 0600. @throws StartError when it cannot */
export async function writeDurably(path: string, data: string): Promise<void> {
  try {
    await replaceDurably(path, data);
  } catch (error) {
    const { code = (error as Error).message } = error as NodeJS.ErrnoException;
    const mend =
      code === 'ENOSPC' ? 'free some space on its disk' : 'look at its folder and its disk ("dmesg")';
    throw new StartError(`${path} cannot be written (${code}): ${mend}, then start the agent again`);
  }
}

async function replaceDurably(path: string, data: string): Promise<void> {
  const file = await open(`${path}.new`, 'w', 0o600);
  try {
    await file.writeFile(data);
    await file.sync();
  } finally {
    await file.close();
  }
  await rename(`${path}.new`, path);
  const folder = await open(dirname(path), 'r');
  try {
    await folder.sync();
  } finally {
    await folder.close();
  }
}

/** The text in `path`; undefined when there is no such file. @throws StartError when it cannot be read */
export async function readIfThere(path: string): Promise<string | undefined> {
  try {
    return await readFile(path, 'utf8');
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return undefined;
    throw new StartError(
      `${path} cannot be read (${(error as Error).message}): start the agent as the owner of its data folder`,
    );
  }
}
