// Members that take no more work: drained by an operator, dead, or taken out for good. Real slurmctld, slurmd and munged; the jobs are an
// ordinary user's.
import assert from 'node:assert/strict';
import { after, test } from 'node:test';
import { clusterctl, clusterctlProgram, clusterctlText } from './agent-host.ts';
import type { Host } from './host.ts';
import { LabCluster } from './lab-cluster.ts';
import { missingForSlurm } from './requirements.ts';
import { controllerSeenBy } from './slurm-controller.ts';
import { jobText, runAsUser, submit } from './slurm-queue.ts';
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
const rows = async (on: Host) => (await clusterctl(on, ['members'])) as MemberRow[];
const slurmSays = async (on: Host, node: string) =>
  (await on.run(['scontrol', '-o', 'show', 'node', node], { timeoutMs: 15_000 })).stdout;
const untilSlurmSays = (on: Host, node: string, pattern: RegExp) => {
  let last = '';
  return waitFor(
    async () => {
      last = await slurmSays(on, node);
      return pattern.test(last);
    },
    { timeoutMs: 60_000, what: `SLURM to say ${pattern} of ${node}`, explain: () => last },
  );
};
const untilRuns = (on: Host, job: string, where: RegExp) =>
  waitFor(async () => where.test(await jobText(on, job)), {
    timeoutMs: 60_000,
    what: `job ${job} to run at ${where}`,
    explain: () => jobText(on, job),
  });

/** A member that neither is the controller nor `except`. */
async function aWorker(except: string): Promise<Host> {
  const [first] = cluster.hosts;
  assert.ok(first);
  const holder = await controllerSeenBy(cluster.lab.host(names.find(name => name !== except) ?? ''));
  const name = names.find(each => each !== holder && each !== except);
  return cluster.lab.host(name ?? '');
}

test('four hosts are a SLURM', options, async () => {
  await cluster.start(names.length);
  const host = cluster.lab.host('node-d');
  await clusterctlText(host, ['wait', '--for', 'members=4', '--timeout', '40s'], 50_000);
  await clusterctlText(host, ['wait', '--for', 'healthy', '--timeout', '90s'], 100_000);
});

test(
  'a drain waits for the jobs and names them, moves them when asked, and a resume takes it back',
  options,
  async () => {
    const worker = await aWorker('node-d');
    const other = cluster.lab.host('node-d');
    const job = await submit(other, 'sleep 1000', '-x', 'node-d', '-w', worker.name);
    await untilRuns(other, job, /JobState=RUNNING/);
    const drain = [clusterctlProgram, 'member', 'drain', worker.name, '--reason', 'new fans'];
    const late = await other.run([...drain, '--deadline', '3s'], { timeoutMs: 60_000 });
    assert.equal(late.exitCode, 7, late.stderr);
    assert.match(late.stderr, new RegExp(`slurm still runs: ${job} \\(games\\)`));
    assert.match(await slurmSays(other, worker.name), /State=\S*DRAIN.* Reason=ClusterOS: new fans /);
    const tied = await runAsUser(other, [
      'sbatch',
      '--parsable',
      '-D',
      '/tmp',
      '-w',
      worker.name,
      '--wrap',
      'true',
    ]);
    assert.equal(tied.exitCode, 0, tied.stderr);
    await clusterctlText(other, ['wait', '--for', 'healthy', '--timeout', '30s'], 40_000);
    // It asks for that machine by name, and waits for it.
    await runAsUser(other, ['scontrol', 'update', `jobid=${job}`, 'reqnodelist=']);
    const done = await other.run([...drain, '--requeue'], { timeoutMs: 90_000 });
    assert.equal(done.exitCode, 0, done.stderr);
    assert.match(done.stdout, /is drained/);
    assert.match(
      await jobText(other, job),
      /JobState=PENDING|JobState=COMPLETING|NodeList=(?!\S*${worker.name})/,
    );
    assert.match(await jobText(other, tied.stdout.trim()), /JobState=PENDING/);
    await clusterctlText(other, ['member', 'resume', worker.name]);
    await untilRuns(other, tied.stdout.trim(), /JobState=COMPLETED/);
    await other.run(['scancel', job]);
  },
);

