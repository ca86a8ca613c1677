// Reads the cluster key: 32 random bytes in base64 that every node holds and that never cross the network.
// Never prints a byte of it.
import { readFile, stat } from 'node:fs/promises';
import { exitCode, StartError } from './start-error.ts';

export const clusterKeyBytes = 32;

/**
 * The cluster key in `path`.
 * @throws StartError naming the file and the mend: missing, readable by others, or not 32 bytes of base64
 */
export async function readClusterKey(path: string): Promise<Uint8Array> {
  let text: string;
  try {
    const { mode } = await stat(path);
    if ((mode & 0o077) !== 0) {
      const shown = (mode & 0o777).toString(8).padStart(4, '0');
      throw new StartError(
        `cluster key ${path} can be read by others (mode ${shown}): run "chmod 0600 ${path}"`,
        exitCode.usage,
      );
    }
    text = await readFile(path, 'utf8');
  } catch (error) {
    if (error instanceof StartError) throw error;
    const code = (error as NodeJS.ErrnoException).code;
    if (code === 'ENOENT') {
      const mend = `copy it from a member of the cluster, or make one with "clusterctl key create --out ${path}"`;
      throw new StartError(`cluster key ${path} is missing: ${mend}`, exitCode.usage);
    }
    if (code === 'EACCES') {
      throw new StartError(
        `cluster key ${path} cannot be read: start the agent as root or as the owner of the file`,
        exitCode.denied,
      );
    }
    throw new StartError(
      `cluster key ${path} cannot be read (${code ?? error}): name a file with --cluster-key`,
      exitCode.usage,
    );
  }
  const trimmed = text.trim();
  const key = Buffer.from(trimmed, 'base64');
  if (key.length !== clusterKeyBytes || key.toString('base64') !== trimmed) {
    const what =
      trimmed === ''
        ? 'is empty'
        : `holds ${trimmed.length} characters, not ${clusterKeyBytes} bytes in base64 (44 characters)`;
    throw new StartError(
      `cluster key ${path} ${what}: copy the whole file from a member of the cluster`,
      exitCode.usage,
    );
  }
  return new Uint8Array(key);
}
