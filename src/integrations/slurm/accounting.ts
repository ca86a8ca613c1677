// What every job has used, where operators want that: slurmdbd and its database on the controller's machine. Both come after
// slurmctld and never hold it up: what it has to tell them waits in its own state. The next controller's machine loads what this one
// last wrote down.
import type { ClusterView } from '../cluster-view.ts';
import { textOf } from '../file-text.ts';
import type { Host } from '../host.ts';
import {
  accountingAnswerTimeoutMs,
  accountsEndMs,
  accountsLastWriteMs,
  accountsWriteMs,
  accountsWriteMsPerMib,
  commandTimeoutMs,
  slurmdAnswerTimeoutMs,
  stopPollMs,
} from '../limits.ts';
import { type Reconciler, type Step, Waiting } from '../reconciler.ts';
import { ServiceError } from '../service-error.ts';
import type { Turn } from '../turn.ts';
import { type Daemon, deathOf, startDaemon, stopDaemon } from './daemons.ts';
import {
  changesSoFar,
  contentMark,
  databaseAnswers,
  databaseIsMade,
  databaseSocket,
  dumpContent,
  grantMark,
  makeDatabase,
  mariadbd,
  schema,
  startDatabase,
  stopDatabase,
  takeContent,
} from './database.ts';
import { settingsIn } from './machine-shape.ts';
import { accountingParts, accountingPort, files, folders, service } from './names.ts';
import { accountingUnits, maskUnits, unitsAreMasked } from './packaged-units.ts';
import { missingProgram } from './reasons.ts';
import type { Accounting } from './settings.ts';
import { confMark } from './slurm-conf.ts';

export const slurmdbd: Daemon = {
  program: 'slurmdbd',
  pidFile: files.accountingPid,
  log: files.accountingLog,
  foreground: '-D',
};

interface Desired {
  readonly clusterId: string;
  /** Fencing token of the controller's grant. */
  readonly token: number;
  /** Whether the role is still given so; asked anew before each step. */
  readonly stands: () => boolean;
  /** Of slurmdbd.conf. */
  readonly conf: string;
}

interface Observed {
  /** Programs that are not there, with their packages. */
  readonly missing: readonly (readonly [program: string, packageName: string])[];
  readonly isMade: boolean;
  readonly databaseAnswers: boolean;
  /** By which grant the content is what the former controller's machine wrote down, or of this one since. */
  readonly mark: string;
  /** By which token the state folder is that, which holds what was written down. */
  readonly stateTaken: number;
  /** Empty while the packaged unit would start slurmdbd by it. */
  readonly conf: string;
  readonly running: boolean;
  readonly listens: boolean;
}

type AccountingStep = Step & { readonly stands: () => boolean } & (
    | { readonly kind: 'missing'; readonly program: string; readonly packageName: string }
    | { readonly kind: 'await-state' }
    | { readonly kind: 'make' }
    | { readonly kind: 'start-database' }
    | { readonly kind: 'take'; readonly clusterId: string; readonly token: number }
    | { readonly kind: 'configure'; readonly text: string }
    | { readonly kind: 'start' }
    | { readonly kind: 'await-answer' }
  );

const programs = [
  ['slurmdbd', 'slurmdbd'],
  ['mariadbd', 'mariadb-server'],
  ['mariadb-dump', 'mariadb-client'],
] as const;

