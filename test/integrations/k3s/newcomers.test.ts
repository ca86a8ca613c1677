// Servers that never come: one that fails for good before it has joined, or whose machine dies before that, makes room for another, and does
// not get its turn again while there is one.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { newcomerPatienceMs } from '../../../src/integrations/k3s/limits.ts';
import { folders } from '../../../src/integrations/k3s/names.ts';
import { K3sBench, type Node } from './bench.ts';

const byName = (bench: K3sBench, name: string): Node => {
  const found = bench.nodes.find(each => each.name === name);
  assert.ok(found);
  return found;
};
/** A file of somebody else by which its server is unlike all others: it fails for good. An agent does not mind. */
const site = `${folders.drop}/90-site.yaml`;

/** So many machines, of which these cannot be servers. */
async function benchOf(names: readonly string[], unfit: readonly string[]): Promise<K3sBench> {
  const bench = new K3sBench();
  for (const name of names) {
    const { machine } = await bench.add(name);
    if (unfit.includes(name)) machine.host.put(site, 'cluster-domain: other.local\n');
  }
  return bench;
}

const operationsOf = (bench: K3sBench, name: string, role = 'server') =>
  bench.log.operations
    .filter(each => each.role === role && each.node === byName(bench, name).id)
    .map(({ kind, outcome, reason }) => [kind, outcome, reason].filter(word => word !== '').join(' '));

/** Nothing more is decided, however long; but for what is just ending. */
async function staysSo(bench: K3sBench): Promise<void> {
  await bench.rounds(5);
  const { index } = bench.log;
  await bench.rounds(200);
  assert.equal(bench.log.index, index, bench.standing());
}

test('a server that fails for good before it has joined is replaced, and is not chosen again', async () => {
  const bench = await benchOf(['atlas', 'borea', 'ceres', 'doris'], ['borea']);
  await bench.settle(400);
  assert.deepEqual(bench.having('server'), ['atlas', 'ceres', 'doris']);
  assert.deepEqual(bench.having('agent'), ['borea']);
  assert.deepEqual(operationsOf(bench, 'borea'), ['join failed settings-differ', 'leave done']);
  assert.equal(bench.k3s.etcd.voters.length, 3);
  assert.deepEqual(bench.readyNodes(), ['atlas', 'borea', 'ceres', 'doris']);
  await staysSo(bench);
});

test('without enough others it keeps its role, its reason stays, and those who wait work as agents; one more machine sets it right', async () => {
  const bench = await benchOf(['atlas', 'borea', 'ceres'], ['borea']);
  await bench.until(() => bench.report(byName(bench, 'ceres'), 'agent')?.state === 'ready', 'it works');
  await staysSo(bench);
  assert.deepEqual(bench.having('server'), ['atlas', 'borea']);
  assert.equal(bench.report(byName(bench, 'borea'), 'server')?.reason, 'settings-differ');
  assert.equal(bench.k3s.etcd.voters.length, 1, 'one, not two');
  await bench.add('doris');
  await bench.settle(400);
  assert.deepEqual(bench.having('server'), ['atlas', 'ceres', 'doris']);
});

test('two that fail do not take turns: the second keeps its role when nobody else is left', async () => {
  const bench = await benchOf(['atlas', 'borea', 'ceres', 'doris'], ['borea', 'ceres']);
  await bench.until(
    () => operationsOf(bench, 'ceres').includes('join failed settings-differ'),
    'both have',
    400,
  );
  await bench.rounds(20);
  await staysSo(bench);
  assert.deepEqual(bench.having('server'), ['atlas', 'ceres']);
  assert.deepEqual(bench.having('agent'), ['borea', 'doris']);
  await bench.add('eunom');
  await bench.settle(400);
  assert.deepEqual(bench.having('server'), ['atlas', 'doris', 'eunom']);
  assert.equal(operationsOf(bench, 'borea').length, 2, 'one try, and its end');
});

