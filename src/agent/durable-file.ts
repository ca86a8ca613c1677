// Writes a small file so that after a crash it is either the old one or the new one, whole.
import { open, rename } from 'node:fs/promises';
import { dirname } from 'node:path';

/** Replaces `path` durably: temporary file, fsync, rename, fsync of the folder. Mode 0600. */
export async function writeDurably(path: string, data: string): Promise<void> {
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
