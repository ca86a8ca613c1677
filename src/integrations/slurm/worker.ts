// The worker role: slurmd as a dynamic node under the member's name, configured by the controller.

import { textOf } from '../file-text.ts';
import type { Host } from '../host.ts';
import {
  memoryToleranceShare,
  registrationPollMs,
  registrationTimeoutMs,
  slurmdStartTimeoutMs,
  slurmQueryTimeoutMs,
} from '../limits.ts';
import { type Reconciler, type Step, Waiting } from '../reconciler.ts';
import { ServiceError } from '../service-error.ts';
import { isServing } from './candidates.ts';
import { configureConfinement, isConfigured } from './confinement.ts';
import { type Daemon, deathOf, startDaemon, stopDaemon } from './daemons.ts';
import { type GpuDevice, gpuDevices, gresConfText, gresText } from './gpus.ts';
import { featuresOf, jobMemoryMib, settingsIn } from './machine-shape.ts';
import {
  applyMunge,
  type InTurn,
  type MungeObserved,
  type MungeStep,
  observeMunge,
  planMunge,
} from './munge.ts';
import { controllerPort, files, folders, mungeKey, service, workerParts } from './names.ts';
import {
  applyNodeConf,
  type ConfStep,
  confines,
  nodeConfText,
  observeNodeConf,
  planNodeConf,
} from './node-conf.ts';
import { commentOf, nodesFrom } from './node-lines.ts';
import { isOurDrain } from './node-upkeep.ts';
import { answerWords, errorFrom, missingProgram } from './reasons.ts';
import { scontrol } from './scontrol.ts';
import { confMark } from './slurm-conf.ts';
import { mismatchOf } from './versions.ts';

export const slurmd: Daemon = {
  program: 'slurmd',
  pidFile: files.workerPid,
  log: files.workerLog,
  foreground: '-D',
};

interface Desired {
  readonly mungeKey: Uint8Array;
  /** Of the member. */
  readonly id: string;
  readonly name: string;
  readonly ip: string;
  /** An operator wants no new work here. */
  readonly drains: boolean;
  /** HOST:PORT of the controller. */
  readonly controller: string;
  /** What slurm.conf should hold on this node. */
  readonly conf: string;
  /** Whether the controller's node says that it serves: without it slurmd would wait 9 s and more, then end. */
  readonly serving: boolean;
  /** The controller's node, for people. */
  readonly controllerName: string;
  /** Why slurmctld would not take this node's slurmd; undefined when it would. */
  readonly mismatch: ServiceError | undefined;
  /** What is left for jobs; undefined when the machine did not tell its size. */
  readonly memoryMib: number | undefined;
  /** Sorted. */
  readonly features: readonly string[];
  readonly confines: boolean;
}

interface Observed {
  readonly munge: MungeObserved;
  readonly installed: boolean;
  readonly running: boolean;
  readonly conf: string;
  /** SLURM's word for the node's state, in small letters; empty while it is not registered. */
  readonly state: string;
  /** ClusterOS, not a person, keeps work from it. */
  readonly isOurs: boolean;
  /** The address that the controller reaches the node at. */
  readonly address: string;
  /** What the controller believes the machine to have. */
  readonly record: MachineRecord;
  /** Jobs run there, or just end. */
  readonly busy: boolean;
  readonly gpus: readonly GpuDevice[];
  /** Of gres.conf(5); undefined when there is none. */
  readonly gresConf: string | undefined;
  readonly confinementIsConfigured: boolean;
}

/** What a node is taken for. */
interface MachineRecord {
  readonly features: readonly string[];
  readonly gres: string;
  readonly memoryMib: number;
}

/** What the controller says of a node. */
interface Registration {
  /** SLURM's word for its state, in small letters; empty while it is not listed. */
  readonly state: string;
  /** ClusterOS, not a person, keeps work from it. */
  readonly isOurs: boolean;
  readonly address: string;
  readonly record: MachineRecord;
  readonly busy: boolean;
  /** Why the controller did not say. */
  readonly trouble?: ServiceError;
}

