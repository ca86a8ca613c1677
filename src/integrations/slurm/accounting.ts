// What every job has used, where operators want that: slurmdbd and its database on the controller's machine. Both come after
// slurmctld and never hold it up: what it has to tell them waits in its own state. The next controller's machine loads what this one
// last wrote down.
import type { ClusterView } from '../cluster-view.ts';
import type { Host } from '../host.ts';
import {
  accountingAnswerTimeoutMs,
  accountsWriteMs,
  accountsWriteMsPerMib,
  commandTimeoutMs,
  slurmdAnswerTimeoutMs,
  stopPollMs,
} from '../limits.ts';
import { type Reconciler, type Step, Waiting } from '../reconciler.ts';
import { ServiceError } from '../service-error.ts';
import { type Daemon, deathOf, startDaemon, stopDaemon } from './daemons.ts';
import {
  changesSoFar,
  contentTakenBy,
  databaseAnswers,
  databaseIsMade,
  databaseSocket,
  dumpContent,
  makeDatabase,
  mariadbd,
  schema,
  startDatabase,
  stopDatabase,
  takeContent,
} from './database.ts';
import { textOf } from './file-text.ts';
import { settingsIn } from './machine-shape.ts';
import { accountingParts, accountingPort, files, folders, service } from './names.ts';
import { maskUnits, unitsAreMasked } from './packaged-units.ts';
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
  /** Fencing token of the controller's grant. */
  readonly token: number;
  /** Of slurmdbd.conf. */
  readonly conf: string;
}

interface Observed {
  /** Programs that are not there, with their packages. */
  readonly missing: readonly (readonly [program: string, packageName: string])[];
  readonly isMade: boolean;
  readonly databaseAnswers: boolean;
  /** The content is what the former controller's machine wrote down, or of this one since; by token. */
  readonly taken: number;
  /** The same of the state folder, which has that. */
  readonly stateTaken: number;
  /** Empty while the packaged unit would start slurmdbd by it. */
  readonly conf: string;
  readonly running: boolean;
  readonly listens: boolean;
}

type AccountingStep = Step &
  (
    | { readonly kind: 'missing'; readonly program: string; readonly packageName: string }
    | { readonly kind: 'await-state' }
    | { readonly kind: 'make' }
    | { readonly kind: 'start-database' }
    | { readonly kind: 'take'; readonly token: number }
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
): Reconciler<Desired, Observed, AccountingStep> {
  return {
    ...{ service, role: 'accounting', parts: accountingParts },

    desired(view, { token }) {
      const { accounting } = settingsIn(view);
      if (!accounting.enabled) return new Waiting('database', 'accounting is off');
      return { token, conf: accountingConfText(accounting) };
    },

    async observe(host) {
      const absent = await Promise.all(programs.map(async ([program]) => !(await host.which(program))));
      return {
        missing: programs.filter((_, at) => absent[at]),
        isMade: await databaseIsMade(host),
        databaseAnswers: await databaseAnswers(host),
        taken: await contentTakenBy(host),
        stateTaken: await stateTakenBy(host),
        conf: (await unitsAreMasked(host)) ? ((await textOf(host, files.accountingConf)) ?? '') : '',
        running: (await host.runningPid(files.accountingPid, 'slurmdbd')) !== undefined,
        listens: await accountingListens(host),
      };
    },

    plan({ token, conf }, observed) {
      const [missing] = observed.missing;
      if (missing) {
        const [program, packageName] = missing;
        const summary = `${program} is not installed`;
        return [{ kind: 'missing', program, packageName, part: 'database', summary }];
      }
      if (observed.stateTaken < token) {
        const summary = 'waiting for slurmctld, whose state holds the accounts';
        return [{ kind: 'await-state', waits: true, part: 'database', summary }];
      }
      const steps: AccountingStep[] = [];
      if (!observed.isMade) steps.push({ kind: 'make', part: 'database', summary: 'make a database' });
      if (!observed.databaseAnswers)
        steps.push({ kind: 'start-database', part: 'database', summary: 'start the database' });
      if (observed.taken < token)
        steps.push({ kind: 'take', token, part: 'database', summary: 'load the accounts' });
      if (observed.conf !== conf)
        steps.push({
          kind: 'configure',
          text: conf,
          part: 'slurmdbd',
          summary: `write ${files.accountingConf}`,
        });
      if (!observed.running) steps.push({ kind: 'start', part: 'slurmdbd', summary: 'start slurmdbd' });
      if (!observed.listens)
        steps.push({ kind: 'await-answer', part: 'slurmdbd', summary: 'wait for slurmdbd to answer' });
      return steps;
    },

    async apply(host, step) {
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
          await takeContent(host, step.token);
          break;
        case 'configure':
          await maskUnits(host);
          await stopDaemon(host, slurmdbd);
          await host.ensureFolder(folders.conf, { mode: 0o755 });
          // slurmdbd refuses a file that others may read.
          await host.writeFile(files.accountingConf, step.text, { mode: 0o600, owner: 'slurm' });
          break;
        case 'start':
          await host.ensureFolder(folders.log, { mode: 0o755, owner: 'slurm' });
          await startDaemon(
            host,
            slurmdbd,
            ['env', `MYSQL_UNIX_PORT=${databaseSocket}`, 'slurmdbd'],
            commandTimeoutMs,
          );
          break;
        case 'await-answer':
          await awaitAccounting(host);
      }
    },
  };
}

/** Writes down, from time to time, what the accounts have become. */
export class AccountsKeeper {
  #changes = '';
  #writtenAtMs = Number.NEGATIVE_INFINITY;
  #pauseMs = accountsWriteMs;

  /** @throws ServiceError when they cannot be written down */
  async keep(host: Host, { wallMs }: Pick<ClusterView, 'wallMs'>): Promise<void> {
    // Also when the clock was set back.
    if (Math.abs(wallMs - this.#writtenAtMs) < this.#pauseMs) return;
    this.#writtenAtMs = wallMs;
    const changes = await changesSoFar(host);
    if (changes === this.#changes) return;
    const bytes = await dumpContent(host);
    this.#changes = changes;
    this.#pauseMs = Math.max(accountsWriteMs, (bytes / 2 ** 20) * accountsWriteMsPerMib);
  }
}

/** Whether slurmdbd takes connections here. */
export async function accountingListens(host: Host): Promise<boolean> {
  return host.accepts('127.0.0.1', accountingPort, slurmdAnswerTimeoutMs);
}

/** Ends slurmdbd and writes down what it has kept: from then on what slurmctld has to tell waits in slurmctld's own state. */
export async function closeAccounts(host: Host, token: number): Promise<void> {
  if (!(await isOurs(host))) return;
  await stopDaemon(host, slurmdbd);
  // What was not loaded yet is still in the dump that came with the state.
  if ((await contentTakenBy(host)) === token && (await databaseAnswers(host))) await dumpContent(host);
}

/** Ends what runs here for accounting, without a word of what it has kept. */
export async function endAccounting(host: Host): Promise<void> {
  if (!(await isOurs(host))) return;
  await stopDaemon(host, slurmdbd);
  await stopDatabase(host);
}

/** Whether something runs here that `endAccounting` would end. */
export async function accountingRuns(host: Host): Promise<boolean> {
  return (
    (await host.runningPid(files.accountingPid, 'slurmdbd')) !== undefined ||
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
