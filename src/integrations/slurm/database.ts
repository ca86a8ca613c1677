// The database behind slurmdbd: a MariaDB of its own on the controller's machine, reached by a socket only, where the kernel tells it
// who asks, so that there is no password. It knows nothing of SLURM but one schema's name.
import type { Host } from '../host.ts';
import {
  commandTimeoutMs,
  databaseAnswerTimeoutMs,
  databaseCopyTimeoutMs,
  databaseMakeTimeoutMs,
  stopPollMs,
} from '../limits.ts';
import { ServiceError } from '../service-error.ts';
import { type Daemon, deathOf, startDaemon, stopDaemon } from './daemons.ts';
import { textOf } from './file-text.ts';
import { files, folders } from './names.ts';
import { errorFrom } from './reasons.ts';

export const schema = 'slurm_acct_db';
const data = `${folders.accounting}/data`;
const conf = `${folders.accounting}/database.cnf`;
const takenFile = `${folders.accounting}/taken`;
const log = `${folders.log}/clusteros-database.log`;
/** In memory: after a reboot it is made anew, owned by the database's user. */
const runFolder = '/run/clusteros-database';
export const databaseSocket = `${runFolder}/socket`;

/** It names its process in a file of its own only once it has gone through its log. */
export const mariadbd: Daemon = {
  program: 'mariadbd',
  pidFile: `${runFolder}/started.pid`,
  log,
  foreground: undefined,
};

/** Options of mariadbd(8). What slurmdbd asks of its database is in slurm.schedmd.com/accounting.html, "MySQL Configuration". */
const confText = `[mariadbd]
datadir=${data}
socket=${databaseSocket}
pid-file=${runFolder}/pid
log-error=${log}
user=mysql
skip-networking
innodb_buffer_pool_size=128M
innodb_log_file_size=64M
innodb_lock_wait_timeout=900
max_allowed_packet=16M
`;

/** Whether there is a database, of whatever content. */
export async function databaseIsMade(host: Host): Promise<boolean> {
  return (await host.readFile(conf)) !== undefined;
}

/** Makes an empty one. A crash leaves none, or one. */
export async function makeDatabase(host: Host): Promise<void> {
  await host.ensureFolder(folders.accounting, { mode: 0o755 });
  await host.ensureFolder(data, { mode: 0o700, owner: 'mysql' });
  const args = ['--no-defaults', `--datadir=${data}`, '--user=mysql', '--skip-test-db'];
  await must(host, 'making the database', ['mariadb-install-db', ...args], databaseMakeTimeoutMs);
  await host.writeFile(conf, confText, { mode: 0o644 });
}

/** Starts it and lets the user `owner` in. @throws ServiceError by its last words when it does not start */
export async function startDatabase(host: Host, owner: string): Promise<void> {
  await host.ensureFolder(runFolder, { mode: 0o755, owner: 'mysql' });
  await host.ensureFolder(folders.log, { mode: 0o755, owner: 'slurm' });
  // It cannot make its log in a folder that is not its own.
  if ((await host.readFile(log)) === undefined)
    await host.writeFile(log, '', { mode: 0o640, owner: 'mysql' });
  // A newer release takes options of an older one; what this version of ClusterOS wants is what it gets.
  await host.writeFile(conf, confText, { mode: 0o644 });
  await startDaemon(host, mariadbd, ['mariadbd', `--defaults-file=${conf}`], commandTimeoutMs);
  for (let waitedMs = 0; !(await databaseAnswers(host)); waitedMs += stopPollMs) {
    if ((await host.runningPid(mariadbd.pidFile, 'mariadbd')) === undefined)
      throw await deathOf(host, mariadbd);
    if (waitedMs >= databaseAnswerTimeoutMs)
      throw new ServiceError('database-silent', false, `the database does not answer yet: see ${log}`, true);
    await host.pause(stopPollMs);
  }
  await ask(
    host,
    'letting slurmdbd in',
    `CREATE DATABASE IF NOT EXISTS ${schema}; CREATE USER IF NOT EXISTS '${owner}'@localhost IDENTIFIED VIA unix_socket; GRANT ALL ON ${schema}.* TO '${owner}'@localhost;`,
  );
}