test('one that has failed, was mended and says better is let come', async () => {
  const bench = await benchOf(['atlas', 'borea', 'ceres'], ['borea']);
  const borea = byName(bench, 'borea');
  await bench.until(
    () =>
      operationsOf(bench, 'borea').length > 0 &&
      bench.log.operations.some(({ reason }) => reason === 'settings-differ'),
    'it has failed',
    100,
  );
  borea.machine.host.files.delete(site);
  await bench.restartAgent(borea);
  await bench.settle(400);
  assert.deepEqual(bench.having('server'), ['atlas', 'borea', 'ceres']);
  assert.deepEqual(operationsOf(bench, 'borea'), ['join failed settings-differ', 'join done']);
});

test('a server whose machine dies before it has joined is replaced after a while, not for a moment, and comes back as an agent', async () => {
  const bench = await benchOf(['atlas', 'borea', 'ceres', 'doris'], []);
  const borea = byName(bench, 'borea');
  borea.machine.habits.startMs = 60_000;
  await bench.until(() => borea.machine.life !== undefined, 'its k3s is started');
  bench.k3s.powerOff(borea.machine);
  bench.away.add(borea.id);
  const sinceMs = bench.wallMs;
  await bench.until(() => !bench.having('server').includes('borea'), 'it makes room', 400);
  assert.ok(bench.wallMs - sinceMs >= newcomerPatienceMs, `${bench.wallMs - sinceMs} ms`);
  await bench.until(() => bench.having('server').length === 3, 'three', 200);
  borea.machine.habits.startMs = 1000;
  await bench.restartAgent(borea);
  bench.away.clear();
  await bench.settle(400);
  assert.deepEqual(bench.having('server'), ['atlas', 'ceres', 'doris']);
  assert.deepEqual(bench.having('agent'), ['borea']);
  assert.equal(bench.k3s.etcd.voters.length, 3);
  await staysSo(bench);
});

test('one that has died as a voter, before its node was registered, is out of etcd before another takes its place', async () => {
  const bench = await benchOf(['atlas', 'borea', 'ceres', 'doris'], []);
  const { etcd } = bench.k3s;
  await bench.until(() => etcd.of('ceres') !== undefined, 'it learns', 100);
  const ceres = byName(bench, 'ceres');
  bench.k3s.powerOff(ceres.machine);
  bench.away.add(ceres.id);
  const member = etcd.of('ceres');
  assert.ok(member?.isLearner && !bench.k3s.kube.nodes.has('ceres'));
  member.isLearner = false;
  await bench.until(() => bench.having('server').includes('doris'), 'another is', 400);
  assert.ok(bench.k3s.kube.changes.includes(`remove member ${member.id}`));
  await bench.until(
    () => bench.report(byName(bench, 'doris'), 'server')?.state === 'ready',
    'it is ready',
    100,
  );
  assert.deepEqual(bench.having('server'), ['atlas', 'borea', 'doris']);
  assert.equal(etcd.voters.length, 3);
});

test('two that die before they have joined do not take turns either', async () => {
  const bench = await benchOf(['atlas', 'borea', 'ceres', 'doris'], []);
  const dying = ['borea', 'ceres'].map(name => byName(bench, name));
  for (const { machine } of dying) machine.habits.startMs = 60_000;
  for (let round = 0; round < 1500; round++) {
    // Each is there until it is given the role, and is back once it has lost it.
    for (const { id, name, machine } of dying) {
      const isServer = bench.having('server').includes(name);
      if (isServer && machine.life?.kind === 'server') bench.k3s.powerOff(machine);
      if (isServer && machine.life === undefined) bench.away.add(id);
      if (!isServer) bench.away.delete(id);
    }
    await bench.round();
  }
  const leaves = bench.log.operations.filter(({ kind, role }) => kind === 'leave' && role === 'server');
  assert.ok(leaves.length <= 2, `${leaves.length} servers have made room`);
});

test('a founder that fails for good founds no less: nobody takes its place', async () => {
  const bench = await benchOf(['atlas', 'borea', 'ceres'], []);
  byName(bench, 'atlas').machine.habits.failure = {
    line: 'level=fatal msg="flag provided but not defined: -x"',
    ends: true,
  };
  await bench.rounds(20);
  await staysSo(bench);
  assert.deepEqual([bench.having('keeper'), bench.having('server')], [['atlas'], ['atlas']]);
  assert.deepEqual(bench.k3s.founders, []);
});
