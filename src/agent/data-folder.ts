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
 * @param onTable told what became of a member table that could not be opened; it is a cache and fills again by itself
 */
export async function openStores(dataDir: string, onTable: (what: string) => void): Promise<Stores> {
  const logStore = await openLogIn(dataDir);
  const tableStore = await openTable(join(dataDir, 'members'), onTable);
  await writeFile(join(dataDir, 'agent.pid.new'), `${process.pid}\n`, { mode: 0o600 });
  await rename(join(dataDir, 'agent.pid.new'), join(dataDir, 'agent.pid'));
  return { logStore, tableStore };
}

/** Opens the log in a data folder. @throws StartError when another agent holds it; LogStoreError as `openLogStore` */
export function openLogIn(dataDir: string): Promise<LogStore> {
  return openLogStore(join(dataDir, 'log')).catch(async error => {
    throw (await lockedBy(dataDir, error)) ?? error;
  });
}

/** The table in `folder`; a new one when that is damaged, one in memory when the disk has no place for it. Never a reason not to start. */
async function openTable(folder: string, onTable: (what: string) => void): Promise<TableStore> {
  const unreadable = (key: string) =>
    onTable(`the record of ${key} in the member table could not be read; it comes back from the others`);
  try {
    return await openTableStore(folder, unreadable);
  } catch (damage) {
    try {
      if (isLocked(damage)) throw damage;
      const movedTo = `${folder}.damaged-${Date.now()}`;
      await rename(folder, movedTo);
      const fresh = await openTableStore(folder, unreadable);
      onTable(`the member table was damaged and has been moved to ${movedTo}; it fills again by itself`);
      return fresh;
    } catch (error) {
      onTable(
        `the member table ${folder} cannot be used (${causeOf(error)}); this run keeps it in memory only, ` +
          'and a restart of all machines at once would need --peer',
      );
      return memoryTable();
    }
  }
}

function memoryTable(): TableStore {
  return { load: async () => [], save: async () => {}, close: async () => {} };
}

const causeOf = (error: unknown): string =>
  error instanceof Error
    ? error.cause instanceof Error
      ? error.cause.message
      : error.message
    : String(error);

const isLocked = (error: unknown): boolean =>
  error instanceof Error && (error.cause as { code?: string } | undefined)?.code === 'LEVEL_LOCKED';

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
