// The cluster as an operator has it: real agents on three hosts, real SLURM below them, and real harm.
import assert from 'node:assert/strict';
import { after, test } from 'node:test';
import {
  clusterctl,
  clusterctlText,
  newClusterKey,
  nodeAgent,
  peerAddress,
  type RunningAgent,
  startAgent,
  startAgents,
} from './agent-host.ts';
import { Lab } from './lab.ts';
import type { Machine } from './machine.ts';
import { missingForSlurm } from './requirements.ts';
import { waitFor } from './wait-for.ts';

interface MemberRow {
  readonly id: string;
  readonly name: string;
  readonly state: string;
  readonly role: string;
  readonly epoch: number;
  readonly services: readonly { readonly role: string; readonly state: string }[];
}
interface LeaderRow {
  readonly name: string;
  readonly term: number;
}
interface OperationRow {
  readonly service: string;
  readonly role: string;
  readonly member: string;
  readonly outcome: string;
  readonly steps: readonly { readonly name: string; readonly state: string }[];
}

const members = async (on: Machine) => (await clusterctl(on, ['members'])) as MemberRow[];
const leaderSeenBy = async (on: Machine) => (await clusterctl(on, ['leader'])) as LeaderRow;
/** Waits until a machine whose agent lives serves as the controller, and `on` reaches it. */
async function controllerServes(on: Machine): Promise<void> {
  const serves = async () =>
    (await members(on)).some(
      row =>
        row.state === 'alive' &&
        row.services.some(({ role, state }) => role === 'controller' && state === 'ready'),
    ) && (await on.run(['timeout', '5', 'squeue', '-h'])).exitCode === 0;
  await waitFor(serves, { timeoutMs: 30_000, what: 'a controller' });
}
const names = (rows: readonly MemberRow[]) => rows.map(({ name }) => name).sort();

const missing = missingForSlurm();
const options = missing === undefined ? { timeout: 300_000 } : { skip: missing };

/** One cluster for all tests of this file, which run in the order in which they stand. */
let lab: Lab | undefined;
let agents: RunningAgent[] = [];
after(() => lab?.stop());

function theLab(): Lab {
  assert.ok(lab, 'the first test made the lab');
  return lab;
}
const agentOn = (name: string): RunningAgent => {
  const found = agents.find(agent => agent.machine.name === name);
  assert.ok(found, `an agent runs on ${name}`);
  return found;
};
/** The three hosts of the cluster; a fourth is for a stranger. */
const cluster = () => theLab().hosts.slice(0, 3);
const everyHost = <T>(run: (host: Machine) => Promise<T>): Promise<T[]> => Promise.all(cluster().map(run));

test(
  'three agents find each other, elect a leader, and it joins them to a SLURM that runs a job on all three',
  options,
  async () => {
    lab = await Lab.start({ hosts: 4 });
    agents = await startAgents(cluster());
    const host = lab.host('node-b');
    await clusterctlText(host, ['wait', '--for', 'members=3', '--timeout', '30s'], 40_000);
    await clusterctlText(host, ['wait', '--for', 'healthy', '--timeout', '90s'], 100_000);
    const operations = (await clusterctl(host, ['operations'])) as OperationRow[];
    assert.deepEqual(operations.map(({ role }) => role).sort(), ['controller', 'worker', 'worker', 'worker']);
    for (const { outcome, steps } of operations) {
      assert.equal(outcome, 'done');
      assert.ok(steps.length > 0 && steps.every(({ state }) => state === 'done'));
    }
    const srun = await lab.host('node-c').run(['srun', '-N3', '-l', 'hostname'], { timeoutMs: 30_000 });
    assert.equal(srun.exitCode, 0, srun.stderr);
    const hosts = srun.stdout
      .trim()
      .split('\n')
      .map(line => line.replace(/^\d+: /, ''));
    assert.deepEqual(hosts.sort(), ['node-a', 'node-b', 'node-c']);
  },
);