type WorkerStep =
  | MungeStep
  | ConfStep
  | (Step &
      (
        | { readonly kind: 'missing' }
        | { readonly kind: 'mismatch'; readonly error: ServiceError }
        | { readonly kind: 'await-controller' }
        | { readonly kind: 'gpus'; readonly text: string }
        | { readonly kind: 'confine' }
        | { readonly kind: 'start'; readonly desired: Desired; readonly gres: string }
        | { readonly kind: 'describe'; readonly name: string; readonly features: readonly string[] }
        | { readonly kind: 'renew'; readonly name: string }
        | { readonly kind: 'move'; readonly name: string; readonly ip: string }
        | { readonly kind: 'await-registration'; readonly name: string }
      ));

/** States in which a node runs jobs or may be given some (sinfo(1), NODE STATE CODES). */
const usable = /^(idle|mixed|allocated|completing|planned|reserved|allocated\+)$/;

/** States that somebody has put the node in, or that it does not leave by itself. */
const peopleAct = /^(drain|fail|down|maintenance)/;

export function workerReconciler(inTurn: InTurn): Reconciler<Desired, Observed, WorkerStep> {
  return {
    ...{ service, role: 'worker', parts: workerParts },

    desired(view) {
      const { self, nodes, grants, secret } = view;
      const key = secret(mungeKey.name);
      if (!key) return new Waiting('munge', 'the munge key cannot be opened with this cluster key');
      const grant = grants.find(each => each.service === service && each.role === 'controller');
      const controller = nodes.find(({ id }) => id === grant?.node);
      if (!grant || !controller || controller.ip === '')
        return new Waiting('slurmd', 'waiting for a controller');
      const own = nodes.find(({ id }) => id === self.id);
      return {
        mungeKey: key,
        id: self.id,
        name: self.name,
        ip: self.ip,
        drains: own?.drain !== undefined,
        controller: `${controller.ip}:${controllerPort}`,
        conf: nodeConfText(view),
        controllerName: controller.name,
        mismatch: mismatchOf(view, controller),
        ...{ serving: isServing(view), memoryMib: jobMemoryMib(own) },
        features: own ? featuresOf(own, settingsIn(view)) : [],
        confines: confines(view),
      };
    },

    async observe(host, { mungeKey: key, name }) {
      const pid = await host.runningPid(files.workerPid, 'slurmd');
      const munge = await observeMunge(host, key);
      const { state, isOurs, address, record, busy } =
        pid !== undefined && munge.answering ? await registration(host, name) : unlisted;
      return {
        munge,
        installed: (await host.which('slurmd')) !== undefined,
        running: pid !== undefined,
        conf: await observeNodeConf(host),
        ...{ state, isOurs, address, record, busy, gpus: await gpuDevices(host) },
        gresConf: await textOf(host, files.gresConf),
        confinementIsConfigured: await isConfigured(host),
      };
    },

    plan(desired, observed) {
      const { munge, installed, running, conf, state, isOurs, address, gpus, gresConf } = observed;
      const first = planMunge(desired.mungeKey, munge);
      if (first.length > 0) return first;
      if (!installed) return [{ kind: 'missing', part: 'slurmd', summary: 'slurmd is not installed' }];
      const { name, ip, mismatch } = desired;
      // One that runs is left alone: it may have jobs.
      if (mismatch && !running)
        return [{ kind: 'mismatch', error: mismatch, part: 'slurmd', summary: 'versions do not fit' }];
      const configure = planNodeConf(desired.conf, conf, { part: 'slurmd', serves: desired.serving });
      if (configure.length > 0) return configure;
      if (!running && !desired.serving) {
        const summary = `waiting for the controller on ${desired.controllerName}`;
        return [{ kind: 'await-controller', waits: true, part: 'slurmd', summary }];
      }
      if (gresConfIsDue(gpus, gresConf)) {
        const summary = `tell slurmd of ${gpus.length} GPUs`;
        return [{ kind: 'gpus', text: gresConfText(confMark, gpus), part: 'slurmd', summary }];
      }
      if (desired.confines && !observed.confinementIsConfigured)
        return [{ kind: 'confine', part: 'slurmd', summary: `write ${files.cgroupConf}` }];
      if (!running) {
        const summary = `start slurmd for ${desired.controller}`;
        return [{ kind: 'start', desired, gres: gresText(gpus), part: 'slurmd', summary }];
      }
      if (state !== '' && address !== ip) {
        return [
          {
            kind: 'move',
            name,
            ip,
            part: 'registered',
            summary: `tell the controller that ${name} is at ${ip}`,
          },
        ];
      }
      if (state !== '' && !observed.busy && isAnotherMachine(desired, observed)) {
        const summary = `have the controller take ${name} for what it is now`;
        return [{ kind: 'renew', name, part: 'registered', summary }];
      }
      if (state !== '' && observed.record.features.join() !== desired.features.join()) {
        const summary = `tell the controller the features of ${name}`;
        return [{ kind: 'describe', name, features: desired.features, part: 'registered', summary }];
      }
      const waiting = (summary: string): WorkerStep[] => [
        { kind: 'await-controller', waits: true, part: 'registered', summary },
      ];
      if (state === 'drain' && desired.drains) return [];
      if (state === 'drain' && isOurs)
        return waiting(`waiting for the controller to give ${name} work again`);
      if (usable.test(state))
        return desired.drains ? waiting(`waiting for the controller to keep work from ${name}`) : [];
      return [
        {
          kind: 'await-registration',
          name,
          part: 'registered',
          summary: `wait for the controller to use ${name}`,
        },
      ];
    },

    async apply(host, step) {
      switch (step.kind) {
        case 'missing':
          throw missingProgram('slurmd', 'slurmd');
        case 'mismatch':
          throw step.error;
        case 'await-controller':
          break;
        case 'node-conf':
          await inTurn(() => applyNodeConf(host, step));
          break;
        case 'start':
          await startWorker(host, step.desired, step.gres);
          break;
        case 'gpus':
          // A slurmd that finds a card gone ends; one that runs does not see a new one. Steps of jobs go on without it.
          await stopDaemon(host, slurmd);
          await host.writeFile(files.gresConf, step.text, { mode: 0o644 });
          break;
        case 'confine':
          await configureConfinement(host);
          break;
        case 'describe': {
          const features = step.features.join(',');
          const change = [`availablefeatures=${features}`, `activefeatures=${features}`];
          await scontrol(host, ['update', `nodename=${step.name}`, ...change]);
          break;
        }
        case 'renew':
          // SLURM (22.05) changes neither memory nor generic resources of a dynamic node that it knows.
          await scontrol(host, ['delete', `nodename=${step.name}`]);
          await stopDaemon(host, slurmd);
          break;
        case 'move':
          await scontrol(host, ['update', `nodename=${step.name}`, `nodeaddr=${step.ip}`]);
          break;
        case 'await-registration':
          await awaitRegistration(host, step.name);
          break;
        default:
          await inTurn(() => applyMunge(host, step));
      }
    },
  };
}

