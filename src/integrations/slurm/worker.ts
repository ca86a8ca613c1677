// The worker role: slurmd as a dynamic node under the member's name, configured by the controller.
import type { Host } from '../host.ts';
import {
  commandTimeoutMs,
  memoryReserveMib,
  memoryReserveShare,
  slurmdStartTimeoutMs,
  slurmQueryTimeoutMs,
} from '../limits.ts';
import { type Reconciler, type Step, Waiting } from '../reconciler.ts';
import { ServiceError } from '../service-error.ts';
import { type Daemon, deathOf, startDaemon, stopDaemon } from './daemons.ts';
import { applyMunge, type MungeObserved, type MungeStep, observeMunge, planMunge } from './munge.ts';
import { controllerPort, files, folders, mungeKeyName, service, workerParts } from './names.ts';
import { errorFrom, missingProgram } from './reasons.ts';

const slurmd: Daemon = { program: 'slurmd', pidFile: files.workerPid, log: files.workerLog };

interface Desired {
  readonly mungeKey: Uint8Array;
  readonly name: string;
  readonly ip: string;
  /** HOST:PORT of the controller. */
  readonly controller: string;
  /** What is left for jobs. */
  readonly memoryMib: number;
}

interface Observed {
  readonly munge: MungeObserved;
  readonly installed: boolean;
  readonly running: boolean;
  /** The controller that the running slurmd was told of. */
  readonly controller: string;
  /** SLURM's word for the node's state, in small letters; empty while it is not registered. */
  readonly state: string;
  /** The address that the controller reaches the node at. */
  readonly address: string;
}

type WorkerStep =
  | MungeStep
  | (Step &
      (
        | { readonly kind: 'missing' }
        | { readonly kind: 'start'; readonly desired: Desired }
        | { readonly kind: 'stop' }
        | { readonly kind: 'move'; readonly name: string; readonly ip: string }
        | { readonly kind: 'await-registration'; readonly name: string; readonly state: string }
      ));

/** States in which a node runs jobs or may be given some (sinfo(1), NODE STATE CODES). */
const usable = /^(idle|mixed|allocated|completing|planned|reserved|allocated\+)$/;

