// What holds the leave of a member up is told in its operation, with how to end it, and in few entries of the log; and an operator's drain
// with a deadline ends it, also of pods that nothing makes anew.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { holdUpOf } from '../../../src/integrations/k3s/hold-ups.ts';
import type { KubePod } from '../../../src/integrations/k3s/kube.ts';
import { evidenceMax } from '../../../src/integrations/k3s/limits.ts';
import { advanced } from '../../../src/integrations/k3s/progress.ts';
import { type K3sBench, type Node, readyBench } from './bench.ts';

const byName = (bench: K3sBench, name: string): Node => {
  const found = bench.nodes.find(each => each.name === name);
  assert.ok(found);
  return found;
};
const leaveOf = (bench: K3sBench, { id }: Node) =>
  bench.log.operations.findLast(({ kind, node }) => kind === 'leave' && node === id);
const stepOf = (bench: K3sBench, node: Node) =>
  leaveOf(bench, node)?.steps.find(({ state }) => state === 'running');

/** One that gives its role up, and pods that do not go. */
async function leaving(name: string, roles: Readonly<Record<string, string>> = { [name]: 'none' }) {
  const bench = await readyBench(4);
  const { kube } = bench.k3s;
  kube.budgets.set('web', 0);
  kube.addPod({ name: 'lone', node: name, kind: 'bare' });
  kube.addPod({ name: 'web', node: name, kind: 'movable', budget: 'web' });
  kube.addPod({ name: 'daemon', node: name, kind: 'bound' });
  bench.settings = { k3s: { version: bench.log.index, settings: { roles } } };
  await bench.rounds(6);
  return { bench, node: byName(bench, name), kube };
}

test('the operation names the pods that hold a leave up, why they stay, and how to end them', async () => {
  const { bench, node, kube } = await leaving('doris');
  const step = stepOf(bench, node);
  assert.equal(step?.name, 'drain');
  assert.equal(
    step?.detail,
    '"clusterctl member drain doris --deadline 10m --requeue" (SLURM\'s jobs too) or "k3s kubectl delete pod -n NAMESPACE NAME" ends what stays: ' +
      'default/lone (nothing makes it anew), default/web (disruption budget)',
  );
  const { index } = bench.log;
  await bench.rounds(100);
  assert.equal(bench.log.index, index, 'told once');
  kube.budgets.set('web', 1);
  await bench.rounds(10);
  assert.match(
    stepOf(bench, node)?.detail ?? '',
    /ends what stays: default\/lone \(nothing makes it anew\)$/,
  );
  assert.ok(bench.log.index - index <= 2, `${bench.log.index - index} entries`);
  kube.pods = [];
  await bench.settle();
  assert.equal(leaveOf(bench, node)?.outcome, 'done');
  assert.deepEqual(
    leaveOf(bench, node)?.steps.map(({ detail }) => detail),
    ['', '', ''],
  );
});

for (const name of ['doris', 'borea'])
  test(`the deadline of a drain ends what holds a leave up, and not before (${name})`, async () => {
    const { bench, node, kube } = await leaving(name);
    const deadlineMs = bench.wallMs + 60_000;
    bench.drains.set(node.id, { reason: 'new fans', requeueAtMs: deadlineMs });
    await bench.rounds(3);
    assert.match(stepOf(bench, node)?.detail ?? '', /^ended at the deadline of its drain: default\/lone/);
    const isThere = (pod: string) => kube.podsOn(name).some(each => each.name === pod);
    while (bench.wallMs < deadlineMs) {
      assert.ok(isThere('lone') && isThere('web'), `${deadlineMs - bench.wallMs} ms before it`);
      await bench.round();
    }
    await bench.until(() => leaveOf(bench, node)?.outcome === 'done', 'it is over', 60);
    assert.ok(['lone', 'web'].every(pod => kube.changes.includes(`delete pod ${pod}`)));
    assert.equal(kube.nodes.has(name), false);
    bench.drains.clear();
    await bench.settle(400);
  });

test('a drain without a deadline ends nothing', async () => {
  const { bench, node, kube } = await leaving('doris');
  bench.drains.set(node.id, { reason: 'new fans', requeueAtMs: 0 });
  await bench.rounds(100);
  assert.deepEqual(
    kube.podsOn('doris').map(each => each.name),
    ['lone', 'web', 'daemon'],
  );
  assert.match(stepOf(bench, node)?.detail ?? '', /--requeue/);
});

