// What the keeper has Kubernetes think of its nodes, from what is and what was decided: only what is ours is touched.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { ClusterView, OperationView, ViewNode } from '../../../src/integrations/cluster-view.ts';
import type { KubeNode, KubePod } from '../../../src/integrations/k3s/kube.ts';
import { evictAgainMs, evictionsMax, leaseGoneMs } from '../../../src/integrations/k3s/limits.ts';
import { type Sight, upkeep } from '../../../src/integrations/k3s/upkeep.ts';
import { readyBench } from './bench.ts';

const nowMs = 1_800_000_000_000;
const always = { leftMs: () => 1000, stands: () => true, knownForMs: () => 60_000, hasReleased: () => false };
const member = (change: Partial<ViewNode> = {}): ViewNode => ({
  ...{ id: 'id-1', name: 'atlas', ip: '100.64.0.1', address: '100.64.0.1:7443', standing: 'voter' },
  ...{ state: 'alive', capabilities: ['k3s-node'], tags: {}, reports: [] },
  ...change,
});
const node = (change: Partial<KubeNode> = {}): KubeNode => ({
  ...{ name: 'atlas', labels: { 'clusteros.io/member': 'id-1' }, annotations: {}, taints: [] },
  ...{ unschedulable: false, ready: true, why: '', leaseAgeMs: 5000, version: 'v1.34.9+k3s1', addresses: [] },
  ...change,
});
const pod = (kind: KubePod['kind'], change: Partial<KubePod> = {}): KubePod => ({
  ...{ namespace: 'default', name: `${kind}-pod`, uid: `${kind}-uid`, kind, leaving: false },
  ...change,
});
const leave: OperationView = {
  ...{ id: 30, kind: 'leave', service: 'k3s', role: 'agent', node: 'id-1', token: 20 },
  ...{ steps: [], outcome: 'running', reason: '' },
};

function done(
  {
    members = [member()],
    operations = [],
    settings = {},
    isGranted = true,
  }: {
    readonly members?: readonly ViewNode[];
    readonly operations?: readonly OperationView[];
    readonly settings?: unknown;
    readonly isGranted?: boolean;
  },
  nodes: readonly KubeNode[],
  pods: readonly KubePod[] = [],
  forbidden: Sight['forbidden'] = new Map(),
) {
  const view: ClusterView = {
    ...{
      level: 2,
      clusterId: 'c',
      formerClusters: [],
      forgotten: {},
      clusterName: 'lab',
      wallMs: nowMs,
      tenure: always,
    },
    ...{ self: { id: 'id-1', name: 'atlas', ip: '100.64.0.1' }, nodes: members, operations },
    grants: isGranted ? [{ service: 'k3s', role: 'agent', node: 'id-1', token: 20 }] : [],
    settings: { k3s: { version: 1, settings } },
    ...{ secretNames: [], secret: () => undefined, secretId: () => '' },
  };
  return upkeep(view, { nodes, pods: new Map([['atlas', pods]]), forbidden });
}

const drained = (requeueAtMs = 0) => member({ drain: { reason: 'new fans', requeueAtMs } });
const cordoned = node({ unschedulable: true, annotations: { 'clusteros.io/drain': 'new fans' } });

test('a node that is as it should be is left alone', () => {
  assert.deepEqual(done({}, [node()]), []);
});

test('work is kept from a member that is drained, and given back by us only where we have kept it', () => {
  const kept = { unschedulable: true, annotations: { 'clusteros.io/drain': 'new fans' } };
  const [first] = done({ members: [drained()] }, [node()]);
  assert.deepEqual(first?.kind === 'change' && first.change, kept);
  assert.deepEqual(done({ members: [drained()] }, [cordoned]), []);
  const [resumed] = done({}, [cordoned]);
  const given = { unschedulable: false, annotations: { 'clusteros.io/drain': null } };
  assert.deepEqual(resumed?.kind === 'change' && resumed.change, given);
  const byHand = node({ unschedulable: true });
  assert.deepEqual(done({}, [byHand]), [], 'somebody else keeps work from it');
  assert.deepEqual(done({ members: [drained()] }, [byHand]), [], 'and goes on to, when we are done');
});

test('what somebody gives work by hand while it is drained is taken out of it again', () => {
  const [again] = done({ members: [drained()] }, [node({ ...cordoned, unschedulable: false })]);
  assert.equal(again?.kind === 'change' && again.change.unschedulable, true);
});

