// Members of etcd without a Node, which k3s cannot be asked to take out: the keeper does, once nobody can be about to come by them, and
// never at the price of etcd's majority.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { ClusterView, ViewNode } from '../../../src/integrations/cluster-view.ts';
import { holdsWithout, isMemberName, orphansIn } from '../../../src/integrations/k3s/etcd-members.ts';
import type { EtcdMember, KubeNode } from '../../../src/integrations/k3s/kube.ts';
import { leaseLateMs, orphanPatienceMs } from '../../../src/integrations/k3s/limits.ts';
import { type K3sBench, type Node, readyBench } from './bench.ts';

const byName = (bench: K3sBench, name: string): Node => {
  const found = bench.nodes.find(each => each.name === name);
  assert.ok(found);
  return found;
};

/** It is a member of etcd that votes, and its machine has died before its Node was registered. */
function diesWithoutNode(bench: K3sBench, name: string): Node {
  const node = byName(bench, name);
  bench.k3s.powerOff(node.machine);
  bench.k3s.kube.deleteNode(name);
  bench.away.add(node.id);
  return node;
}

const idOf = (bench: K3sBench, name: string) => bench.k3s.etcd.of(name)?.id ?? '';
const keeperSays = (bench: K3sBench) =>
  bench.report(byName(bench, bench.having('keeper')[0] ?? ''), 'keeper')?.detail ?? '';

test('a removed server that had no node is taken out by etcd itself after a while, and another takes its place', async () => {
  const bench = await readyBench(4);
  const ceres = diesWithoutNode(bench, 'ceres');
  const id = idOf(bench, 'ceres');
  bench.remove(ceres);
  const sinceMs = bench.wallMs;
  await bench.rounds(30);
  assert.match(keeperSays(bench), /^in etcd without a node: ceres-0000000\d; taken out when .* 5 minutes$/);
  await bench.until(() => idOf(bench, 'ceres') === '', 'it is out', 400);
  assert.ok(bench.wallMs - sinceMs >= orphanPatienceMs);
  assert.ok(bench.k3s.kube.changes.includes(`remove member ${id}`), 'by that very id');
  await bench.settle(400);
  assert.deepEqual(bench.having('server'), ['atlas', 'borea', 'doris']);
  assert.equal(bench.k3s.etcd.voters.length, 3);
  assert.equal(keeperSays(bench), '');
});

test('a server that gives up its role and has no node is taken out at once', async () => {
  const bench = await readyBench(4);
  diesWithoutNode(bench, 'ceres');
  bench.settings = { k3s: { version: bench.log.index, settings: { roles: { ceres: 'none' } } } };
  await bench.until(() => idOf(bench, 'ceres') === '', 'it is out', 20);
  await bench.settle(400);
  assert.deepEqual(bench.having('server'), ['atlas', 'borea', 'doris']);
});

test('it stays while etcd would lose its majority, and people are told', async () => {
  const bench = await readyBench(4);
  const ceres = diesWithoutNode(bench, 'ceres');
  bench.remove(ceres);
  const { machine, id } = byName(bench, 'borea');
  await bench.rounds(orphanPatienceMs / 2000 - 10);
  // etcd itself still has its majority for a moment: whoever has just died is not known to be dead.
  bench.suspect.add(id);
  await bench.rounds(30);
  assert.notEqual(idOf(bench, 'ceres'), '');
  assert.match(keeperSays(bench), /ceres-\w+ stays in etcd, which would lose its majority/);
  assert.ok(machine.life);
  bench.suspect.clear();
  await bench.settle(400);
  assert.equal(bench.k3s.etcd.voters.length, 3);
});

test('a machine that was made anew gets the place of its former self, which had no node', async () => {
  const bench = await readyBench(3);
  diesWithoutNode(bench, 'ceres');
  const anew = await bench.reimage(byName(bench, 'ceres'));
  await bench.rounds(30);
  assert.equal(anew.machine.life, undefined);
  await bench.settle(400);
  assert.deepEqual(bench.having('server'), ['atlas', 'borea', 'ceres']);
  assert.equal(bench.k3s.etcd.voters.length, 3);
});

test('a member that has never started holds nobody up who asks to be let in: it may be the asker itself', async () => {
  const bench = await readyBench(3);
  bench.k3s.etcd.addSilent(bench.wallMs, true);
  const [keeper, borea] = [byName(bench, bench.having('keeper')[0] ?? ''), byName(bench, 'borea')];
  const answer = await keeper.k3s.answer?.(keeper.machine.host, 'admit server', borea.id);
  assert.deepEqual(JSON.parse(answer ?? ''), { kind: 'welcome', token: '' });
});

