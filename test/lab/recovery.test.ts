// Losing a cluster and getting it back, as an operator does it: real agents, node-agent recover, clusterctl backup and restore.
import assert from 'node:assert/strict';
import { after, test } from 'node:test';
import { clusterctl, clusterctlProgram, clusterctlText, nodeAgent, startAgent } from './agent-host.ts';
import { LabCluster } from './lab-cluster.ts';
import type { Machine } from './machine.ts';
import { missingForLab } from './requirements.ts';
import { waitFor } from './wait-for.ts';

const missing = missingForLab();
const options = missing === undefined ? { timeout: 200_000 } : { skip: missing };
const cluster = new LabCluster({ 'integrations.slurm.enabled': false });
after(() => cluster.stop());

const backupFile = '/var/lib/clusteros/kept.json';

interface Status {
  readonly clusterId: string;
  readonly leader: string;
}

/** Whatever its health, which the exit code tells. */
async function statusOf(on: Machine): Promise<Status> {
  const env = { CLUSTERCTL_ENDPOINT: `unix:${on.paths.socket}` };
  const { stdout } = await on.run([clusterctlProgram, 'status', '-o', 'json'], { timeoutMs: 10_000, env });
  return JSON.parse(stdout) as Status;
}
const votersAimedFor = async (on: Machine) =>
  JSON.parse(await clusterctlText(on, ['voters', '-o', 'json'])).length;

/** Runs node-agent on a host whose agent does not run. */
async function recover(on: Machine, ...flags: string[]) {
  const argv = [nodeAgent, 'recover', '--from-this-node', '--config', on.paths.config, ...flags];
  return await on.run(argv, { timeoutMs: 20_000 });
}

test(
  'a backup is made on any node, and restoring it changes nothing while nothing differs',
  options,
  async () => {
    await cluster.start(3);
    const [first] = cluster.hosts;
    assert.ok(first);
    await clusterctlText(
      first,
      ['wait', '--for', 'members=3', '--for', 'leader', '--timeout', '30s'],
      40_000,
    );
    const allVote = async () => (await votersAimedFor(first)) === 3;
    await waitFor(allVote, { timeoutMs: 20_000, what: 'three admitted nodes' });
    await clusterctlText(first, ['member', 'demote', 'node-c']);
    for (const host of cluster.hosts) await clusterctlText(host, ['backup', backupFile]);
    assert.match(
      await clusterctlText(first, ['restore', backupFile, '--yes', '-o', 'json']),
      /"changes": \[\]/,
    );
  },
);

test('what an operator changed since is brought back', options, async () => {
  const [first, second] = cluster.hosts;
  assert.ok(first && second);
  await clusterctlText(second, ['member', 'demote', 'node-c', '--auto']);
  const wishOf = async () =>
    ((await clusterctl(first, ['voters'])) as { name: string; wish: string }[]).find(
      ({ name }) => name === 'node-c',
    )?.wish;
  await waitFor(async () => (await wishOf()) === '', { timeoutMs: 5000, what: 'no wish' });
  assert.equal(await clusterctlText(second, ['restore', backupFile, '--dry-run']), 'node-c is not to vote\n');
  await clusterctlText(second, ['restore', backupFile, '--yes']);
  await waitFor(async () => (await wishOf()) === 'never', {
    timeoutMs: 5000,
    what: 'the wish of the backup',
  });
  await clusterctlText(second, ['member', 'demote', 'node-c', '--auto']);
});

test('a running agent is not recovered, and a dry run changes nothing', options, async () => {
  const [first] = cluster.hosts;
  assert.ok(first);
  const running = await recover(first, '--yes');
  assert.equal(running.exitCode, 1);
  assert.match(running.stderr, /is in use by another agent \(process \d+\): stop it/);
  for (const host of cluster.hosts) {
    const agent = cluster.agentOn(host.name);
    agent.kill('SIGKILL');
    await agent.child.exited;
  }
  const dry = await recover(first, '--dry-run');
  assert.equal(dry.exitCode, 0, dry.stderr);
  assert.match(dry.stdout, /3 nodes: this one and node-b, node-c\./);
  assert.match(dry.stdout, /Nothing was changed\.\n$/);
  const unasked = await recover(first);
  assert.deepEqual(
    [unasked.exitCode, unasked.stderr.split('\n')[0]],
    [2, 'error: nothing was done, because nobody can be asked: add --yes, or look with --dry-run'],
  );
});

test(
  'one of three leads nobody; recovered, it is the cluster, and another that returns comes over by itself',
  options,
  async () => {
    const [first, second] = cluster.hosts;
    assert.ok(first && second);
    const recovered = await recover(first, '--yes');
    assert.equal(recovered.exitCode, 0, recovered.stderr);
    const [, newId = ''] = / is ([0-9a-f]{32}) from now on/.exec(recovered.stdout) ?? [];
    await cluster.restart('node-a');
    await clusterctlText(first, ['wait', '--for', 'leader', '--timeout', '20s'], 30_000);
    assert.equal((await statusOf(first)).clusterId, newId);
    await cluster.restart('node-b');
    const over = async () => (await statusOf(second)).clusterId === newId;
    await waitFor(over, { timeoutMs: 60_000, what: 'node-b in the recovered cluster' });
    const given = await second.run([
      'sh',
      '-c',
      'ls /var/lib/clusteros/*/ /var/lib/clusteros | grep given-up',
    ]);
    assert.match(given.stdout, /log\.given-up-[0-9a-f]{32}\.json/, 'what it had decided is kept');
    assert.equal((await statusOf(second)).leader, 'node-a');
  },
);

test(
  'a member that is gone for good is removed, and its old disk is turned away with the reason',
  options,
  async () => {
    const [first, , third] = cluster.hosts;
    assert.ok(first && third);
    const alive = await first.run([clusterctlProgram, 'member', 'remove', 'node-b', '--yes'], {
      timeoutMs: 10_000,
      env: { CLUSTERCTL_ENDPOINT: `unix:${first.paths.socket}` },
    });
    assert.equal(alive.exitCode, 2);
    assert.match(alive.stderr, /node-b is alive: stop its agent first, or use --force/);
    const gone = async () =>
      ((await clusterctl(first, ['members'])) as { name: string; state: string }[]).some(
        ({ name, state }) => name === 'node-c' && state === 'dead',
      );
    await waitFor(gone, { timeoutMs: 60_000, what: 'node-c to be called dead' });
    assert.match(
      await clusterctlText(first, ['member', 'remove', 'node-c', '--yes']),
      /^node-c \([0-9a-f]{32}\) is removed\.\n$/,
    );
    const agent = await startAgent(third, { peers: [], settings: { 'integrations.slurm.enabled': false } });
    const { exitCode } = await agent.child.exited;
    assert.equal(exitCode, 4, agent.lastWords());
    assert.match(agent.lastWords(), /was removed from cluster .* by an operator, for good/);
  },
);