test('that etcd would lose its majority is told in the operation, too', async () => {
  const bench = await readyBench(4);
  const [borea, ceres] = [byName(bench, 'borea'), byName(bench, 'ceres')];
  bench.k3s.kube.addPod({ name: 'lone', node: 'ceres', kind: 'bare' });
  bench.settings = { k3s: { version: bench.log.index, settings: { roles: { ceres: 'none' } } } };
  await bench.rounds(5);
  bench.k3s.powerOff(borea.machine);
  bench.away.add(borea.id);
  bench.k3s.kube.pods = [];
  await bench.rounds(40);
  const step = stepOf(bench, ceres);
  assert.deepEqual(
    [step?.name, step?.detail],
    ['forget', 'ceres stays in etcd, which would lose its majority: start the other servers'],
  );
  bench.away.clear();
  await bench.settle(400);
});

test('a k3s that does not end on a machine that gives its role up is told in the operation', async () => {
  const bench = await readyBench(2);
  const borea = byName(bench, 'borea');
  borea.machine.habits.hangs = true;
  bench.settings = { k3s: { version: bench.log.index, settings: { roles: { borea: 'none' } } } };
  await bench.rounds(20);
  const step = stepOf(bench, borea);
  assert.deepEqual([step?.name, step?.detail], ['stop', 'k3s agent does not end: is its disk hanging?']);
  borea.machine.habits.hangs = false;
  await bench.settle();
});

test('however many give up their roles at once, the report of the keeper stays what a record takes', async () => {
  const bench = await readyBench(3);
  const names = Array.from({ length: 20 }, (_, i) => `node-${i}`);
  for (const name of names) await bench.add(name);
  await bench.settle(400);
  for (const name of names) bench.k3s.kube.addPod({ name: `lone-${name}`, node: name, kind: 'bare' });
  const roles = Object.fromEntries(names.map(name => [name, 'none']));
  bench.settings = { k3s: { version: bench.log.index, settings: { roles } } };
  const keeper = byName(bench, bench.having('keeper')[0] ?? '');
  for (let round = 0; round < 60; round++) {
    await bench.round();
    const words = bench.report(keeper, 'keeper')?.evidence ?? [];
    assert.ok(words.length <= evidenceMax && words.every(({ length }) => length <= 512), `${words.length}`);
    if (round === 20) bench.k3s.kube.pods = [];
  }
  await bench.settle(400);
  assert.deepEqual(bench.having('agent'), []);
});

const pod = (name: string, change: Partial<KubePod> = {}): KubePod => ({
  ...{ namespace: 'default', name, uid: name, kind: 'bare', leaving: false },
  ...change,
});
const never = { reason: 'x', forceAtMs: 0 };

test('three are named, the others counted; those that are asked to go are on their way', () => {
  const many = ['e', 'd', 'c', 'b', 'a'].map(name => pod(name));
  assert.match(
    holdUpOf(many, new Set(), never, 'atlas'),
    /: default\/a \(.*\), default\/b \(.*\), default\/c \(.*\) and 2 more$/,
  );
  const going = [pod('x', { kind: 'movable' }), pod('y', { leaving: true })];
  assert.equal(holdUpOf(going, new Set(), never, 'atlas'), '2 pods are on their way');
  const bound = [pod('log', { kind: 'bound' }), pod('over', { kind: 'ended' })];
  assert.equal(holdUpOf(bound, new Set(), never, 'atlas'), '');
  const long = many.map(({ name }) => pod(`${name}${'x'.repeat(250)}`));
  const text = holdUpOf(long, new Set(), never, 'atlas');
  assert.ok(text.length <= 300 && text.includes('kubectl delete pod'), text);
});

test('what is waited for is news when more than its numbers change', () => {
  const steps = [
    { name: 'drain', state: 'running' as const, detail: '7 pods are on their way' },
    { name: 'forget', state: 'pending' as const, detail: '' },
  ];
  const leave = { id: 9, kind: 'leave' as const, service: 'k3s', role: 'agent', node: 'n', token: 7 };
  const news = (waitsFor?: string, done = [false, false]) =>
    advanced({ ...leave, steps, outcome: 'running', reason: '' }, done, waitsFor).length;
  assert.equal(news('3 pods are on their way'), 0);
  assert.equal(news(undefined), 0, 'nothing is known: what was told stays');
  assert.equal(news('default/lone stays'), 1);
  assert.equal(news('3 pods are on their way', [true, false]), 1);
});