/** @param stateTakenBy by which grant the state folder of this machine came to be what it is */
export function accountingReconciler(
  stateTakenBy: (host: Host) => Promise<number>,
  turn: Turn,
): Reconciler<Desired, Observed, AccountingStep> {
  return {
    ...{ service, role: 'accounting', parts: accountingParts },

    desired(view, { token }) {
      const { accounting } = settingsIn(view);
      if (!accounting.enabled) return new Waiting('database', 'accounting is off');
      const { clusterId, tenure } = view;
      return { clusterId, token, stands: () => tenure.stands(token), conf: accountingConfText(accounting) };
    },

    async observe(host) {
      const absent = await Promise.all(programs.map(async ([program]) => !(await host.which(program))));
      return {
        missing: programs.filter((_, at) => absent[at]),
        isMade: await databaseIsMade(host),
        databaseAnswers: await databaseAnswers(host),
        mark: await contentMark(host),
        stateTaken: await stateTakenBy(host),
        conf: (await unitsAreMasked(host, accountingUnits))
          ? ((await textOf(host, files.accountingConf)) ?? '')
          : '',
        running: (await host.runningPid(files.accountingPid, 'slurmdbd')) !== undefined,
        listens: await accountingListens(host),
      };
    },

    plan({ clusterId, token, stands, conf }, observed) {
      const [missing] = observed.missing;
      if (missing) {
        const [program, packageName] = missing;
        const summary = `${program} is not installed`;
        return [{ kind: 'missing', program, packageName, part: 'database', summary, stands }];
      }
      if (observed.stateTaken < token) {
        const summary = 'waiting for slurmctld, whose state holds the accounts';
        return [{ kind: 'await-state', waits: true, part: 'database', summary, stands }];
      }
      const steps: AccountingStep[] = [];
      const database = { part: 'database', stands };
      const daemon = { part: 'slurmdbd', stands };
      if (!observed.isMade) steps.push({ kind: 'make', ...database, summary: 'make a database' });
      if (!observed.databaseAnswers)
        steps.push({ kind: 'start-database', ...database, summary: 'start the database' });
      if (observed.mark !== grantMark(clusterId, token))
        steps.push({ kind: 'take', clusterId, token, ...database, summary: 'load the accounts' });
      if (observed.conf !== conf)
        steps.push({ kind: 'configure', text: conf, ...daemon, summary: `write ${files.accountingConf}` });
      if (!observed.running) steps.push({ kind: 'start', ...daemon, summary: 'start slurmdbd' });
      if (!observed.listens)
        steps.push({ kind: 'await-answer', ...daemon, summary: 'wait for slurmdbd to answer' });
      return steps;
    },

    apply: (host, step) =>
      turn.run(async () => {
        if (!step.stands())
          throw new ServiceError('role-moved', false, 'another node keeps the accounts now', true);
        await take(host, step);
      }),
  };
}

async function take(host: Host, step: AccountingStep): Promise<void> {
  switch (step.kind) {
    case 'missing':
      throw missingProgram(step.program, step.packageName);
    case 'await-state':
      break;
    case 'make':
      await makeDatabase(host);
      break;
    case 'start-database':
      await startDatabase(host, 'slurm');
      break;
    case 'take':
      await stopDaemon(host, slurmdbd);
      await takeContent(host, step.clusterId, step.token);
      break;
    case 'configure':
      await maskUnits(host, accountingUnits);
      await stopDaemon(host, slurmdbd);
      await host.ensureFolder(folders.conf, { mode: 0o755 });
      // slurmdbd refuses a file that others may read.
      await host.writeFile(files.accountingConf, step.text, { mode: 0o600, owner: 'slurm' });
      break;
    case 'start': {
      await host.ensureFolder(folders.log, { mode: 0o755, owner: 'slurm' });
      const command = ['env', `MYSQL_UNIX_PORT=${databaseSocket}`, 'slurmdbd'] as const;
      await startDaemon(host, slurmdbd, command, commandTimeoutMs);
      break;
    }
    case 'await-answer':
      await awaitAccounting(host);
  }
}

/** Writes down, from time to time, what the accounts have become. */
export class AccountsKeeper {
  readonly #turn: Turn;
  #changes = '';
  #writtenAtMs = Number.NEGATIVE_INFINITY;
  #pauseMs = accountsWriteMs;

  constructor(turn: Turn) {
    this.#turn = turn;
  }

  /** @throws Error when they cannot be written down: the next call tries again */
  async keep(
    host: Host,
    { wallMs, tenure }: Pick<ClusterView, 'wallMs' | 'tenure'>,
    token: number,
  ): Promise<void> {
    // Also when the clock was set back.
    if (Math.abs(wallMs - this.#writtenAtMs) < this.#pauseMs) return;
    await this.#turn.run(async () => {
      if (!tenure.stands(token)) return;
      const changes = await changesSoFar(host);
      if (changes !== this.#changes) {
        const bytes = await dumpContent(host);
        this.#changes = changes;
        this.#pauseMs = Math.max(accountsWriteMs, (bytes / 2 ** 20) * accountsWriteMsPerMib);
      }
      this.#writtenAtMs = wallMs;
    });
  }
}

