// The controller role: slurm.conf and slurmctld on the one machine that the cluster granted it to, with the state of the
// machine that had it before. Begins when the former one has certainly ended, and acts only while this one's tenure lasts.
import type { MemberState } from '../cluster-view.ts';
import type { Copies, CopyPeer } from '../copies.ts';
import { textOf } from '../file-text.ts';
import type { Host } from '../host.ts';
import {
  commandTimeoutMs,
  controllerAnswerTimeoutMs,
  slurmdAnswerTimeoutMs,
  slurmQueryTimeoutMs,
  soleRoleLookMs,
  soleRolePollMs,
  stopPollMs,
  takeOverTimeoutMs,
} from '../limits.ts';
import { type Reconciler, type Step, Waiting } from '../reconciler.ts';
import { ServiceError } from '../service-error.ts';
import { beginsInMs } from '../sole-role.ts';
import { canKeepAccounts } from './accounting.ts';
import { diskFull, goOn, hasRoom, isStopped } from './ailments.ts';
import { controllerCandidates } from './candidates.ts';
import { type ConfRefusal, canRead } from './conf-check.ts';
import { type Daemon, deathOf, startDaemon, stopDaemon } from './daemons.ts';
import { startKeeping, withoutStartLines } from './keeping-start.ts';
import { memoryPerCpuMib, settingsIn, unreadableSettings } from './machine-shape.ts';
import {
  applyMunge,
  type InTurn,
  type MungeObserved,
  type MungeStep,
  observeMunge,
  planMunge,
} from './munge.ts';
import { controllerParts, controllerPort, files, folders, mungeKey, service } from './names.ts';
import {
  applyNodeConf,
  type ConfStep,
  ensureOperatorConf,
  nodeConfText,
  observeNodeConf,
  ownLines,
  planNodeConf,
} from './node-conf.ts';
import { answerWords, errorFrom, missingProgram } from './reasons.ts';
import { plainSettings, type SlurmSettings } from './settings.ts';
import { type ControllerHost, confMark, slurmConfText } from './slurm-conf.ts';

export const slurmctld: Daemon = {
  program: 'slurmctld',
  pidFile: files.controllerPid,
  log: files.controllerLog,
  foreground: '-D',
};

type Candidate = ControllerHost & CopyPeer & { readonly state: MemberState };

interface Desired {
  readonly mungeKey: Uint8Array;
  readonly clusterName: string;
  readonly ip: string;
  readonly settings: SlurmSettings;
  readonly memoryPerCpuMib: number;
  /** The other candidates. */
  readonly others: readonly Candidate[];
  /** What slurm.conf should hold on this node. */
  readonly conf: string;
  /** Fencing token of the grant. */
  readonly token: number;
  /** The state of a former holder must be taken over. */
  readonly succeeds: boolean;
  /** Milliseconds until slurmctld may run here; asked anew before and after its start. */
  readonly beginsInMs: () => number;
}

interface Observed {
  readonly munge: MungeObserved;
  readonly installed: boolean;
  readonly hostName: string;
  /** Of the node. */
  readonly conf: string;
  /** What slurmctld was started with last. */
  readonly controllerConf: string;
  /** The machine's own lines of slurm.conf. */
  readonly local: string;
  readonly running: boolean;
  /** By a signal. */
  readonly stopped: boolean;
  readonly answering: boolean;
  /** For its state. */
  readonly hasRoom: boolean;
  readonly keepsAccounts: boolean;
  /** The state folder is that of the former holder, or of this one since; by token. */
  readonly taken: number;
  readonly beginsInMs: number;
}

type ControllerStep =
  | MungeStep
  | ConfStep
  | (Step &
      (
        | { readonly kind: 'missing' }
        | { readonly kind: 'await-former'; readonly beginsInMs: () => number }
        | { readonly kind: 'take-over'; readonly token: number; readonly others: readonly Candidate[] }
        | {
            readonly kind: 'start';
            readonly start: Start;
            readonly token: number;
          }
        | { readonly kind: 'reconfigure'; readonly start: Start }
        | { readonly kind: 'go-on' }
        | { readonly kind: 'await-answer' }
        | { readonly kind: 'no-room' }
      ));

