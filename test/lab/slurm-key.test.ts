// A new munge key on all machines while jobs run. Real slurmctld, slurmd and munged; the jobs are an ordinary user's.
import assert from 'node:assert/strict';
import { after, test } from 'node:test';
import { clusterctl, clusterctlProgram, clusterctlText } from './agent-host.ts';
import type { Host } from './host.ts';
import { LabCluster } from './lab-cluster.ts';
import { missingForSlurm } from './requirements.ts';
import { hasEndedOnce, jobText, runAsUser, submit } from './slurm-queue.ts';
import { waitFor } from './wait-for.ts';

interface MemberRow {
  readonly name: string;
  readonly state: string;
  readonly services: readonly { readonly role: string; readonly state: string }[];
}

const missing = missingForSlurm();
const options = missing === undefined ? { timeout: 300_000 } : { skip: missing };
const cluster = new LabCluster({});
after(() => cluster.stop());

const names = ['node-a', 'node-b', 'node-c', 'node-d'];
const keyOf = async (host: Host) =>
  (await host.run(['sha256sum', '/etc/munge/munge.key'])).stdout.slice(0, 64);
const credential = async (host: Host) => (await host.run(['munge', '--no-input'])).stdout;
const isAccepted = async (host: Host, text: string) =>
  (await host.run(['unmunge'], { input: text })).exitCode === 0;
const untilEnded = (on: Host, job: string) =>
  waitFor(() => hasEndedOnce(on, job), {
    timeoutMs: 90_000,
    what: `job ${job} to end once`,
    explain: () => jobText(on, job),
  });

test('four hosts are a SLURM', options, async () => {
  await cluster.start(names.length);
  const host = cluster.lab.host('node-d');
  await clusterctlText(host, ['wait', '--for', 'members=4', '--timeout', '40s'], 50_000);
  await clusterctlText(host, ['wait', '--for', 'healthy', '--timeout', '90s'], 100_000);
});

test(
  'the munge key is replaced while jobs run, and a machine that was cut off takes it when it is back',
  options,
  async () => {
    const rows = (await clusterctl(cluster.lab.host('node-a'), ['members'])) as MemberRow[];
    const holder =
      rows.find(({ services }) => services.some(({ role }) => role === 'controller'))?.name ?? '';
    const [away = '', ...others] = names.filter(name => name !== holder);
    const on = cluster.lab.host(holder);
    const reached = [holder, ...others].map(name => cluster.lab.host(name));
    const before = await keyOf(on);
    const old = await credential(on);

    const small = ['--mem', '10'];
    const endsWhileCut = await submit(on, 'sleep 12', ...small, '-w', away);
    const [worker = ''] = others;
    const long = await submit(on, 'sleep 20', ...small, '-w', worker);
    const many = await submit(on, 'sleep 0.5', ...small, '-x', away, '--array', '1-40%4');
    const waiting = runAsUser(on, ['srun', ...small, '-w', worker, 'sh', '-c', 'sleep 8; echo through'], {
      timeoutMs: 60_000,
    });
    await waitFor(
      async () =>
        /JobState=RUNNING/.test(await jobText(on, endsWhileCut)) &&
        /JobState=RUNNING/.test(await jobText(on, long)),
      { timeoutMs: 60_000, what: 'the jobs to run' },
    );
    for (const other of names) if (other !== away) await cluster.lab.cut(away, other);
    await waitFor(
      async () =>
        ((await clusterctl(on, ['members'])) as MemberRow[]).some(
          ({ name, state }) => name === away && state === 'dead',
        ),
      { timeoutMs: 30_000, what: `${away} to be called dead` },
    );

    const rotated = await on.run(
      [clusterctlProgram, 'service', 'rotate-key', 'slurm', '--yes', '-o', 'json'],
      {
        timeoutMs: 60_000,
      },
    );
    assert.equal(rotated.exitCode, 0, `${rotated.stdout}${rotated.stderr}`);
    assert.deepEqual(JSON.parse(rotated.stdout), {
      ...{ key: 'slurm/munge.key', using: [holder, ...others].sort(), awaited: [], away: [away] },
    });
    const now = await keyOf(on);
    assert.notEqual(now, before);
    assert.deepEqual(
      await Promise.all(reached.map(keyOf)),
      reached.map(() => now),
    );
    const fresh = await credential(cluster.lab.host(worker));
    assert.deepEqual(
      await Promise.all(reached.map(host => isAccepted(host, fresh))),
      reached.map(() => true),
    );
    assert.equal(await isAccepted(on, old), false, 'what was made with the old key is worth nothing');

    const interactive = await waiting;
    assert.equal(interactive.stdout, 'through\n', interactive.stderr);
    const next = await runAsUser(on, ['srun', ...small, '-w', worker, 'echo', 'next'], { timeoutMs: 60_000 });
    assert.equal(next.stdout, 'next\n', next.stderr);
    await untilEnded(on, long);
    await waitFor(async () => (await on.run(['squeue', '-h', '-r', '-j', many])).stdout === '', {
      timeoutMs: 90_000,
      what: 'the array to end',
      explain: async () => (await on.run(['squeue', '-h', '-r', '-j', many])).stdout,
    });

    await cluster.lab.heal();
    await waitFor(async () => (await keyOf(cluster.lab.host(away))) === now, {
      timeoutMs: 60_000,
      what: `${away} to take the new key`,
    });
    await untilEnded(on, endsWhileCut);
    await clusterctlText(on, ['wait', '--for', 'healthy', '--timeout', '60s'], 70_000);
  },
);
