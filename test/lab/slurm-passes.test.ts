// The SLURM integration without agents, on real munged, slurmctld and slurmd in a lab: this test hands out the roles and
// has each host run passes, so that what fails here is the integration's own.
import assert from 'node:assert/strict';
import { randomBytes } from 'node:crypto';
import { after, test } from 'node:test';
import { fileURLToPath } from 'node:url';
import type { ServiceReport } from '../../src/integrations/cluster-view.ts';
import type { Host } from './host.ts';
import { Lab } from './lab.ts';
import { missingForSlurm } from './requirements.ts';
import { waitFor } from './wait-for.ts';

const runner = fileURLToPath(new URL('slurm-runner.ts', import.meta.url));
/** A pass with a dead controller waits for SLURM's clients twice, 5 s each. */
const passTimeoutMs = 60_000;

const missing = missingForSlurm();
const options = missing === undefined ? { timeout: 240_000 } : { skip: missing };
const key = randomBytes(1024).toString('base64');
const reports = new Map<string, readonly ServiceReport[]>();
/** One SLURM for all tests of this file, which run in the order in which they stand. */
let lab: Lab | undefined;
after(() => lab?.stop());

function theLab(): Lab {
  assert.ok(lab, 'the first test made the lab');
  return lab;
}

/** One pass of a new process on that host: what an agent does after each of its starts. */
async function pass(host: Host): Promise<readonly ServiceReport[]> {
  const { hosts } = theLab();
  const view = {
    settings: {},
    ...{ clusterId: 'c', clusterName: 'lab', operations: [], secrets: { 'slurm/munge.key': key } },
    self: { id: host.name, name: host.name, ip: host.ip },
    nodes: hosts.map(({ name, ip }) => ({
      ...{ id: name, name, ip, state: 'alive', capabilities: ['memory-mib=1500'], tags: {} },
      reports: reports.get(name) ?? [],
    })),
    grants: [
      { service: 'slurm', role: 'controller', node: 'node-a', token: 10 },
      ...hosts.map(({ name }, i) => ({ service: 'slurm', role: 'worker', node: name, token: 11 + i })),
    ],
  };
  const { exitCode, stdout, stderr } = await host.run([process.execPath, runner], {
    input: JSON.stringify(view),
    timeoutMs: passTimeoutMs,
  });
  assert.equal(exitCode, 0, stderr);
  const last = JSON.parse(stdout.trim().split('\n').at(-1) ?? '') as { reports: readonly ServiceReport[] };
  reports.set(host.name, last.reports);
  return last.reports;
}

const statesOf = (said: readonly ServiceReport[]) => said.map(({ role, state }) => `${role} ${state}`);

async function run(host: Host, script: string): Promise<string> {
  const { exitCode, stdout, stderr } = await host.run(['bash', '-c', script]);
  assert.equal(exitCode, 0, `${host.name}: ${script}: ${stdout}${stderr}`);
  return stdout.trim();
}

const pids = (host: Host, names = 'munged slurmctld slurmd') =>
  run(host, `for name in ${names}; do cat /run/$name.pid /run/munge/$name.pid 2>/dev/null; done; true`);

async function runsOnAll(host: Host): Promise<void> {
  const output = await run(host, 'srun -N3 -l hostname');
  const names = output.split('\n').map(line => line.replace(/^\d+: /, ''));
  assert.deepEqual(names.sort(), ['node-a', 'node-b', 'node-c']);
}

test('three hosts become a SLURM that runs a job on all of them', options, async () => {
  lab = await Lab.start({ hosts: 3 });
  const [a, b, c] = lab.hosts;
  assert.ok(a && b && c);
  assert.deepEqual(statesOf(await pass(a)), ['controller ready', 'worker starting']);
  for (const host of [a, b, c]) await pass(host);
  assert.deepEqual([...reports.values()].map(statesOf), [
    ['controller ready', 'worker ready'],
    ['worker ready'],
    ['worker ready'],
  ]);
  await runsOnAll(c);
  assert.equal(await run(b, 'stat -c "%U:%G %a %s" /etc/munge/munge.key'), 'munge:munge 400 1024');
  assert.equal(
    await run(a, 'sinfo -h -N -o "%n %o" | sort | uniq'),
    lab.hosts.map(h => `${h.name} ${h.ip}`).join('\n'),
  );
});

