// Trouble that was seen on real SLURM, or that a crash at the wrong moment leaves: each on machines in memory.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { ClusterView, ServiceReport } from '../../src/integrations/cluster-view.ts';
import type { Retry } from '../../src/integrations/reconciler.ts';
import { slurmIntegration } from '../../src/integrations/slurm/slurm.ts';
import { CopyWorld, MemoryCopies } from './memory-copies.ts';
import { type MemoryHost, SlurmWorld } from './memory-host.ts';
import { inOnePass } from './one-pass.ts';

const once: Retry = attempt => attempt();
const settings = (host: MemoryHost) => ({
  ...{
    fencingFile: '/var/lib/clusteros/fencing.json',
    takenFile: '/var/lib/clusteros/slurm-taken',
    retry: once,
  },
  copies: new MemoryCopies(new CopyWorld(), 'a', host),
  counterparts: { ask: async () => assert.fail('there is nobody to ask') },
  remember: async () => true,
});
const ip = '100.64.0.1';
const node = {
  ...({ id: 'a', name: 'atlas', ip, address: `${ip}:7443`, standing: 'voter', state: 'alive' } as const),
  capabilities: ['memory-mib=8000'],
  tags: {},
};

function viewWith(reports: readonly ServiceReport[]): ClusterView {
  return {
    level: 1,
    ...{
      clusterId: 'c',
      formerClusters: [],
      forgotten: {},
      clusterName: 'lab',
      self: node,
      nodes: [{ ...node, reports }],
      operations: [],
    },
    grants: [
      { service: 'slurm', role: 'controller', node: 'a', token: 5 },
      { service: 'slurm', role: 'worker', node: 'a', token: 6 },
    ],
    wallMs: 0,
    settings: {},
    secretNames: ['slurm/munge.key'],
    tenure: { leftMs: () => 1000, stands: () => true, knownForMs: () => 60_000, hasReleased: () => false },
    secret: () => new Uint8Array(1024).fill(7),
    secretId: () => 'cafe0007',
  };
}

/** One machine that is both controller and worker; `pass` runs one pass with the reports of the last. */
function oneMachine() {
  const host = new SlurmWorld().addHost('atlas', ip);
  const slurm = inOnePass(slurmIntegration(settings(host)));
  let reports: readonly ServiceReport[] = [];
  const pass = async (onReport: (report: ServiceReport) => void = () => {}) => {
    reports = await slurm.pass(host, viewWith(reports), onReport);
    return reports;
  };
  return { host, slurm, pass };
}

async function readyMachine() {
  const machine = oneMachine();
  await machine.pass();
  const reports = await machine.pass();
  assert.deepEqual(states(reports), ['ready', 'ready']);
  machine.host.commands.length = 0;
  return machine;
}

const states = (reports: readonly ServiceReport[]) => reports.map(({ state }) => state);
const startsOf = (host: MemoryHost, program: string) =>
  host.commands.filter(command => command.split(' ')[0] === program).length;

test('every part of a join is told as it begins, the first one too', async () => {
  const told: string[] = [];
  const { pass } = oneMachine();
  await pass(({ role, step }) => told.push(`${role} ${step}`));
  assert.deepEqual(told, ['controller munge', 'controller slurmctld']);
});

test('slurmctld whose pid file comes late is started once: a second one would kill the first', async () => {
  const { host, pass } = oneMachine();
  host.programs.set('slurmctld', () => ({}));
  const pause = host.pause.bind(host);
  let pauses = 0;
  host.pause = () => {
    pauses += 1;
    if (pauses === 3) host.startProcess('slurmctld', '/run/slurmctld.pid');
    return pause();
  };
  const [report] = await pass();
  assert.deepEqual([report?.state, startsOf(host, 'slurmctld')], ['ready', 1]);
});

test('a daemon that dies after it went into the background is told with its last words, not with older ones', async () => {
  const { host, pass } = oneMachine();
  const log = '/var/log/slurm/slurmctld.log';
  host.put(log, '[2026-11-22T01:00:00.000] fatal: CLUSTER NAME MISMATCH.\n');
  host.programs.set('slurmctld', () => {
    host.put(log, `${host.text(log)}[2026-11-23T05:00:00.000] fatal: the disk is on fire\nbye\n`);
    return {};
  });
  const [report] = await pass();
  assert.deepEqual([report?.state, report?.step, report?.reason], ['failing', 'slurmctld', 'unexpected']);
  assert.match(
    report?.detail ?? '',
    /slurmctld.*\/var\/log\/slurm\/slurmctld\.log.*: fatal: the disk is on fire$/,
  );
  assert.equal(startsOf(host, 'slurmctld'), 1, 'one start a pass');
  assert.deepEqual((await pass())[0], report, 'the same trouble is the same report, to the letter');
});

test('an agent that is killed between writing slurm.conf and telling slurmd has it read by the next one', async () => {
  const { host, slurm, pass } = await readyMachine();
  const conf = host.text('/etc/slurm/slurm.conf');
  const signals: string[] = [];
  const signal = host.signal.bind(host);
  host.put('/etc/slurm/slurm.conf', 'ClusterName=older\n');
  host.signal = async () => {
    throw new Error('the agent is killed here');
  };
  await slurm.pass(host, viewWith([]), () => {});
  assert.notEqual(host.text('/etc/slurm/slurm.conf'), conf, 'slurmd has not read it');
  host.signal = async (pid, name) => {
    signals.push(`${host.processes.get(pid)} ${name}`);
    return signal(pid, name);
  };
  await pass();
  assert.deepEqual(signals, ['slurmd SIGHUP']);
  assert.equal(host.text('/etc/slurm/slurm.conf'), conf);
});