export interface ControllerSettings {
  readonly copies: Copies;
  /** Where it is remembered by which grant the state folder came to be what it is; its folder exists. */
  readonly takenFile: string;
  readonly inTurn: InTurn;
  /** What slurmctld has been found not to take. */
  readonly refusal: ConfRefusal;
}

export function controllerReconciler({
  copies,
  takenFile,
  inTurn,
  refusal,
}: ControllerSettings): Reconciler<Desired, Observed, ControllerStep> {
  return {
    ...{ service, role: 'controller', parts: controllerParts },

    desired(view, grant) {
      const { clusterName, self, secret } = view;
      const key = secret(mungeKey.name);
      if (!key) return new Waiting('munge', 'the munge key cannot be opened with this cluster key');
      const unreadable = unreadableSettings(view);
      if (unreadable !== '') return new Waiting('slurmctld', unreadable);
      const others = controllerCandidates(view)
        .filter(({ id }) => id !== self.id)
        .map(({ id, name, ip, address, state }) => ({ id, hostName: name, ip, address, state }));
      const succeeds = grant.former !== undefined;
      const begins = () => beginsInMs(view, grant);
      const conf = nodeConfText(view);
      return {
        mungeKey: key,
        clusterName,
        ip: self.ip,
        ...{ settings: settingsIn(view), memoryPerCpuMib: memoryPerCpuMib(view) },
        others,
        conf,
        token: grant.token,
        succeeds,
        beginsInMs: begins,
      };
    },

    async observe(host, desired) {
      const pid = await host.runningPid(files.controllerPid, 'slurmctld');
      const running = pid !== undefined;
      const stopped = running && (await isStopped(host, pid));
      const observed: Observed = {
        munge: await observeMunge(host, desired.mungeKey),
        installed: (await host.which('slurmctld')) !== undefined,
        hostName: ((await textOf(host, '/proc/sys/kernel/hostname')) ?? '').trim(),
        conf: await observeNodeConf(host),
        controllerConf: withoutStartLines((await textOf(host, files.controllerConf)) ?? ''),
        local: ownLines((await textOf(host, files.operatorConf)) ?? ''),
        running,
        stopped,
        answering: running && !stopped && (await answers(host)),
        hasRoom: await hasRoom(host),
        keepsAccounts: desired.settings.accounting.enabled && (await canKeepAccounts(host)),
        taken: await takenBy(host, takenFile),
        beginsInMs: desired.beginsInMs(),
      };
      if (observed.controllerConf === controllerConfOf(desired, observed)) refusal.end();
      return observed;
    },

    plan(desired, observed) {
      const { mungeKey: key, others, token, succeeds, beginsInMs: begins } = desired;
      const { munge, installed, conf, running, stopped, answering, taken } = observed;
      const first = planMunge(key, munge);
      if (first.length > 0) return first;
      if (!installed) return [{ kind: 'missing', part: 'slurmctld', summary: 'slurmctld is not installed' }];
      if (observed.beginsInMs > 0) {
        const summary = 'wait until no other slurmctld can be running';
        return [{ kind: 'await-former', part: 'slurmctld', summary, beginsInMs: begins }];
      }
      if (succeeds && taken < token) {
        const summary = 'take over the state of the former controller';
        return [{ kind: 'take-over', token, others, part: 'slurmctld', summary }];
      }
      const steps: ControllerStep[] = [
        ...planNodeConf(desired.conf, conf, { part: 'slurmctld', serves: answering }),
      ];
      const wanted = controllerConfOf(desired, observed);
      const plain = controllerConfOf(
        { ...desired, settings: plainSettings(desired.settings) },
        { ...observed, local: '' },
      );
      if (!running) {
        const refused = refusal.text === wanted;
        const start: Start = { beginsInMs: begins, conf: refused ? plain : wanted, fallback: plain };
        steps.push({ kind: 'start', start, token, part: 'slurmctld', summary: 'start slurmctld' });
      } else if (answering && observed.controllerConf !== wanted && refusal.text !== wanted) {
        const start: Start = { beginsInMs: begins, conf: wanted, fallback: observed.controllerConf };
        steps.push({
          kind: 'reconfigure',
          start,
          part: 'slurmctld',
          summary: 'start slurmctld with new settings',
        });
      }
      if (stopped)
        steps.push({ kind: 'go-on', part: 'answering', summary: 'have slurmctld, which was stopped, go on' });
      if (!answering)
        steps.push({ kind: 'await-answer', part: 'answering', summary: 'wait for slurmctld to answer' });
      // Last: when nobody else can serve it is better than nothing.
      if (!observed.hasRoom)
        steps.push({ kind: 'no-room', part: 'answering', summary: 'the disk of the state is full' });
      return steps;
    },

    async apply(host, step) {
      switch (step.kind) {
        case 'missing':
          throw missingProgram('slurmctld', 'slurmctld');
        case 'await-former':
          for (
            let waitedMs = 0;
            waitedMs < soleRoleLookMs && step.beginsInMs() > 0;
            waitedMs += soleRolePollMs
          )
            await host.pause(soleRolePollMs);
          break;
        case 'take-over':
          await takeOver(host, step, { copies, takenFile });
          break;
        case 'node-conf':
          await inTurn(() => applyNodeConf(host, step));
          break;
        case 'reconfigure':
          if (!(await canRead(host, step.start.conf, refusal))) break;
          await startWithFallback(
            host,
            copies,
            { ...step.start, saved: await stopDaemon(host, slurmctld) },
            refusal,
          );
          break;
        case 'start':
          await startWithFallback(host, copies, step.start, refusal);
          await host.writeFile(takenFile, `${step.token}\n`, { mode: 0o600 });
          break;
        case 'go-on':
          await goOn(host);
          break;
        case 'no-room':
          throw diskFull();
        case 'await-answer': {
          const runs = async () => (await host.runningPid(files.controllerPid, 'slurmctld')) !== undefined;
          // Whoever has its port instead may keep those that ask waiting.
          if (!(await runs())) throw await deathOf(host, slurmctld);
          const { exitCode, stderr } = await host.run('squeue', ['--noheader'], {
            timeoutMs: slurmQueryTimeoutMs,
          });
          if (exitCode === 0) break;
          if (!(await runs())) throw await deathOf(host, slurmctld);
          throw errorFrom('asking slurmctld for its queue', answerWords({ exitCode, stderr }));
        }
        default:
          await inTurn(() => applyMunge(host, step));
      }
    },
  };
}