test('an agent that starts anew finds the daemons as they are and leaves them so', options, async () => {
  for (const host of theLab().hosts) {
    const before = await pids(host);
    assert.ok(statesOf(await pass(host)).every(state => state.endsWith(' ready')));
    assert.equal(await pids(host), before);
  }
});

test(
  'a killed munged, a changed key and a killed slurmd are put right by one pass each',
  options,
  async () => {
    const [, b] = theLab().hosts;
    assert.ok(b);
    for (const harm of [
      'kill -9 $(cat /run/munge/munged.pid)',
      'head -c 1024 /dev/zero > /etc/munge/munge.key',
      'kill -9 $(cat /run/slurmd.pid)',
    ]) {
      await run(b, harm);
      assert.deepEqual(statesOf(await pass(b)), ['worker ready'], harm);
      await runsOnAll(b);
    }
  },
);

test('a node that was deleted at the controller comes back by itself', options, async () => {
  const [a, b] = theLab().hosts;
  assert.ok(a && b);
  await waitFor(async () => (await b.run(['scontrol', 'delete', 'nodename=node-b'])).exitCode === 0, {
    what: 'node-b to be idle and deleted',
  });
  const [gone] = await pass(b);
  assert.deepEqual([gone?.state, gone?.reason], ['failing', 'not-registered']);
  assert.deepEqual(statesOf(await pass(b)), ['worker ready']);
  await runsOnAll(a);
});

test('a killed slurmctld is named by the workers and started once by its own node', options, async () => {
  const [a, b] = theLab().hosts;
  assert.ok(a && b);
  await run(a, 'kill -9 $(cat /run/slurmctld.pid)');
  const [worker] = await pass(b);
  assert.deepEqual([worker?.state, worker?.reason], ['failing', 'controller-unreachable']);
  // The new controller may need a while until it has heard of all its nodes.
  for (const host of [a, b]) {
    const ready = async () => statesOf(await pass(host)).every(state => state.endsWith(' ready'));
    await waitFor(ready, { what: `all of ${host.name} to be ready`, timeoutMs: 60_000 });
  }
  const log = await run(a, 'cat /var/log/slurm/slurmctld.log');
  assert.equal(log.match(/ started on cluster /g)?.length, 2);
  assert.doesNotMatch(log, /killing old slurmctld/);
});

// After the kill above: SLURM saves its nodes every few seconds, and would forget a resume that it had not saved yet.
test('a drained node is told with its mend and is left drained', options, async () => {
  const [, b] = theLab().hosts;
  assert.ok(b);
  await run(b, 'scontrol update nodename=node-b state=drain reason=disk');
  const [drained] = await pass(b);
  assert.deepEqual([drained?.state, drained?.reason], ['failing', 'node-not-usable']);
  await run(b, 'scontrol update nodename=node-b state=resume');
  assert.deepEqual(statesOf(await pass(b)), ['worker ready']);
});

test(
  'a state folder of another cluster ends the join with the reason, and is left as it is',
  options,
  async () => {
    const [a] = theLab().hosts;
    assert.ok(a);
    const name = '/var/lib/slurm/slurmctld/clustername';
    await run(a, `kill -9 $(cat /run/slurmctld.pid); printf other > ${name}`);
    const [controller] = await pass(a);
    assert.deepEqual([controller?.state, controller?.reason], ['failing', 'wrong-cluster-name']);
    assert.equal(await run(a, `cat ${name}`), 'other');
  },
);