export async function databaseAnswers(host: Host): Promise<boolean> {
  if ((await host.runningPid(mariadbd.pidFile, 'mariadbd')) === undefined) return false;
  return (await client(host, ['--execute', 'SELECT 1'])).exitCode === 0;
}

export async function stopDatabase(host: Host): Promise<void> {
  await stopDaemon(host, mariadbd);
}

/** By which grant the content came to be what it is; 0 for none. */
export async function contentTakenBy(host: Host): Promise<number> {
  return Number((await textOf(host, takenFile)) ?? 0);
}

/**
 * Makes the content what the dump says; leaves it as it is where there is no dump. A crash in between has it done again.
 * @throws ServiceError `accounts-damaged` when the dump cannot be read; what was there before is gone then, the dump is not
 */
export async function takeContent(host: Host, token: number): Promise<void> {
  const dump = await host.readFile(files.accountingDump);
  if (dump !== undefined) {
    const text = `${folders.accounting}/load.sql`;
    await host.writeFile(`${text}.gz`, dump, { mode: 0o600 });
    const { exitCode, stderr } = await host.run('gzip', ['--decompress', '--force', `${text}.gz`], {
      timeoutMs: databaseCopyTimeoutMs,
    });
    if (exitCode !== 0) {
      const mend = 'move it aside to begin with no accounts';
      throw new ServiceError(
        'accounts-damaged',
        true,
        `${files.accountingDump}: ${stderr.trim()}: ${mend}`,
        true,
      );
    }
    const anew = `DROP DATABASE IF EXISTS ${schema}; CREATE DATABASE ${schema}; USE ${schema}; SOURCE ${text};`;
    await ask(host, 'loading the accounts', anew, databaseCopyTimeoutMs);
    await host.removeFile(text);
  }
  await host.writeFile(takenFile, `${token}\n`, { mode: 0o600 });
}

/**
 * Writes the content into the state folder, where it is copied to those that may go on with it; whole, or not at all. Resolves with
 * its size, in bytes.
 */
export async function dumpContent(host: Host): Promise<number> {
  const text = `${folders.accounting}/dump.sql`;
  const args = ['--no-defaults', `--socket=${databaseSocket}`, '--single-transaction', '--skip-dump-date'];
  const dump = ['mariadb-dump', ...args, '--routines', `--result-file=${text}`, schema] as const;
  await must(host, 'writing down the accounts', dump, databaseCopyTimeoutMs);
  const packed = ['gzip', '--no-name', '--force', text] as const;
  await must(host, 'packing the accounts', packed, databaseCopyTimeoutMs);
  const content = await host.readFile(`${text}.gz`);
  if (content) await host.writeFile(files.accountingDump, content, { mode: 0o600, owner: 'slurm' });
  await host.removeFile(`${text}.gz`);
  return content?.length ?? 0;
}

/** A number that changes whenever rows do. */
export async function changesSoFar(host: Host): Promise<string> {
  const { stdout } = await client(host, [
    '--skip-column-names',
    '--execute',
    "SHOW GLOBAL STATUS WHERE Variable_name IN ('Handler_write', 'Handler_update', 'Handler_delete')",
  ]);
  return stdout;
}

async function ask(
  host: Host,
  what: string,
  statements: string,
  timeoutMs = commandTimeoutMs,
): Promise<void> {
  const { exitCode, stderr } = await client(host, ['--execute', statements], timeoutMs);
  if (exitCode !== 0) throw errorFrom(what, stderr);
}

function client(host: Host, args: readonly string[], timeoutMs = commandTimeoutMs) {
  return host.run('mariadb', ['--no-defaults', `--socket=${databaseSocket}`, '--batch', ...args], {
    timeoutMs,
  });
}

async function must(
  host: Host,
  what: string,
  [program, ...args]: readonly [string, ...string[]],
  timeoutMs: number,
): Promise<void> {
  const { exitCode, stdout, stderr } = await host.run(program, args, { timeoutMs });
  if (exitCode !== 0) throw errorFrom(what, `${stderr}${stdout}`);
}