test('a drain of the controller gives its part to another first', options, async () => {
  const [first] = cluster.hosts;
  assert.ok(first);
  const former = await controllerSeenBy(first);
  const other = cluster.lab.host(names.find(name => name !== former) ?? '');
  await waitFor(
    async () =>
      (await rows(other)).filter(({ services }) =>
        services.some(({ role, state }) => role === 'standby' && state === 'ready'),
      ).length === 2,
    { timeoutMs: 60_000, what: 'two nodes to stand by' },
  );
  const { stdout, stderr } = await other.run(
    [clusterctlProgram, 'member', 'drain', former, '--timeout', '20s'],
    {
      timeoutMs: 90_000,
    },
  );
  assert.match(stdout, /is drained/, stderr);
  assert.notEqual(await controllerSeenBy(other), former, 'drained');
  await clusterctlText(other, ['member', 'resume', former]);
  await untilSlurmSays(other, former, /State=IDLE\+DYNAMIC_NORM /);
});

test('a dead member gets no work at once, and gets some again when it is back', options, async () => {
  const worker = await aWorker('node-d');
  const other = cluster.lab.host('node-d');
  await cluster.lab.powerOff(worker.name);
  await untilSlurmSays(other, worker.name, /DRAIN.* Reason=ClusterOS: the member is dead /);
  const srun = await runAsUser(other, ['srun', '-N3', 'hostname'], { timeoutMs: 60_000 });
  assert.equal(srun.exitCode, 0, srun.stderr);
  assert.doesNotMatch(srun.stdout, new RegExp(worker.name));
  await cluster.lab.powerOn(worker.name);
  await cluster.restart(worker.name);
  await untilSlurmSays(other, worker.name, /State=IDLE\+DYNAMIC_NORM /);
  const back = await runAsUser(other, ['srun', '-w', worker.name, 'hostname'], { timeoutMs: 60_000 });
  assert.equal(back.stdout.trim(), worker.name, back.stderr);
});

test(
  'a removed member leaves nothing: not in SLURM, no key, no settings, no daemon, and its job starts anew',
  options,
  async () => {
    const worker = await aWorker('node-d');
    const other = cluster.lab.host('node-d');
    const job = await submit(other, 'sleep 1000', '-x', 'node-d');
    await runAsUser(other, ['scontrol', 'update', `jobid=${job}`, `reqnodelist=${worker.name}`]);
    await untilRuns(other, job, new RegExp(`JobState=RUNNING .* NodeList=${worker.name} `));
    await runAsUser(other, ['scontrol', 'update', `jobid=${job}`, 'reqnodelist=']);
    const agent = cluster.agentOn(worker.name);
    await clusterctlText(other, ['member', 'remove', worker.name, '--force', '--yes'], 40_000);
    const { exitCode } = await agent.child.exited;
    assert.equal(exitCode, 4, 'it was told');
    await waitFor(async () => /not found/.test(await nodeOrError(other, worker.name)), {
      timeoutMs: 60_000,
      what: 'SLURM to know it no more',
    });
    for (const program of ['slurmd', 'slurmctld', 'munged', 'slurmstepd'])
      assert.equal((await worker.run(['pgrep', '-x', program])).exitCode, 1, program);
    for (const file of [
      '/etc/munge/munge.key',
      '/etc/slurm/slurm.conf',
      '/etc/slurm/clusteros-slurmctld.conf',
    ])
      assert.equal((await worker.run(['test', '-e', file])).exitCode, 1, file);
    assert.match(await jobText(other, job), / (JobState=PENDING|Restarts=1) /);
  },
);

async function nodeOrError(on: Host, node: string): Promise<string> {
  const { stdout, stderr } = await on.run(['scontrol', '-o', 'show', 'node', node], { timeoutMs: 15_000 });
  return stdout + stderr;
}
