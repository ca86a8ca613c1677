// The controller role: slurm.conf and slurmctld on the one machine that the cluster granted it to, with the state of the
// machine that had it before. Begins when the former one has certainly ended, and acts only while this one's tenure lasts.
import type { MemberState } from '../cluster-view.ts';
import type { Copies, CopyPeer } from '../copies.ts';
import type { Host } from '../host.ts';
import {
  commandTimeoutMs,
  slurmQueryTimeoutMs,
  soleRoleLookMs,
  soleRolePollMs,
  takeOverTimeoutMs,
} from '../limits.ts';
import { type Reconciler, type Step, Waiting } from '../reconciler.ts';
import { ServiceError } from '../service-error.ts';
import { beginsInMs } from '../sole-role.ts';
import { diskFull, goOn, hasRoom, isStopped } from './ailments.ts';
import { controllerCandidates } from './candidates.ts';
import { type Daemon, deathOf, startDaemon, stopDaemon } from './daemons.ts';
import {
  applyMunge,
  type InTurn,
  type MungeObserved,
  type MungeStep,
  observeMunge,
  planMunge,
} from './munge.ts';
import { controllerParts, files, folders, mungeKey, service } from './names.ts';
import { applyNodeConf, type ConfStep, nodeConfText, observeNodeConf, planNodeConf } from './node-conf.ts';
import { answerWords, errorFrom, missingProgram } from './reasons.ts';
import { type ControllerHost, confMark, slurmConfText } from './slurm-conf.ts';

export const slurmctld: Daemon = {
  program: 'slurmctld',
  pidFile: files.controllerPid,
  log: files.controllerLog,
};

type Candidate = ControllerHost & CopyPeer & { readonly state: MemberState };

interface Desired {
  readonly mungeKey: Uint8Array;
  readonly clusterName: string;
  readonly ip: string;
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
  readonly running: boolean;
  /** By a signal. */
  readonly stopped: boolean;
  readonly answering: boolean;
  /** For its state. */
  readonly hasRoom: boolean;
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
            readonly beginsInMs: () => number;
            readonly conf: string;
            readonly token: number;
          }
        | { readonly kind: 'go-on' }
        | { readonly kind: 'await-answer' }
        | { readonly kind: 'no-room' }
      ));

export interface ControllerSettings {
  readonly copies: Copies;
  /** Where it is remembered by which grant the state folder came to be what it is; its folder exists. */
  readonly takenFile: string;
  readonly inTurn: InTurn;
}

export function controllerReconciler({
  copies,
  takenFile,
  inTurn,
}: ControllerSettings): Reconciler<Desired, Observed, ControllerStep> {
  return {
    ...{ service, role: 'controller', parts: controllerParts },

    desired(view, grant) {
      const { clusterName, self, secret } = view;
      const key = secret(mungeKey.name);
      if (!key) return new Waiting('munge', 'the munge key cannot be opened with this cluster key');
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
        others,
        conf,
        token: grant.token,
        succeeds,
        beginsInMs: begins,
      };
    },

    async observe(host, { mungeKey: key, beginsInMs: begins }) {
      const pid = await host.runningPid(files.controllerPid, 'slurmctld');
      const running = pid !== undefined;
      const stopped = running && (await isStopped(host, pid));
      return {
        munge: await observeMunge(host, key),
        installed: (await host.which('slurmctld')) !== undefined,
        hostName: ((await textOf(host, '/proc/sys/kernel/hostname')) ?? '').trim(),
        conf: await observeNodeConf(host),
        running,
        stopped,
        answering: running && !stopped && (await answers(host)),
        hasRoom: await hasRoom(host),
        taken: await takenBy(host, takenFile),
        beginsInMs: begins(),
      };
    },

    plan(desired, observed) {
      const { mungeKey: key, clusterName, ip, others, token, succeeds, beginsInMs: begins } = desired;
      const { munge, installed, hostName, conf, running, stopped, answering, taken } = observed;
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
      if (!running) {
        const own = slurmConfText({ clusterName, controllers: [{ hostName, ip }] });
        const summary = 'start slurmctld';
        steps.push({ kind: 'start', beginsInMs: begins, conf: own, token, part: 'slurmctld', summary });
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
        case 'start':
          await startController(host, copies, step);
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

async function textOf(host: Host, path: string): Promise<string | undefined> {
  const bytes = await host.readFile(path);
  return bytes && new TextDecoder().decode(bytes);
}

/** @throws ServiceError `tenure-lapsed` when slurmctld must not run here (any more) */
async function startController(
  host: Host,
  copies: Copies,
  { beginsInMs: begins, conf }: { readonly beginsInMs: () => number; readonly conf: string },
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
  await host.ensureFolder(folders.conf, { mode: 0o755 });
  await host.writeFile(files.controllerConf, conf, { mode: 0o644 });
  await startDaemon(host, slurmctld, ['slurmctld', '-f', files.controllerConf], commandTimeoutMs);
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

async function answers(host: Host): Promise<boolean> {
  return (await host.run('squeue', ['--noheader'], { timeoutMs: slurmQueryTimeoutMs })).exitCode === 0;
}