/** @throws ServiceError when there is no copy of the queue, or a newer one cannot be had */
async function takeOver(
  host: Host,
  { token, others }: { readonly token: number; readonly others: readonly Candidate[] },
  { copies, takenFile }: Pick<ControllerSettings, 'copies' | 'takenFile'>,
): Promise<void> {
  await stopDaemon(host, slurmctld);
  await copies.recover(folders.state);
  const { copy, missed } = await copies.newestFrom(others.filter(isThere), takeOverTimeoutMs);
  if (!copy) throw new ServiceError('no-copy', false, noCopyText, true);
  if (missed.length > 0) throw new ServiceError('newer-copy', false, newerCopyText, true);
  await copies.materialise(folders.state, 'slurm');
  await host.writeFile(takenFile, `${token}\n`, { mode: 0o600 });
}

const newerCopyText =
  'another node has a newer copy of the queue, which could not be fetched; it is tried again';
const noCopyText =
  'no node that could go on has a copy of the queue of the former controller: bring that one back ("clusterctl members")';

function isThere({ state }: { readonly state: MemberState }): boolean {
  return state === 'alive' || state === 'degraded';
}

/** By which grant the state folder of this machine came to be what it is; 0 for none. */
export async function takenBy(host: Host, takenFile: string): Promise<number> {
  return Number((await textOf(host, takenFile)) ?? 0);
}