test('pods that something makes anew elsewhere go; bare ones, daemons and what has ended stay', () => {
  const pods = [
    pod('movable'),
    pod('bare'),
    pod('bound'),
    pod('ended'),
    pod('movable', { leaving: true, uid: 'x' }),
  ];
  const [evicted] = done({ members: [drained()] }, [cordoned], pods);
  assert.ok(evicted?.kind === 'evict' && !evicted.force);
  assert.deepEqual(evicted.pods, [pods[0]]);
  assert.deepEqual(
    done({ members: [drained()] }, [node()], pods).map(({ kind }) => kind),
    ['change'],
    'kept first',
  );
});

test('an eviction that a disruption budget forbids is asked for again later, and forced once its time is up', () => {
  const pods = [pod('movable'), pod('bare')];
  const forbidden = (agoMs: number) => new Map([['movable-uid', nowMs - agoMs]]);
  assert.deepEqual(done({ members: [drained()] }, [cordoned], pods, forbidden(evictAgainMs - 1)), []);
  assert.equal(done({ members: [drained()] }, [cordoned], pods, forbidden(evictAgainMs)).length, 1);
  assert.deepEqual(done({ members: [drained(nowMs + 1)] }, [cordoned], pods, forbidden(0)), []);
  const [forced] = done({ members: [drained(nowMs)] }, [cordoned], pods, forbidden(0));
  assert.ok(forced?.kind === 'evict' && forced.force);
  assert.deepEqual(forced.pods, pods, 'bare ones too');
});

test('a node full of pods is freed in parts', () => {
  const pods = Array.from({ length: evictionsMax + 5 }, (_, i) => pod('movable', { uid: `uid-${i}` }));
  const [evicted] = done({ members: [drained()] }, [cordoned], pods);
  assert.equal(evicted?.kind === 'evict' && evicted.pods.length, evictionsMax);
});

test('labels follow the tags of a member and what its machine has; those of others stay', () => {
  const tagged = member({
    tags: { site: 'basel', rack: 'r1' },
    capabilities: ['k3s-node', 'gpus=2', 'gpu=nvidia:A100'],
  });
  const labels = {
    'clusteros.io/member': 'id-1',
    'tag.clusteros.io/old': 'x',
    'clusteros.io/gpus': '1',
    theirs: 'y',
  };
  const [changed] = done({ members: [tagged] }, [node({ labels })]);
  assert.deepEqual(changed?.kind === 'change' && changed.change.labels, {
    ...{
      'clusteros.io/gpus': '2',
      'clusteros.io/gpu-nvidia': 'true',
      'topology.kubernetes.io/zone': 'basel',
    },
    ...{ 'tag.clusteros.io/site': 'basel', 'tag.clusteros.io/rack': 'r1', 'tag.clusteros.io/old': null },
  });
});

test('tags that a label cannot hold are left out', () => {
  const odd = member({ tags: { owner: 'anna@example.org', 'a/b': 'x', rack: 'r1' } });
  const [changed] = done({ members: [odd] }, [node()]);
  assert.deepEqual(changed?.kind === 'change' && changed.change.labels, { 'tag.clusteros.io/rack': 'r1' });
});

test('taints of a rule come and go with its tags; one that somebody else has put there stays', () => {
  const rule = { tags: { gpu: 'yes' }, key: 'site.example/gpu', value: '1', effect: 'NoSchedule' };
  const settings = { taints: [rule] };
  const labels = { 'clusteros.io/member': 'id-1', 'tag.clusteros.io/gpu': 'yes' };
  const theirs = { key: 'theirs', value: '', effect: 'NoExecute' };
  const ours = { key: 'site.example/gpu', value: '1', effect: 'NoSchedule' };
  const note = JSON.stringify(['site.example/gpu=1:NoSchedule']);
  const [put] = done({ members: [member({ tags: { gpu: 'yes' } })], settings }, [
    node({ labels, taints: [theirs] }),
  ]);
  assert.deepEqual(put?.kind === 'change' && put.change, {
    ...{ taints: [theirs, ours], annotations: { 'clusteros.io/taints': note } },
  });
  const annotations = { 'clusteros.io/taints': note };
  const there = node({ labels, taints: [theirs, ours], annotations });
  assert.deepEqual(done({ members: [member({ tags: { gpu: 'yes' } })], settings }, [there]), []);
  const [taken] = done({ settings }, [node({ taints: [theirs, ours], annotations })]);
  assert.deepEqual(taken?.kind === 'change' && taken.change.taints, [theirs]);
  const same = node({ taints: [ours] });
  assert.deepEqual(done({}, [same]), [], 'one that looks like ours and is not noted is not ours');
});

