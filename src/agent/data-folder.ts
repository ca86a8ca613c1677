// The data folder: made when missing, refused when it cannot be written or another agent holds it, and the stores in it.
import { constants, existsSync } from 'node:fs';
import { access, mkdir, readFile, rename, stat, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { type LogStore, openLogStore } from '../election/log-store.ts';
import { openTableStore, type TableStore } from '../membership/table-store.ts';
import { exitCode, StartError } from './start-error.ts';

/** Makes the data folder (0700) when it is missing, and sees that it can be written. */
export async function ensureDataFolder(dataDir: string): Promise<void> {
  const mend = 'start the agent as root, or choose a folder of your own with --data-dir';
  try {
    await makeFolders(dataDir);
    if (!(await stat(dataDir)).isDirectory())
      throw Object.assign(new Error('not a folder'), { code: 'ENOTDIR' });
    await access(dataDir, constants.W_OK | constants.X_OK);
    if (!(await stat(dataDir)).isDirectory())
      throw Object.assign(new Error('not a folder'), { code: 'ENOTDIR' });
    // Permission bits do not tell of a read-only mount; a file does.
    await writeFile(join(dataDir, 'agent.pid.new'), '', { mode: 0o600 });
  } catch (error) {
    const code = (error as NodeJS.ErrnoException).code;
    const denied = code === 'EACCES' || code === 'EPERM';
    throw new StartError(
      `data folder ${dataDir} cannot be written (${code}): ${mend}`,
      denied ? exitCode.denied : exitCode.failed,
    );
  }
}

/** Makes a folder and those on the way to it. Node's own recursive mkdir never returns below /proc (facts: Node). */
async function makeFolders(path: string): Promise<void> {
  try {
    await mkdir(path, { mode: 0o700 });
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    if (code === 'EEXIST') return;
    if (code !== 'ENOENT' || existsSync(dirname(path))) throw error;
    await makeFolders(dirname(path));
    await mkdir(path, { mode: 0o700 });
  }
}

export interface Stores {
  readonly logStore: LogStore;
  readonly tableStore: TableStore;
}

/**
 * Opens both stores. LevelDB's own lock on the log keeps a second agent out; it goes with the process, however it ends.
 * @param onTableRebuilt told where a damaged table was moved; the table is a cache and fills again by itself
 */
export async function openStores(
  dataDir: string,
  onTableRebuilt: (movedTo: string) => void,
): Promise<Stores> {
  const logStore = await openLogStore(join(dataDir, 'log')).catch(async error => {
    throw (await lockedBy(dataDir, error)) ?? error;
  });
  const folder = join(dataDir, 'members');
  const unreadable: string[] = [];
  const tableStore = await openTableStore(folder, key => unreadable.push(key)).catch(async () => {
    const movedTo = `${folder}.damaged-${Date.now()}`;
    await rename(folder, movedTo);
    onTableRebuilt(movedTo);
    return openTableStore(folder, key => unreadable.push(key));
  });
  await writeFile(join(dataDir, 'agent.pid.new'), `${process.pid}\n`, { mode: 0o600 });
  await rename(join(dataDir, 'agent.pid.new'), join(dataDir, 'agent.pid'));
  return { logStore, tableStore };
}

async function lockedBy(dataDir: string, error: unknown): Promise<StartError | undefined> {
  if (!/lock .*(Resource temporarily unavailable|already held)/i.test(String(error))) return undefined;
  const pid = await readFile(join(dataDir, 'agent.pid'), 'utf8').then(
    text => ` (process ${text.trim()})`,
    () => '',
  );
  return new StartError(
    `data folder ${dataDir} is in use by another agent${pid}: stop it, or choose another folder with --data-dir`,
  );
}
