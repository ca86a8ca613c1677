// The database behind slurmdbd: a MariaDB of its own on the controller's machine, reached by a socket only, where the kernel tells it
// who asks, so that there is no password. It knows nothing of SLURM but one schema's name.

import { textOf } from '../file-text.ts';
import type { Host } from '../host.ts';
import {
  accountsBytesMax,
  accountsRoomBytesMin,
  commandTimeoutMs,
  databaseAnswerTimeoutMs,
  databaseCopyTimeoutMs,
  databaseMakeTimeoutMs,
  stopPollMs,
} from '../limits.ts';
import { ServiceError } from '../service-error.ts';
import { hasSpace } from './ailments.ts';
import { type Daemon, deathOf, startDaemon, stopDaemon } from './daemons.ts';
import { files, folders } from './names.ts';
import { errorFrom } from './reasons.ts';

export const schema = 'slurm_acct_db';
const data = `${folders.accounting}/data`;
const conf = `${folders.accounting}/database.cnf`;
const markFile = `${folders.accounting}/taken`;
/** For root only: what is in there is all accounts, for a moment. */
const work = `${folders.accounting}/work`;
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

/** Makes an empty one. What an interrupted attempt has left is taken away first: it is neither none nor one. */
export async function makeDatabase(host: Host): Promise<void> {
  await host.ensureFolder(folders.accounting, { mode: 0o755 });
  await must(host, 'taking a half-made database away', ['rm', '-rf', '--', data], commandTimeoutMs);
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

/** By which cluster's grant the content came to be what it is, as `grantMark` has it; empty for none. */
export async function contentMark(host: Host): Promise<string> {
  return ((await textOf(host, markFile)) ?? '').trim();
}

/** Of one grant of one cluster: tokens of another cluster mean nothing here. */
export function grantMark(clusterId: string, token: number): string {
  return `${clusterId} ${token}`;
}

/** What is here is of no grant any more. */
export async function forgetContent(host: Host): Promise<void> {
  await host.removeFile(markFile);
}

/**
 * Makes the content what the dump says. Where there is no dump what is here stays, if it is of the same cluster. A crash in between
 * has it done again.
 * @throws ServiceError `accounts-damaged` when the dump cannot be read; then all is as it was
 */
export async function takeContent(host: Host, clusterId: string, token: number): Promise<void> {
  const before = await contentMark(host);
  const dump = await host.readFile(files.accountingDump);
  if (dump !== undefined) await loadContent(host, dump);
  else if (before !== '' && before.split(' ', 1)[0] !== clusterId)
    await ask(host, 'beginning with no accounts', anew);
  await host.writeFile(markFile, `${grantMark(clusterId, token)}\n`, { mode: 0o600 });
}

const anew = `DROP DATABASE IF EXISTS ${schema}; CREATE DATABASE ${schema};`;

async function loadContent(host: Host, dump: Uint8Array): Promise<void> {
  const text = `${work}/load.sql`;
  const damaged = (why: string) => {
    const mend = 'move it aside to begin with no accounts';
    return new ServiceError('accounts-damaged', true, `${files.accountingDump}: ${why}: ${mend}`, true);
  };
  await host.ensureFolder(work, { mode: 0o700 });
  try {
    await host.writeFile(`${text}.gz`, dump, { mode: 0o600 });
    const unpack = ['--decompress', '--force', `${text}.gz`];
    const { exitCode, stderr } = await host.run('gzip', unpack, { timeoutMs: databaseCopyTimeoutMs });
    if (exitCode !== 0 && /not in gzip format|unexpected end|crc error|invalid compressed/.test(stderr))
      throw damaged(stderr.trim());
    if (exitCode !== 0) throw errorFrom('unpacking the accounts', stderr);
    // Nothing is dropped for a text that was cut off.
    const { stdout: last } = await host.run('tail', ['--lines=1', text], { timeoutMs: commandTimeoutMs });
    if (!last.startsWith(dumpEnd)) throw damaged('its end is missing');
    // Without the option the client goes on after an error, and calls that success.
    const load = `${anew} USE ${schema}; SOURCE ${text};`;
    await ask(host, 'loading the accounts', load, databaseCopyTimeoutMs, ['--abort-source-on-error']);
  } finally {
    await host.removeFile(`${text}.gz`);
    await host.removeFile(text);
  }
}

/** What mariadb-dump ends with. */
const dumpEnd = '-- Dump completed';

/**
 * Writes the content into the state folder, where it is copied to those that may go on with it; whole, or not at all. Resolves with
 * its size, in bytes.
 * @throws ServiceError `accounts-too-large` when it would hold up the copies of the queue: then the former dump stays
 */
export async function dumpContent(host: Host, timeoutMs: number = databaseCopyTimeoutMs): Promise<number> {
  const text = `${work}/dump.sql`;
  await host.ensureFolder(work, { mode: 0o700 });
  if (!(await hasSpace(host, folders.accounting, accountsRoomBytesMin)))
    throw new ServiceError(
      'accounts-no-room',
      false,
      `there is too little room under ${folders.accounting} to write the accounts down: free some space`,
      true,
    );
  try {
    const args = ['--no-defaults', `--socket=${databaseSocket}`, '--single-transaction', '--skip-dump-date'];
    const dump = ['mariadb-dump', ...args, '--routines', `--result-file=${text}`, schema] as const;
    await must(host, 'writing down the accounts', dump, timeoutMs);
    await must(host, 'packing the accounts', ['gzip', '--no-name', '--force', text], timeoutMs);
    const content = (await host.readFile(`${text}.gz`)) ?? new Uint8Array();
    if (content.length > accountsBytesMax)
      throw new ServiceError(
        'accounts-too-large',
        true,
        `all accounts come to ${Math.ceil(content.length / 2 ** 20)} MiB, more than is copied with the queue (${accountsBytesMax / 2 ** 20} MiB): keep fewer months, or run a slurmdbd of your own`,
        true,
      );
    await host.writeFile(files.accountingDump, content, { mode: 0o600, owner: 'slurm' });
    return content.length;
  } finally {
    await host.removeFile(`${text}.gz`);
    await host.removeFile(text);
  }
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
  options: readonly string[] = [],
): Promise<void> {
  const { exitCode, stderr } = await client(host, [...options, '--execute', statements], timeoutMs);
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
