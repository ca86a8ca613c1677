// `clusterctl key create`: makes the key that all nodes of a cluster share. Must never print a byte of it and never
// write over a file: a second key in place of the first would split the cluster.
import { randomBytes } from 'node:crypto';
import { type FileHandle, open, unlink } from 'node:fs/promises';
import { dirname, resolve } from 'node:path';
import { CliError, exitCode } from '../exit.ts';
import { clusterKeyBytes } from '../limits.ts';
import { hint, type Shell } from '../shell.ts';

/** Where an agent looks for the key unless it is told otherwise. */
const usualPath = '/etc/clusteros/cluster.key';

/** Writes a new key to the new file `out`, for its owner only, and tells how to take it to the nodes. */
export async function keyCreate(shell: Shell, out: string): Promise<number> {
  if (out === '' || out === '-')
    throw new CliError(exitCode.usage, 'the key is never printed', `name a file: --out ${usualPath}`);
  const path = resolve(out);
  const file = await createFile(path);
  try {
    // The mode of open() is cut by the umask; this one is not.
    await file.chmod(0o600);
    await file.writeFile(`${randomBytes(clusterKeyBytes).toString('base64')}\n`);
    await file.sync();
    await file.close();
    await syncFolder(dirname(path));
  } catch (error) {
    await file.close().catch(() => {});
    // Half a key is worse than none.
    await unlink(path).catch(() => {});
    throw fileFailure(path, error as NodeJS.ErrnoException);
  }
  shell.stdout.write(`${path}\n`);
  shell.stderr.write(
    `New cluster key, mode 0600. Whoever holds it can join the cluster and read its secrets.\n`,
  );
  const copy = `ssh root@NODE 'umask 077; cat > ${usualPath}' < ${path}`;
  hint(shell, `put it on every node over an encrypted channel: ${copy}`);
  hint(shell, 'keep it out of arguments, chats, tickets and repositories');
  return exitCode.done;
}

async function createFile(path: string): Promise<FileHandle> {
  try {
    // wx: O_CREAT | O_EXCL, which also refuses a symbolic link that points nowhere.
    return await open(path, 'wx', 0o600);
  } catch (error) {
    throw fileFailure(path, error as NodeJS.ErrnoException);
  }
}

async function syncFolder(path: string): Promise<void> {
  const folder = await open(path, 'r');
  try {
    await folder.sync();
  } finally {
    await folder.close();
  }
}

function fileFailure(path: string, { code = '', message }: NodeJS.ErrnoException): CliError {
  const folder = dirname(path);
  switch (code) {
    case 'EEXIST':
      return new CliError(
        exitCode.failed,
        `${path} exists already and was left as it is`,
        'a cluster has one key: copy that file to the new nodes, or name another file to found another cluster',
      );
    case 'ENOENT':
      return new CliError(
        exitCode.failed,
        `cannot create ${path}: there is no folder ${folder}`,
        `make it first: mkdir -p ${folder}`,
      );
    case 'EACCES':
    case 'EPERM':
      return new CliError(
        exitCode.denied,
        `not permitted to create ${path}`,
        'put "sudo" in front of the command, or name a file in a folder of your own',
      );
    default:
      return new CliError(
        exitCode.failed,
        `cannot create ${path} (${code || message})`,
        'name a file in another folder',
      );
  }
}