export const workerReconciler: Reconciler<Desired, Observed, WorkerStep> = {
  ...{ service, role: 'worker', parts: workerParts },

  desired({ self, nodes, grants, secret }) {
    const mungeKey = secret(mungeKeyName);
    if (!mungeKey) return new Waiting('munge', 'the munge key cannot be opened with this cluster key');
    const grant = grants.find(each => each.service === service && each.role === 'controller');
    const controller = nodes.find(({ id }) => id === grant?.node);
    if (!grant || !controller || controller.ip === '')
      return new Waiting('slurmd', 'waiting for a controller');
    const serving = controller.reports.some(
      ({ role, token, state }) => role === 'controller' && token === grant.token && state === 'ready',
    );
    if (!serving) return new Waiting('slurmd', `waiting for the controller on ${controller.name}`);
    const own = nodes.find(({ id }) => id === self.id);
    const total = Number(
      own?.capabilities.find(each => each.startsWith('memory-mib='))?.slice('memory-mib='.length) ?? 0,
    );
    const memoryMib = Math.max(1, Math.floor(total - Math.max(memoryReserveMib, total * memoryReserveShare)));
    return {
      mungeKey,
      name: self.name,
      ip: self.ip,
      controller: `${controller.ip}:${controllerPort}`,
      memoryMib,
    };
  },

  async observe(host, { mungeKey, name }) {
    const pid = await host.runningPid(files.workerPid, 'slurmd');
    const munge = await observeMunge(host, mungeKey);
    const { state, address } =
      pid !== undefined && munge.answering ? await registration(host, name) : { state: '', address: '' };
    return {
      munge,
      installed: (await host.which('slurmd')) !== undefined,
      running: pid !== undefined,
      controller: pid === undefined ? '' : await controllerOf(host, pid),
      ...{ state, address },
    };
  },

  plan(desired, { munge, installed, running, controller, state, address }) {
    const first = planMunge(desired.mungeKey, munge);
    if (first.length > 0) return first;
    if (!installed) return [{ kind: 'missing', part: 'slurmd', summary: 'slurmd is not installed' }];
    const { name, ip } = desired;
    if (running && controller !== desired.controller) {
      return [{ kind: 'stop', part: 'slurmd', summary: `end the slurmd that belongs to ${controller}` }];
    }
    if (!running)
      return [{ kind: 'start', desired, part: 'slurmd', summary: `start slurmd for ${desired.controller}` }];
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
    if (usable.test(state)) return [];
    return [
      {
        kind: 'await-registration',
        name,
        state,
        part: 'registered',
        summary: `wait for the controller to use ${name}`,
      },
    ];
  },

  async apply(host, step) {
    switch (step.kind) {
      case 'missing':
        throw missingProgram('slurmd', 'slurmd');
      case 'stop':
        // Steps of running jobs are processes of their own (slurmstepd) and go on.
        await stopDaemon(host, slurmd);
        break;
      case 'start':
        await startWorker(host, step.desired);
        break;
      case 'move': {
        const { exitCode, stderr } = await host.run(
          'scontrol',
          ['update', `nodename=${step.name}`, `nodeaddr=${step.ip}`],
          {
            timeoutMs: commandTimeoutMs,
          },
        );
        if (exitCode !== 0) throw errorFrom(`telling the controller where ${step.name} is`, stderr);
        break;
      }
      case 'await-registration': {
        const { state } = await registration(host, step.name);
        if (usable.test(state)) break;
        if ((await host.runningPid(files.workerPid, 'slurmd')) === undefined)
          throw await deathOf(host, slurmd);
        if (state === '')
          throw new ServiceError(
            'not-registered',
            false,
            `slurmd runs, but the controller does not list ${step.name} yet`,
          );
        const mend = `see "scontrol show node ${step.name}"; "scontrol update nodename=${step.name} state=resume" takes it back`;
        throw new ServiceError(
          'node-not-usable',
          false,
          `the controller calls ${step.name} ${state}: ${mend}`,
        );
      }
      default:
        await applyMunge(host, step);
    }
  },
};

async function startWorker(host: Host, { name, controller, memoryMib }: Desired): Promise<void> {
  await host.ensureFolder(folders.spool, { mode: 0o755 });
  await host.ensureFolder(folders.log, { mode: 0o755, owner: 'slurm' });
  const args = ['-Z', '-N', name, '--conf-server', controller, '--conf', `RealMemory=${memoryMib}`];
  await startDaemon(host, slurmd, ['slurmd', ...args], slurmdStartTimeoutMs);
}

async function registration(host: Host, name: string): Promise<{ state: string; address: string }> {
  const { exitCode, stdout } = await host.run('scontrol', ['--oneliner', 'show', 'node', name], {
    timeoutMs: slurmQueryTimeoutMs,
  });
  if (exitCode !== 0) return { state: '', address: '' };
  // "State=IDLE+DYNAMIC_NORM": what follows the first word are flags, of which some make a node unusable.
  const words = (/\bState=(\S+)/.exec(stdout)?.[1] ?? '').toLowerCase().split('+');
  const [base = '', ...flags] = words;
  const barred = flags.find(flag =>
    /^(drain|fail|invalid_reg|not_responding|powered_down|maintenance)$/.test(flag),
  );
  return { state: barred ?? base, address: /\bNodeAddr=(\S+)/.exec(stdout)?.[1] ?? '' };
}

async function controllerOf(host: Host, pid: number): Promise<string> {
  const words = new TextDecoder()
    .decode((await host.readFile(`/proc/${pid}/cmdline`)) ?? new Uint8Array())
    .split('\0');
  const at = words.indexOf('--conf-server');
  return at < 0 ? '' : (words[at + 1] ?? '');
}
