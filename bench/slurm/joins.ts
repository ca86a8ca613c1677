// A machine that comes to take jobs, in two ways: its agent is started, or a person who knows it all types what is needed. The
// clock runs from the first step to SLURM calling the node idle, and to the output of a first job there.
import assert from 'node:assert/strict';
import { setTimeout as sleep } from 'node:timers/promises';
import { startAgent } from '../../test/lab/agent-host.ts';
import type { Host } from '../../test/lab/host.ts';
import { lookMs } from './limits.ts';

export interface Join {
  readonly idleMs: number;
  readonly jobMs: number;
}

/** @param peers HOST:PORT of members @param on where sinfo and srun are called */
export async function joinByAgent(
  host: Host,
  peers: readonly string[],
  on: Host,
  timeoutMs: number,
): Promise<Join> {
  const startedAtMs = performance.now();
  await startAgent(host, { peers });
  return firstJob(host, on, startedAtMs, timeoutMs);
}

/** With munge key and slurm.conf of `on`, which serves. */
export async function joinByHand(host: Host, on: Host, timeoutMs: number): Promise<Join> {
  const [key, conf] = await Promise.all(
    ['/etc/munge/munge.key', '/etc/slurm/slurm.conf'].map(async path =>
      (await run(on, ['base64', '-w0', path])).trim(),
    ),
  );
  const startedAtMs = performance.now();
  const script = `install -d -o munge -g munge -m 0755 /run/munge && echo ${key} | base64 -d > /etc/munge/munge.key &&
    chown munge:munge /etc/munge/munge.key && chmod 0400 /etc/munge/munge.key &&
    setpriv --reuid munge --regid munge --clear-groups munged --origin 127.0.0.1 &&
    echo ${conf} | base64 -d > /etc/slurm/slurm.conf && touch /etc/slurm/local.conf && slurmd -Z -N ${host.name} --conf RealMemory=1000`;
  await run(host, ['sh', '-c', script]);
  return firstJob(host, on, startedAtMs, timeoutMs);
}

async function firstJob({ name }: Host, on: Host, startedAtMs: number, timeoutMs: number): Promise<Join> {
  const isIdle = async () => {
    const { stdout } = await on.run(['sinfo', '--noheader', '--nodes', name, '--format', '%t']);
    return stdout.trim() === 'idle';
  };
  while (!(await isIdle())) {
    assert.ok(performance.now() - startedAtMs < timeoutMs, `${name} is not idle after ${timeoutMs} ms`);
    await sleep(lookMs);
  }
  const idleMs = performance.now() - startedAtMs;
  // While twenty processes start on two cores slurmctld may be kept from serving for a moment; a person asks again, and the time counts.
  const job = () => on.run(['srun', '--mem=10', '-w', name, 'hostname'], { timeoutMs: 60_000 });
  while ((await job()).stdout.trim() !== name) {
    assert.ok(performance.now() - startedAtMs < timeoutMs, `no job on ${name} after ${timeoutMs} ms`);
    await sleep(lookMs);
  }
  return { idleMs, jobMs: performance.now() - startedAtMs };
}

async function run(host: Host, argv: readonly string[]): Promise<string> {
  const { exitCode, stdout, stderr } = await host.run(argv, { timeoutMs: 60_000 });
  assert.equal(exitCode, 0, `${host.name}: ${stderr}`);
  return stdout;
}