const always = { leftMs: () => 1000, stands: () => true, knownForMs: () => 60_000, hasReleased: () => false };
const memberOf = (name: string, change: Partial<EtcdMember> = {}): EtcdMember => {
  return { id: '18446744073709551615', name: `${name}-0000beef`, isLearner: false, ...change };
};
const nodeOf = (name: string, change: Partial<KubeNode> = {}): KubeNode => ({
  ...{
    name,
    labels: { 'clusteros.io/member': name },
    taints: [],
    unschedulable: false,
    ready: true,
    why: '',
  },
  ...{ leaseAgeMs: 5000, version: 'v1.34.9+k3s1', addresses: [] },
  annotations: { 'etcd.k3s.cattle.io/node-name': `${name}-0000beef` },
  ...change,
});
function viewOf(
  states: Readonly<Record<string, ViewNode['state']>>,
  { servers = Object.keys(states), leaving = '', waiting = '' } = {},
): ClusterView {
  const blank = { service: 'k3s', role: 'server', token: 7, reason: '', detail: '' };
  const nodes = Object.entries(states).map(([id, state]): ViewNode => {
    const report = { ...blank, state: 'starting' as const, step: id === waiting ? 'admission' : 'start' };
    return {
      ...{
        id,
        name: id,
        ip: '100.64.0.1',
        address: '',
        standing: 'voter',
        state,
        capabilities: [],
        tags: {},
      },
      reports: [report],
    };
  });
  const leave = { id: 9, kind: 'leave' as const, service: 'k3s', role: 'server', node: leaving, token: 7 };
  return {
    ...{ level: 2, clusterId: 'c', formerClusters: [], forgotten: {}, clusterName: 'lab', wallMs: 0, nodes },
    ...{ tenure: always, settings: {}, secretNames: [], secret: () => undefined, secretId: () => '' },
    self: { id: 'a', name: 'a', ip: '100.64.0.1' },
    grants: servers.map(node => ({ service: 'k3s', role: 'server', node, token: 7 })),
    operations: leaving === '' ? [] : [{ ...leave, steps: [], outcome: 'running', reason: '' }],
  };
}

test('a member of etcd is told to be of a node by its name, whatever else that begins with', () => {
  assert.ok(isMemberName('rack-1-0000beef', 'rack-1'));
  assert.ok(!isMemberName('rack-1-0000beef', 'rack'));
  assert.ok(!isMemberName('rack-1', 'rack-1'));
});

test('whoever may be just joining is no orphan; who is no server, gives that up, or waits to be let in is one', () => {
  const orphans = (view: ClusterView, nodes: readonly KubeNode[] = [], name = 'b') =>
    orphansIn(view, { members: [memberOf('a'), memberOf(name)], nodes }).map(({ member, isLeaving }) => [
      member.name,
      isLeaving,
    ]);
  for (const state of ['alive', 'suspect', 'degraded', 'dead', 'left'] as const)
    assert.deepEqual(orphans(viewOf({ a: 'alive', b: state })), [], `granted, not yet joined, ${state}`);
  assert.deepEqual(orphans(viewOf({ a: 'alive', b: 'alive' }, { servers: ['a'] })), [['b-0000beef', false]]);
  assert.deepEqual(orphans(viewOf({ a: 'alive', b: 'dead' }, { leaving: 'b' })), [['b-0000beef', true]]);
  assert.deepEqual(orphans(viewOf({ a: 'alive', b: 'alive' }, { waiting: 'b' })), [['b-0000beef', false]]);
  assert.deepEqual(orphans(viewOf({ a: 'alive' })), [['b-0000beef', false]], 'nobody of that name');
  assert.deepEqual(orphans(viewOf({ a: 'alive' }), [nodeOf('b', { annotations: {} })]), [], 'it has a node');
  assert.deepEqual(orphans(viewOf({ b: 'alive' }, { servers: [] }), [nodeOf('b')]), [], 'never the own one');
  const silent = { members: [memberOf('a'), memberOf('', { name: '' })], nodes: [] };
  assert.deepEqual(orphansIn(viewOf({ a: 'alive' }), silent), [], 'one that has never started');
});

test('etcd holds without a member when a majority of the other voters is there; one without a node is away', () => {
  const view = viewOf({ a: 'alive', b: 'alive', c: 'alive' });
  const [a, b, c] = [memberOf('a'), memberOf('b'), memberOf('c')];
  const [nodeA, nodeB] = [nodeOf('a'), nodeOf('b')];
  assert.ok(holdsWithout(view, { members: [a, b, c], nodes: [nodeA, nodeB] }, c));
  // Three vote, and one of them has no node: without the second the first is alone with it.
  assert.ok(!holdsWithout(view, { members: [a, b, c], nodes: [nodeA, nodeB] }, b));
  assert.ok(!holdsWithout(view, { members: [a], nodes: [nodeA] }, a), 'the last one');
  const late = nodeOf('b', { leaseAgeMs: leaseLateMs + 1 });
  assert.ok(!holdsWithout(view, { members: [a, b, c], nodes: [nodeA, late] }, c));
  const away = viewOf({ a: 'alive', b: 'dead', c: 'dead' });
  assert.ok(!holdsWithout(away, { members: [a, b, c], nodes: [nodeA, nodeB] }, c));
  const learner = memberOf('c', { isLearner: true });
  assert.ok(holdsWithout(away, { members: [a, b, learner], nodes: [] }, learner), 'nobody misses its vote');
  assert.ok(holdsWithout(view, { members: [a, b, learner], nodes: [nodeA] }, b), 'nor does it count');
});