test(
  'the leader is killed: another leads, the survivors agree, a running job goes on and a new one runs',
  options,
  async () => {
    const [first] = cluster();
    assert.ok(first);
    const former = await leaderSeenBy(first);
    const survivors = cluster().filter(({ name }) => name !== former.name);
    const [one] = survivors;
    assert.ok(one);
    const script = '#!/bin/sh\nsleep 20\n';
    const sbatch = await one.run(['sbatch', '--parsable', '-N1', '-o', '/dev/null'], { input: script });
    assert.equal(sbatch.exitCode, 0, sbatch.stderr);
    const job = sbatch.stdout.trim();
    const state = async () => (await one.run(['squeue', '-h', '-j', job, '-o', '%T'])).stdout.trim();
    await waitFor(async () => (await state()) === 'RUNNING', { what: `job ${job} to run` });
    // SLURM writes its queue down every few seconds; what it has not written nobody can take over.
    await new Promise(resolve => setTimeout(resolve, 6000));
    agentOn(former.name).kill('SIGKILL');
    // The limit is the promise of the failure table, with room for two busy cores; the bench measures it.
    const elected = await waitFor(
      async () => {
        const seen = await Promise.all(survivors.map(host => leaderSeenBy(host).catch(() => undefined)));
        const [a, b] = seen;
        return a && b && a.name === b.name && a.name !== former.name && a.term > former.term ? a : undefined;
      },
      { timeoutMs: 10_000, what: 'both survivors to follow one new leader' },
    );
    await waitFor(
      async () => {
        const tables = await Promise.all(survivors.map(members));
        return tables.every(
          rows =>
            rows.find(({ name }) => name === former.name)?.state === 'dead' &&
            rows.find(({ role }) => role === 'leader')?.name === elected.name,
        );
      },
      { timeoutMs: 10_000, what: 'the survivors to agree in clusterctl members' },
    );
    await controllerServes(one);
    assert.equal(await state(), 'RUNNING', 'the job is not disturbed');
    const srun = await one.run(['srun', '-N3', '-l', 'hostname'], { timeoutMs: 30_000 });
    assert.equal(srun.exitCode, 0, srun.stderr);
    assert.equal(srun.stdout.trim().split('\n').length, 3);
    await waitFor(async () => (await state()) === '', { timeoutMs: 30_000, what: `job ${job} to end` });
    const ended = await one.run(['scontrol', 'show', 'job', job]);
    assert.match(ended.stdout, /JobState=COMPLETED/);
    assert.match(ended.stdout, /Restarts=0/);
    const again = await startAgent(theLab().host(former.name), { peers: [] });
    agents = [...agents.filter(({ machine }) => machine.name !== former.name), again];
    await clusterctlText(one, ['wait', '--for', 'healthy', '--timeout', '60s'], 70_000);
  },
);

test(
  'an agent with another key appears in no table, and its log and exit say that the key was refused, and by whom',
  options,
  async () => {
    const host = theLab().host('node-d');
    host.writeFile('/etc/clusteros/cluster.key', newClusterKey(), { mode: 0o600 });
    const peers = cluster().flatMap(each => ['--peer', peerAddress(each)]);
    const start = [nodeAgent, 'start', '--bind', peerAddress(host), ...peers];
    const { exitCode, stdout, stderr } = await host.run(start);
    assert.equal(exitCode, 4, stderr);
    assert.match(
      stderr,
      /^error: the cluster key of this node was refused by 100\.64\.0\..*copy the cluster key/,
    );
    assert.match(stdout, /"event":"peer.key-refused"/);
    for (const rows of await everyHost(members))
      assert.deepEqual(names(rows), ['node-a', 'node-b', 'node-c']);
    const told = await waitFor(
      () => agents.flatMap(({ events }) => events).find(({ event }) => event === 'peer.turned-away'),
      { what: 'a member to tell of it' },
    );
    assert.match(
      told.text,
      new RegExp(`^${host.ip.replaceAll('.', '\\.')}:\\d+ was turned away: .*another cluster key`),
    );
  },
);

test(
  'all agents are killed at once and start in another order without peers: the same cluster, higher epochs',
  options,
  async () => {
    const [first] = cluster();
    assert.ok(first);
    const before = await members(first);
    for (const agent of agents) agent.kill('SIGKILL');
    await Promise.all(agents.map(({ child }) => child.exited));
    agents = [];
    for (const name of ['node-c', 'node-a', 'node-b'])
      agents.push(await startAgent(theLab().host(name), { peers: [] }));
    await Promise.all(agents.map(agent => agent.untilEvent('agent.ready', { timeoutMs: 20_000 })));
    await everyHost(host => clusterctlText(host, ['wait', '--for', 'members=3', '--timeout', '20s'], 30_000));
    for (const rows of await everyHost(members)) {
      assert.deepEqual(
        rows.map(({ id }) => id).sort(),
        before.map(({ id }) => id).sort(),
        'the same members',
      );
      for (const row of rows) {
        const former = before.find(({ id }) => id === row.id);
        assert.ok(former && row.epoch > former.epoch, `${row.name} has a higher epoch`);
      }
    }
    await controllerServes(first);
    const srun = await first.run(['srun', '-N3', '-l', 'hostname'], { timeoutMs: 30_000 });
    assert.equal(srun.exitCode, 0, `SLURM serves: ${srun.stderr}`);
  },
);

test(
  'a power failure is told from a process that dies: the host falls silent, is suspected, then dead; it comes back as itself',
  options,
  async () => {
    const [first] = cluster();
    assert.ok(first);
    const leader = await leaderSeenBy(first);
    const { name } = cluster().find(host => host.name !== leader.name && host.name !== 'node-a') ?? first;
    const watcher = theLab().host(leader.name);
    const before = (await members(watcher)).find(row => row.name === name);
    await theLab().powerOff(name);
    await waitFor(async () => (await members(watcher)).find(row => row.name === name)?.state === 'dead', {
      timeoutMs: 20_000,
      what: `${name} to be called dead`,
    });
    await theLab().powerOn(name);
    const again = await startAgent(theLab().host(name), { peers: [] });
    agents = [...agents.filter(({ machine }) => machine.name !== name), again];
    await waitFor(async () => (await members(watcher)).find(row => row.name === name)?.state === 'alive', {
      timeoutMs: 20_000,
      what: `${name} to be back`,
    });
    const after = (await members(watcher)).find(row => row.name === name);
    assert.equal(after?.id, before?.id);
    await clusterctlText(watcher, ['wait', '--for', 'healthy', '--timeout', '120s'], 130_000);
  },
);