/** An operator's own file is left as it is. */
function gresConfIsDue(gpus: readonly GpuDevice[], present: string | undefined): boolean {
  if (present === undefined) return gpus.length > 0;
  return present.startsWith(confMark) && present !== gresConfText(confMark, gpus);
}

/** Memory or cards are not those that the controller was told of when the node came; it refuses a node that has fewer. */
function isAnotherMachine(
  { memoryMib }: Desired,
  { state, isOurs, record, gpus, gresConf }: Observed,
): boolean {
  if (state === 'invalid_reg') return true;
  // What a person has said of the node would go with it.
  if (state === 'drain' && !isOurs) return false;
  const isOperators = gresConf !== undefined && !gresConf.startsWith(confMark);
  if (!isOperators && record.gres !== gresText(gpus)) return true;
  if (memoryMib === undefined || record.memoryMib === 0) return false;
  return Math.abs(memoryMib - record.memoryMib) > record.memoryMib * memoryToleranceShare;
}

async function startWorker(
  host: Host,
  { id, name, memoryMib, features }: Desired,
  gres: string,
): Promise<void> {
  await host.ensureFolder(folders.spool, { mode: 0o755 });
  await host.ensureFolder(folders.log, { mode: 0o755, owner: 'slurm' });
  const shape = [
    ...(memoryMib === undefined ? [] : [`RealMemory=${memoryMib}`]),
    ...(features.length === 0 ? [] : [`Feature=${features.join(',')}`]),
    ...(gres === '' ? [] : [`Gres=${gres}`]),
  ];
  const args = ['-Z', '-N', name, ...(shape.length === 0 ? [] : ['--conf', shape.join(' ')])];
  await startDaemon(host, slurmd, ['slurmd', ...args], slurmdStartTimeoutMs);
  await haveSaved(host, name, id);
}

