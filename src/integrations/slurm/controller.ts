// The controller role: slurm.conf and slurmctld on the one machine that the cluster granted it to.
import type { Host } from '../host.ts';
import { commandTimeoutMs, slurmQueryTimeoutMs } from '../limits.ts';
import { type Reconciler, type Step, Waiting } from '../reconciler.ts';
import { type Daemon, deathOf, startDaemon } from './daemons.ts';
import { applyMunge, type MungeObserved, type MungeStep, observeMunge, planMunge } from './munge.ts';
import { controllerParts, files, folders, mungeKeyName, service } from './names.ts';
import { errorFrom, missingProgram } from './reasons.ts';
import { confMark, slurmConfText } from './slurm-conf.ts';

const slurmctld: Daemon = { program: 'slurmctld', pidFile: files.controllerPid, log: files.controllerLog };

interface Desired {
  readonly mungeKey: Uint8Array;
  readonly clusterName: string;
  readonly ip: string;
}

interface Observed {
  readonly munge: MungeObserved;
  readonly installed: boolean;
  readonly hostName: string;
  readonly conf: string | undefined;
  readonly running: boolean;
  readonly answering: boolean;
}

type ControllerStep =
  | MungeStep
  | (Step &
      (
        | { readonly kind: 'missing' }
        | { readonly kind: 'configure'; readonly conf: string; readonly running: boolean }
        | { readonly kind: 'start' }
        | { readonly kind: 'await-answer' }
      ));

export const controllerReconciler: Reconciler<Desired, Observed, ControllerStep> = {
  ...{ service, role: 'controller', parts: controllerParts },

  desired({ clusterName, self, secret }) {
    const mungeKey = secret(mungeKeyName);
    return mungeKey
      ? { mungeKey, clusterName, ip: self.ip }
      : new Waiting('munge', 'the munge key cannot be opened with this cluster key');
  },

  async observe(host, { mungeKey }) {
    const text = async (path: string) => {
      const bytes = await host.readFile(path);
      return bytes && new TextDecoder().decode(bytes);
    };
    const running = (await host.runningPid(files.controllerPid, 'slurmctld')) !== undefined;
    return {
      munge: await observeMunge(host, mungeKey),
      installed: (await host.which('slurmctld')) !== undefined,
      hostName: ((await text('/proc/sys/kernel/hostname')) ?? '').trim(),
      conf: await text(files.slurmConf),
      running,
      answering: running && (await answers(host)),
    };
  },

  plan({ mungeKey, clusterName, ip }, { munge, installed, hostName, conf, running, answering }) {
    const first = planMunge(mungeKey, munge);
    if (first.length > 0) return first;
    if (!installed) return [{ kind: 'missing', part: 'slurmctld', summary: 'slurmctld is not installed' }];
    const wanted = slurmConfText({ clusterName, hostName, ip });
    const steps: ControllerStep[] = [];
    if (conf !== wanted) {
      const summary = `write ${files.slurmConf}${running ? ' and have slurmctld read it' : ''}`;
      steps.push({ kind: 'configure', conf: wanted, running, part: 'slurmctld', summary });
    }
    if (!running) steps.push({ kind: 'start', part: 'slurmctld', summary: 'start slurmctld' });
    if (!answering)
      steps.push({ kind: 'await-answer', part: 'answering', summary: 'wait for slurmctld to answer' });
    return steps;
  },

  async apply(host, step) {
    switch (step.kind) {
      case 'missing':
        throw missingProgram('slurmctld', 'slurmctld');
      case 'configure': {
        await host.ensureFolder(folders.conf, { mode: 0o755 });
        if (!step.running) {
          await host.writeFile(files.slurmConf, step.conf, { mode: 0o644 });
          break;
        }
        // Not yet the file that is wanted: after a crash right here the next pass has slurmctld read it again.
        await host.writeFile(files.slurmConf, `${step.conf}# Not read by slurmctld yet.\n`, { mode: 0o644 });
        const { exitCode, stderr } = await host.run('scontrol', ['reconfigure'], {
          timeoutMs: commandTimeoutMs,
        });
        if (exitCode !== 0) throw errorFrom('having slurmctld read its configuration', stderr);
        await host.writeFile(files.slurmConf, step.conf, { mode: 0o644 });
        break;
      }
      case 'start':
        await host.ensureFolder(folders.state, { mode: 0o700, owner: 'slurm' });
        await host.ensureFolder(folders.log, { mode: 0o755, owner: 'slurm' });
        await startDaemon(host, slurmctld, ['slurmctld'], commandTimeoutMs);
        break;
      case 'await-answer': {
        const { exitCode, stderr } = await host.run('squeue', ['--noheader'], {
          timeoutMs: slurmQueryTimeoutMs,
        });
        if (exitCode === 0) break;
        if ((await host.runningPid(files.controllerPid, 'slurmctld')) === undefined)
          throw await deathOf(host, slurmctld);
        throw errorFrom('asking slurmctld for its queue', stderr);
      }
      default:
        await applyMunge(host, step);
    }
  },
};

/** Ends slurmctld here at once, if ClusterOS has set it up. Resolves with whether it ran. */
export async function endController(host: Host): Promise<boolean> {
  const conf = new TextDecoder().decode(await host.readFile(files.slurmConf));
  const pid = await host.runningPid(files.controllerPid, 'slurmctld');
  if (pid === undefined || !conf.startsWith(confMark)) return false;
  return host.signal(pid, 'SIGKILL');
}

async function answers(host: Host): Promise<boolean> {
  return (await host.run('squeue', ['--noheader'], { timeoutMs: slurmQueryTimeoutMs })).exitCode === 0;
}