/** Whether slurmdbd takes connections here. */
export async function accountingListens(host: Host): Promise<boolean> {
  return host.accepts('127.0.0.1', accountingPort, slurmdAnswerTimeoutMs);
}

/** Ends slurmdbd: from then on what slurmctld has to tell waits in slurmctld's own state. What slurmdbd has not confirmed does, too. */
export async function endRecording(host: Host): Promise<void> {
  if (await isOurs(host)) await stopDaemon(host, slurmdbd, accountsEndMs);
}

/**
 * Writes the accounts down for the next controller, when slurmdbd has ended and the time for it is short. Resolves with why it was not
 * done, for people; empty when it was, or there is nothing to write.
 */
export async function writeLastAccounts(host: Host, turn: Turn, mark: string): Promise<string> {
  if (!(await isOurs(host))) return '';
  // Whoever has the turn may be at a long dump of its own.
  for (let waitedMs = 0; !turn.isFree && waitedMs < accountsLastWriteMs; waitedMs += stopPollMs)
    await host.pause(stopPollMs);
  if (!turn.isFree) return 'the accounts of the last minutes were just being written down';
  return turn.run(async () => {
    try {
      // What was not loaded yet is still in the dump that came with the state.
      if ((await contentMark(host)) === mark && (await databaseAnswers(host)))
        await dumpContent(host, accountsLastWriteMs);
      return '';
    } catch (error) {
      const why = error instanceof Error ? error.message : String(error);
      return `the accounts since they were last written down are lost: ${why}`;
    }
  });
}

/** Ends what runs here for accounting, without a word of what it has kept. */
export async function endAccounting(host: Host): Promise<void> {
  if (await isOurs(host)) await stopDaemon(host, slurmdbd);
  await stopDatabase(host);
}

/** Whether something runs here that `endAccounting` would end. */
export async function accountingRuns(host: Host): Promise<boolean> {
  return (
    ((await isOurs(host)) && (await host.runningPid(files.accountingPid, 'slurmdbd')) !== undefined) ||
    (await host.runningPid(mariadbd.pidFile, 'mariadbd')) !== undefined
  );
}

/** Whether slurmctld can be told to keep accounts: without those it had before, or slurmdbd to ask, it does not start (22.05). */
export async function canKeepAccounts(host: Host): Promise<boolean> {
  return (await host.readFile(`${folders.state}/last_tres`)) !== undefined || accountingListens(host);
}

async function awaitAccounting(host: Host): Promise<void> {
  for (let waitedMs = 0; waitedMs < accountingAnswerTimeoutMs; waitedMs += stopPollMs) {
    if (await accountingListens(host)) return;
    if ((await host.runningPid(files.accountingPid, 'slurmdbd')) === undefined)
      throw await deathOf(host, slurmdbd);
    await host.pause(stopPollMs);
  }
  const detail = `slurmdbd does not answer yet, as while it brings its tables up to date: see ${files.accountingLog}`;
  throw new ServiceError('slurmdbd-silent', false, detail, true);
}

async function isOurs(host: Host): Promise<boolean> {
  return ((await textOf(host, files.accountingConf)) ?? '').startsWith(confMark);
}

/** The text of slurmdbd.conf(5). */
function accountingConfText({ keepMonths }: Accounting): string {
  const kept = ['Event', 'Job', 'Resv', 'Step', 'Suspend', 'TXN', 'Usage'];
  return `${confMark}
DbdHost=localhost
DbdPort=${accountingPort}
AuthType=auth/munge
SlurmUser=slurm
PidFile=${files.accountingPid}
LogFile=${files.accountingLog}
StorageType=accounting_storage/mysql
StorageHost=localhost
StorageUser=slurm
StorageLoc=${schema}
${kept.map(each => `Purge${each}After=${keepMonths}months\n`).join('')}`;
}