/**
 * slurmctld (22.05) does not write down that a dynamic node has come, so the next controller would not know it; it does after
 * any change of the node. What is changed is whose it is. One that is not listed yet is looked for by the next step.
 */
async function haveSaved(host: Host, name: string, id: string): Promise<void> {
  let isListed = false;
  for (let waitedMs = 0; !isListed && waitedMs <= registrationTimeoutMs; waitedMs += registrationPollMs) {
    isListed = (await registration(host, name)).state !== '';
    if (!isListed) await host.pause(registrationPollMs);
  }
  if (!isListed) return;
  const args = ['update', `nodename=${name}`, `comment=${commentOf(id)}`];
  const { exitCode, stderr } = await host.run('scontrol', args, { timeoutMs: slurmQueryTimeoutMs });
  if (exitCode !== 0) throw errorFrom(`having the controller write down ${name}`, stderr);
}

/** @throws ServiceError saying why the controller does not use the node */
async function awaitRegistration(host: Host, name: string): Promise<void> {
  for (let waitedMs = 0; waitedMs <= registrationTimeoutMs; waitedMs += registrationPollMs) {
    const { state, isOurs, trouble } = await registration(host, name);
    if (usable.test(state) || isOurs) return;
    if ((await host.runningPid(files.workerPid, 'slurmd')) === undefined) throw await deathOf(host, slurmd);
    if (trouble) throw trouble;
    if (state !== '') {
      const mend = `see "scontrol show node ${name}"; "scontrol update nodename=${name} state=resume" takes it back`;
      const detail = `the controller calls ${name} ${state}: ${mend}`;
      throw new ServiceError('node-not-usable', false, detail, peopleAct.test(state));
    }
    await host.pause(registrationPollMs);
  }
  // A node that was deleted at the controller comes back with a new slurmd only; SIGHUP is not enough (SLURM 22.05).
  // Steps of running jobs are processes of their own and go on.
  await stopDaemon(host, slurmd);
  const detail = `the controller did not list ${name} though slurmd ran: slurmd was ended, and the next pass starts it`;
  throw new ServiceError('not-registered', false, detail, true);
}

const unlisted: Registration = {
  ...{ state: '', isOurs: false, address: '', busy: false },
  record: { features: [], gres: '', memoryMib: 0 },
};

async function registration(host: Host, name: string): Promise<Registration> {
  const { exitCode, stdout, stderr } = await host.run('scontrol', ['--oneliner', 'show', 'node', name], {
    timeoutMs: slurmQueryTimeoutMs,
  });
  if (exitCode !== 0) {
    if (/not found|Invalid node name/i.test(`${stdout}${stderr}`)) return unlisted;
    const words = answerWords({ exitCode, stderr });
    return { ...unlisted, trouble: errorFrom(`asking the controller about ${name}`, words) };
  }
  // "State=IDLE+DYNAMIC_NORM": what follows the first word are flags, of which some make a node unusable.
  const [node] = nodesFrom(stdout);
  if (!node) return unlisted;
  const [base = '', ...flags] = node.words;
  // slurmctld drains a node that it finds invalid, too.
  const barred =
    flags.find(flag => flag === 'invalid_reg') ??
    flags.find(flag => /^(drain|fail|not_responding|powered_down|maintenance)$/.test(flag));
  const { features, gres, memoryMib, address } = node;
  const busy = node.words.some(word => /^(allocated|mixed|completing)$/.test(word));
  const record = { features: features.toSorted(), gres, memoryMib };
  return { state: barred ?? base, isOurs: isOurDrain(node), address, record, busy };
}