test('a worker that serves stays ready when the agent of the controller has nothing to say yet', async () => {
  const { host, slurm } = await readyMachine();
  const reports = await slurm.pass(host, viewWith([]), () => assert.fail('nothing is started'));
  assert.deepEqual(states(reports), ['ready', 'ready']);
});

test('a worker without a controller waits, without a failure, and is repaired as far as it can be', async () => {
  const { host, slurm } = oneMachine();
  const view = { ...viewWith([]), grants: viewWith([]).grants.slice(1) };
  const [alone] = await slurm.pass(host, view, () => {});
  assert.deepEqual([alone?.state, alone?.step], ['starting', 'slurmd']);
  const nodes = [
    { ...node, reports: [] },
    { ...node, id: 'b', name: 'borea', reports: [] },
  ];
  const grants = [{ service: 'slurm', role: 'controller', node: 'b', token: 5 }, ...view.grants];
  const [waiting] = await slurm.pass(host, { ...view, nodes, grants }, () => {});
  assert.deepEqual([waiting?.state, waiting?.detail], ['starting', 'waiting for the controller on borea']);
  assert.ok(host.runs('munged') && !host.runs('slurmd'));
});

test('a controller that does not answer is called that, and asked no more than twice in a pass', async () => {
  const { host, pass } = await readyMachine();
  host.programs.set('scontrol', () => ({ exitCode: -1, stderr: 'scontrol did not end within 5000 ms' }));
  const [, worker] = await pass();
  assert.deepEqual([worker?.state, worker?.reason], ['failing', 'controller-unreachable']);
  const asked = host.commands.filter(command => command.endsWith('show node atlas'));
  assert.equal(asked.length, 2, 'it holds up the pass by seconds each time');
});

test('a node that was deleted at the controller comes back by a new slurmd', async () => {
  const { host, pass } = await readyMachine();
  host.files.delete('/var/lib/slurm/slurmctld/nodes/atlas');
  const [, gone] = await pass();
  assert.deepEqual([gone?.state, gone?.reason], ['failing', 'not-registered']);
  assert.deepEqual(states(await pass()), ['ready', 'ready']);
});

test('a drained node is told with the command that takes it back, and is not resumed', async () => {
  const { host, pass } = await readyMachine();
  host.programs.set('scontrol', () => ({
    stdout: `NodeName=atlas NodeAddr=${ip} State=IDLE+DRAIN+DYNAMIC_NORM\n`,
  }));
  const [, worker] = await pass();
  assert.deepEqual([worker?.state, worker?.reason], ['failing', 'node-not-usable']);
  assert.match(worker?.detail ?? '', /calls atlas drain: .*"scontrol update nodename=atlas state=resume"/);
  assert.ok(!host.commands.some(command => command.startsWith('scontrol update')));
});

test('jobs are left the memory that the system does not need; a machine of unknown size says nothing', async () => {
  const memoryGiven = async (capabilities: readonly string[]) => {
    const { host, slurm, pass } = oneMachine();
    const [controller] = await pass();
    assert.ok(controller);
    const view = viewWith([controller]);
    const nodes = [{ ...node, capabilities, reports: [controller] }];
    await slurm.pass(host, { ...view, nodes }, () => {});
    const command = host.commands.find(each => each.startsWith('slurmd '));
    return /RealMemory=(\d+)/.exec(command ?? '')?.[1];
  };
  assert.equal(await memoryGiven(['memory-mib=8000']), '7488');
  assert.equal(await memoryGiven(['memory-mib=64000']), '60800');
  assert.equal(await memoryGiven(['memory-mib=600']), '300');
  assert.equal(await memoryGiven([]), undefined);
});

const lua = '/etc/slurm/job_submit.lua';
const controllerConf = '/etc/slurm/clusteros-slurmctld.conf';
const detailOf = (reports: readonly ServiceReport[]) =>
  reports.find(({ role }) => role === 'controller')?.detail ?? '';

test('slurmctld writes down what is asked for, and nobody but slurmctld reads it', async () => {
  const { host, pass } = await readyMachine();
  assert.match(host.text(controllerConf), /\n# Of this start only\.\nJobSubmitPlugins=lua\n$/);
  assert.match(host.text(lua), /^-- Written by ClusterOS/);
  assert.deepEqual(host.folders.get('/var/lib/slurm/slurmctld/requests'), { mode: 0o700, owner: 'slurm' });
  assert.equal(detailOf(await pass()), '');
});

test('a job_submit.lua of an operator stays, and it is said what that costs', async () => {
  const { host, pass } = oneMachine();
  host.put(lua, 'function slurm_job_submit() return slurm.SUCCESS end\n');
  await pass();
  const reports = await pass();
  assert.deepEqual(states(reports), ['ready', 'ready']);
  assert.equal(host.text(lua), 'function slurm_job_submit() return slurm.SUCCESS end\n');
  assert.ok(!host.text(controllerConf).includes('JobSubmitPlugins'));
  assert.match(detailOf(reports), /listed, but not offered again/);
});

test('a machine without Lua serves all the same', async () => {
  const { host, pass } = oneMachine();
  const start = host.programs.get('slurmctld');
  assert.ok(start);
  host.programs.set('slurmctld', (args, on, input) =>
    args[0] !== '-V' && host.text(controllerConf).includes('JobSubmitPlugins')
      ? { exitCode: 1, stderr: 'slurmctld: fatal: failed to initialize job_submit plugin\n' }
      : start(args, on, input),
  );
  await pass();
  const reports = await pass();
  assert.deepEqual(states(reports), ['ready', 'ready']);
  assert.match(detailOf(reports), /cannot load job_submit\/lua/);
});