test('a node that somebody has joined by hand is not touched at all', () => {
  const stranger = node({ labels: {}, unschedulable: true, leaseAgeMs: undefined });
  assert.deepEqual(done({ members: [] }, [stranger]), []);
});

test('a removed member is forgotten once its lease says that it is gone, and not before', () => {
  const leased = (leaseAgeMs: number | undefined) => node({ ready: false, leaseAgeMs });
  assert.deepEqual(done({ members: [] }, [leased(leaseGoneMs)]), []);
  for (const age of [leaseGoneMs + 1, undefined])
    assert.deepEqual(
      done({ members: [] }, [leased(age)]).map(({ kind }) => kind),
      ['forget'],
    );
});

test('a node that Kubernetes hears of is not gone, whatever the clocks of two machines make of its lease', () => {
  const aheadBy = node({ ready: true, leaseAgeMs: 3_600_000 });
  assert.deepEqual(done({ members: [] }, [aheadBy]), []);
  assert.deepEqual(done({ isGranted: false }, [aheadBy]), []);
});

test('a node whose member has no role is forgotten once it is gone', () => {
  assert.deepEqual(done({ isGranted: false }, [node()]), []);
  const gone = node({ ready: false, leaseAgeMs: leaseGoneMs + 1 });
  assert.deepEqual(
    done({ isGranted: false }, [gone]).map(({ kind }) => kind),
    ['forget'],
  );
  assert.deepEqual(done({}, [gone]), [], 'one that has a role may come back');
});

test('who gives up its role is kept free of work, then forgotten when nothing stays; bare pods are waited for', () => {
  const operations = [leave];
  const free = node({
    unschedulable: true,
    annotations: { 'clusteros.io/drain': 'it gives up its role in this cluster' },
  });
  const kinds = (pods: readonly KubePod[], of = free) =>
    done({ operations }, [of], pods).map(({ kind }) => kind);
  assert.deepEqual(kinds([], node()), ['change']);
  assert.deepEqual(kinds([pod('movable')]), ['evict']);
  assert.deepEqual(kinds([pod('bare')]), []);
  assert.deepEqual(kinds([pod('bound'), pod('ended')]), ['forget']);
  assert.deepEqual(
    kinds([pod('bare')], { ...free, ready: false, leaseAgeMs: leaseGoneMs + 1 }),
    ['forget'],
    'it is gone',
  );
});

test('drain, drained, resume: pods move as far as budgets allow, the member says what is left, and takes work again', async () => {
  const bench = await readyBench(4);
  const doris = bench.nodes.find(({ name }) => name === 'doris');
  assert.ok(doris);
  const { kube } = bench.k3s;
  kube.budgets.set('web', 0);
  kube.addPod({ name: 'web', node: 'doris', kind: 'movable', budget: 'web' });
  kube.addPod({ name: 'cache', node: 'doris', kind: 'movable' });
  kube.addPod({ name: 'daemon', node: 'doris', kind: 'bound' });
  bench.drains.set(doris.id, { reason: 'new fans', requeueAtMs: 0 });
  await bench.rounds(10);
  assert.equal(bench.report(doris, 'agent')?.state, 'draining');
  assert.match(bench.report(doris, 'agent')?.detail ?? '', /still runs: default\/web$/);
  kube.budgets.set('web', 1);
  await bench.until(() => bench.report(doris, 'agent')?.state === 'drained', 'it is drained');
  assert.deepEqual(
    kube.podsOn('doris').map(({ name }) => name),
    ['daemon'],
  );
  await bench.settle();
  bench.drains.clear();
  await bench.until(() => bench.report(doris, 'agent')?.state === 'ready', 'it takes work');
  await bench.rounds(6);
  assert.equal(kube.nodes.get('doris')?.unschedulable, false);
  assert.equal(kube.nodes.get('doris')?.annotations['clusteros.io/drain'], undefined);
});