/** @throws ServiceError `tenure-lapsed` when slurmctld must not run here (any more) */
async function startController(
  host: Host,
  copies: Copies,
  { beginsInMs: begins, conf, saved = false }: Pick<Start, 'beginsInMs' | 'conf' | 'saved'>,
): Promise<void> {
  const lapsed = () =>
    new ServiceError(
      'tenure-lapsed',
      false,
      'this node has no touch with a majority of the voters, so slurmctld must not run here',
      true,
    );
  if (begins() > 0) throw lapsed();
  await copies.recover(folders.state);
  await host.ensureFolder(folders.state, { mode: 0o700, owner: 'slurm' });
  await host.ensureFolder(folders.log, { mode: 0o755, owner: 'slurm' });
  await ensureOperatorConf(host);
  await startKeeping(host, { conf, saved }, () =>
    startDaemon(host, slurmctld, ['slurmctld', '-f', files.controllerConf], commandTimeoutMs),
  );
  // It may have come to be while the tenure ended, and then nobody has ended it.
  if (begins() === 0) return;
  await endController(host);
  throw lapsed();
}

/** Ends slurmctld here at once, if ClusterOS has set it up. Resolves with whether it ran. */
export async function endController(host: Host): Promise<boolean> {
  const conf = new TextDecoder().decode(await host.readFile(files.controllerConf));
  const pid = await host.runningPid(files.controllerPid, 'slurmctld');
  if (pid === undefined || !conf.startsWith(confMark)) return false;
  return host.signal(pid, 'SIGKILL');
}

/** How slurmctld is to be started. */
interface Start {
  readonly beginsInMs: () => number;
  readonly conf: string;
  /** What it serves with when it does not take `conf`: a queue under old settings is better than none. */
  readonly fallback: string;
  /** The slurmctld that ran here just before has written down all it knew. */
  readonly saved?: boolean;
}

function controllerConfOf(
  {
    clusterName,
    ip,
    settings,
    memoryPerCpuMib: memory,
  }: Pick<Desired, 'clusterName' | 'ip' | 'settings' | 'memoryPerCpuMib'>,
  { hostName, local, keepsAccounts }: Pick<Observed, 'hostName' | 'local' | 'keepsAccounts'>,
): string {
  return slurmConfText({
    ...{ clusterName, controllers: [{ hostName, ip }], settings },
    ...{ memoryPerCpuMib: memory, local },
    ...(keepsAccounts ? { accountingHost: 'localhost' } : {}),
  });
}

/** @throws ServiceError when it serves with neither */
async function startWithFallback(
  host: Host,
  copies: Copies,
  { beginsInMs: begins, conf, fallback, saved = false }: Start,
  refusal: ConfRefusal,
): Promise<void> {
  try {
    await startController(host, copies, { beginsInMs: begins, conf, saved });
    await awaitAnswer(host);
  } catch (error) {
    if (!(error instanceof ServiceError) || error.reason === 'tenure-lapsed' || conf === fallback)
      throw error;
    await stopDaemon(host, slurmctld);
    await startController(host, copies, { beginsInMs: begins, conf: fallback });
    await awaitAnswer(host);
    refusal.take(conf, error.message);
  }
}

/** @throws ServiceError by its last words when slurmctld has died */
async function awaitAnswer(host: Host): Promise<void> {
  for (let waitedMs = 0; waitedMs < controllerAnswerTimeoutMs; waitedMs += stopPollMs) {
    // A client that finds nobody here asks the other controllers, and one of them that is dead keeps it for seconds.
    const listens = await host.accepts('127.0.0.1', controllerPort, slurmdAnswerTimeoutMs);
    if (listens && (await answers(host))) return;
    if ((await host.runningPid(files.controllerPid, 'slurmctld')) === undefined)
      throw await deathOf(host, slurmctld);
    await host.pause(stopPollMs);
  }
}

async function answers(host: Host): Promise<boolean> {
  return (await host.run('squeue', ['--noheader'], { timeoutMs: slurmQueryTimeoutMs })).exitCode === 0;
}
