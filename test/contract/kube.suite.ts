// What every door to Kubernetes must do, the real one and its in-memory twin alike: what the keeper takes for granted.
import assert from 'node:assert/strict';
import { after, test } from 'node:test';
import type { Kube, KubePod } from '../../src/integrations/k3s/kube.ts';
import { ServiceError } from '../../src/integrations/service-error.ts';
import { waitFor } from '../lab/wait-for.ts';

/** A cluster of two servers and an agent, all ready. */
export interface KubeFixture {
  readonly kube: Kube;
  /** Names of its nodes; the door leads to the first server. */
  readonly server: string;
  readonly second: string;
  readonly worker: string;
  /** Has a pod run on the worker, or, when it is `ended`, have run. @param budget name of the one that forbids to evict it until `allow` */
  addPod(
    name: string,
    what: 'replica' | 'bare' | 'daemon' | 'static' | 'ended',
    budget?: string,
  ): Promise<void>;
  allow(budget: string): Promise<void>;
  /** These checks of /readyz fail from now on; none for all is well. */
  fail(checks: readonly string[]): Promise<void>;
  /** Whether the cluster has something to know this node again by. */
  knows(node: string): Promise<boolean>;
  /** Has etcd know a member more, which never starts. Resolves with its id. */
  addMember(as: 'learner' | 'voter'): Promise<string>;
  /** The worker's kubelet is heard of no more. */
  silence(): Promise<void>;
  /** The second server dies, and with it etcd's majority. */
  loseMajority(): Promise<void>;
  /** The first one too. */
  loseAll(): Promise<void>;
  dispose(): Promise<void>;
}

/** Declares the suite, whose cases use one cluster in the order in which they stand. @param makeFixture is asked once, in the first case */
export function kubeSuite(name: string, makeFixture: () => Promise<KubeFixture>): void {
  let made: Promise<KubeFixture> | undefined;
  const declare = (title: string, run: (fixture: KubeFixture) => Promise<void>) =>
    test(`${name}: ${title}`, async () => {
      made ??= makeFixture();
      await run(await made);
    });
  after(async () => await (await made)?.dispose());

  const podsOf = async ({ kube, worker }: KubeFixture) =>
    new Map((await kube.podsOn(worker)).map(each => [each.name, each]));
  const podOf = async (fixture: KubeFixture, pod: string): Promise<KubePod> => {
    const found = (await podsOf(fixture)).get(pod);
    assert.ok(found, `${pod} is there`);
    return found;
  };
  const untilGone = async (fixture: KubeFixture, { uid, name: pod }: KubePod) =>
    await waitFor(async () => ![...(await podsOf(fixture)).values()].some(each => each.uid === uid), {
      what: `${pod} to be gone`,
    });

  declare('nodes tell their names, versions, addresses and that they are ready, with a lease', async each => {
    const { kube, server, second, worker } = each;
    const all = await kube.nodes();
    assert.deepEqual(all.map(node => node.name).sort(), [second, server, worker].sort());
    for (const node of all) {
      assert.deepEqual([node.ready, node.why, node.unschedulable], [true, '', false]);
      assert.match(node.version, /^v1\.\d+\.\d+\+k3s\d+$/);
      assert.ok(node.addresses.some(address => /^\d+(\.\d+){3}$/.test(address)));
      assert.ok(node.leaseAgeMs !== undefined && node.leaseAgeMs >= 0 && node.leaseAgeMs < 30_000);
    }
    assert.equal((await kube.node(worker))?.name, worker);
    assert.equal(await kube.node('nobody'), undefined);
  });

  declare('labels and annotations are set and, with null, taken away; others stay', async fixture => {
    const { kube, worker } = fixture;
    const before = await kube.node(worker);
    await kube.changeNode(worker, {
      labels: { 'tag.clusteros.io/site': 'north', two: '2' },
      annotations: { 'clusteros.io/drain': 'fans', own: '{"a":1}' },
    });
    await kube.changeNode(worker, {
      labels: { two: null, three: '3' },
      annotations: { own: null, never: null },
    });
    const node = await kube.node(worker);
    assert.deepEqual(node?.labels, { ...before?.labels, 'tag.clusteros.io/site': 'north', three: '3' });
    assert.deepEqual(node?.annotations, { ...before?.annotations, 'clusteros.io/drain': 'fans' });
    assert.equal(node?.unschedulable, false);
  });

  declare('taints are given whole, work is kept away and let come again, each by itself', async fixture => {
    const { kube, worker } = fixture;
    const own = async () => (await kube.node(worker))?.taints.filter(({ key }) => key.startsWith('own'));
    const taint = { key: 'own.example/far', value: 'yes', effect: 'NoSchedule' };
    await kube.changeNode(worker, { taints: [taint, { key: 'own', value: '', effect: 'PreferNoSchedule' }] });
    assert.deepEqual(await own(), [taint, { key: 'own', value: '', effect: 'PreferNoSchedule' }]);
    await kube.changeNode(worker, { unschedulable: true });
    assert.deepEqual([(await kube.node(worker))?.unschedulable, (await own())?.length], [true, 2]);
    await kube.changeNode(worker, { taints: [taint] });
    assert.deepEqual([(await kube.node(worker))?.unschedulable, await own()], [true, [taint]]);
    await kube.changeNode(worker, { unschedulable: false, taints: [] });
    assert.deepEqual([(await kube.node(worker))?.unschedulable, await own()], [false, []]);
    assert.equal((await kube.node(worker))?.labels.three, '3', 'labels stay');
  });

  declare('a change of a node that is not there is refused, in words', async ({ kube }) => {
    await assert.rejects(kube.changeNode('nobody', { unschedulable: true }), (error: unknown) => {
      assert.ok(error instanceof ServiceError);
      assert.equal(error.reason, 'api-refused');
      assert.match(error.message, /nodes "nobody" not found$/);
      return true;
    });
  });

  declare('pods are told by what would become of them', async fixture => {
    const { kube, server } = fixture;
    await fixture.addPod('web', 'replica', 'web');
    await fixture.addPod('lone', 'bare');
    await fixture.addPod('log', 'daemon');
    await fixture.addPod('fixed', 'static');
    await fixture.addPod('over', 'ended');
    const kinds = [...(await podsOf(fixture)).values()].map(pod => [pod.name, pod.kind, pod.leaving]).sort();
    assert.deepEqual(kinds, [
      ['fixed', 'bound', false],
      ['log', 'bound', false],
      ['lone', 'bare', false],
      ['over', 'ended', false],
      ['web', 'movable', false],
    ]);
    assert.deepEqual(await kube.podsOn(server), []);
    assert.deepEqual(await kube.podsOn('nobody'), []);
  });

  declare('a budget forbids an eviction and nothing else; what is allowed is gone then', async fixture => {
    const { kube } = fixture;
    const web = await podOf(fixture, 'web');
    // So that what its owner would make anew is not made here.
    await kube.changeNode(fixture.worker, { unschedulable: true });
    assert.equal(await kube.evict(web), false);
    assert.deepEqual(await podOf(fixture, 'web'), web);
    await fixture.allow('web');
    assert.equal(await kube.evict(web), true);
    await untilGone(fixture, web);
    assert.equal(await kube.evict(web), true, 'one that is gone is evicted');
    await fixture.addPod('db', 'bare', 'db');
    const db = await podOf(fixture, 'db');
    assert.equal(await kube.evict(db), false);
    await kube.deletePod(db);
    await untilGone(fixture, db);
    await kube.deletePod(db);
  });

  declare('what fails of the checks is told in one line, and nothing when all is well', async fixture => {
    const { kube } = fixture;
    assert.equal(await kube.readyz(), '');
    await fixture.fail(['etcd', 'log']);
    const told = async (wanted: RegExp) =>
      await waitFor(async () => wanted.test(await kube.readyz()), { what: `readyz to be ${wanted}` });
    await told(/^\[-\](etcd|log) failed[^\n,]*, \[-\](etcd|log) failed[^\n,]*$/);
    await fixture.fail([]);
    await told(/^$/);
  });

  declare('etcd names its members, after their nodes', async ({ kube, server, second }) => {
    const members = await kube.etcdMembers();
    assert.equal(members.length, 2);
    for (const node of [server, second]) {
      const own = members.find(({ name }) => new RegExp(`^${node}-[0-9a-f]{8}$`).test(name));
      assert.equal(own?.isLearner, false);
      assert.match(own?.id ?? '', /^\d{1,20}$/);
    }
    assert.equal(new Set(members.map(({ id }) => id)).size, 2);
  });

  declare(
    'a member that learns and never starts is listed, taken out, and no trouble when it is not there',
    async each => {
      const { kube } = each;
      const before = await kube.etcdMembers();
      const id = await each.addMember('learner');
      assert.deepEqual(
        (await kube.etcdMembers()).filter(member => !before.some(known => known.id === member.id)),
        [{ id, name: '', isLearner: true }],
      );
      await kube.removeEtcdMember(id);
      assert.deepEqual(await kube.etcdMembers(), before);
      await kube.removeEtcdMember(id);
      await kube.removeEtcdMember('1');
      assert.deepEqual(await kube.etcdMembers(), before);
    },
  );

  declare(
    'etcd keeps who works while a voter has never started, in its own words, and lets that one go',
    async each => {
      const { kube, second } = each;
      const before = await kube.etcdMembers();
      const id = await each.addMember('voter');
      const working = before.find(({ name }) => name.startsWith(`${second}-`));
      await assert.rejects(kube.removeEtcdMember(working?.id ?? ''), (error: unknown) => {
        assert.ok(error instanceof ServiceError);
        assert.deepEqual([error.reason, error.permanent, error.patient], ['api-refused', false, true]);
        assert.match(error.message, /etcdserver: re-configuration failed due to not enough started members$/);
        return true;
      });
      assert.equal((await kube.etcdMembers()).length, 3);
      await kube.removeEtcdMember(id);
      assert.deepEqual(await kube.etcdMembers(), before);
    },
  );

  declare(
    'a node that is heard of no more is not ready, says why, and its lease grows old',
    async fixture => {
      const { kube, worker } = fixture;
      await fixture.silence();
      await waitFor(async () => (await kube.node(worker))?.ready === false, { what: 'it to be not ready' });
      const node = await kube.node(worker);
      assert.match(node?.why ?? '', /Kubelet stopped posting/i);
      assert.ok((node?.leaseAgeMs ?? 0) > 2000, `${node?.leaseAgeMs} ms`);
      const listed = (await kube.nodes()).find(each => each.name === worker);
      assert.ok((listed?.leaseAgeMs ?? 0) > 2000);
    },
  );

  declare('what a node is known again by is forgotten, also when it is not there', async fixture => {
    const { kube, worker } = fixture;
    assert.equal(await fixture.knows(worker), true);
    await kube.deleteNodePassword(worker);
    assert.equal(await fixture.knows(worker), false);
    await kube.deleteNodePassword(worker);
    await kube.deleteNodePassword('nobody');
    assert.equal((await kube.node(worker))?.name, worker, 'the node is there still');
  });

  declare('a node that is deleted is gone with its pods, also a second time', async fixture => {
    const { kube, worker, server } = fixture;
    await kube.deleteNode(worker);
    await kube.deleteNode(worker);
    // k3s has a finalizer on it, and cleans up first.
    await waitFor(async () => (await kube.node(worker)) === undefined, { what: 'the node to go' });
    await kube.deleteNode(worker);
    await waitFor(async () => (await kube.podsOn(worker)).length === 0, { what: 'its pods to go' });
    assert.ok((await kube.nodes()).some(each => each.name === server));
  });

  const everything = (kube: Kube, node: string): Readonly<Record<string, () => Promise<unknown>>> => {
    const pod = { namespace: 'default', name: 'x', uid: 'x', kind: 'bare', leaving: false } as const;
    return {
      nodes: () => kube.nodes(),
      node: () => kube.node(node),
      podsOn: () => kube.podsOn(node),
      evict: () => kube.evict(pod),
      deletePod: () => kube.deletePod(pod),
      changeNode: () => kube.changeNode(node, { labels: { late: 'yes' } }),
      deleteNode: () => kube.deleteNode('nobody'),
      deleteNodePassword: () => kube.deleteNodePassword('nobody'),
      etcdMembers: () => kube.etcdMembers(),
      removeEtcdMember: () => kube.removeEtcdMember('1'),
    };
  };
  const isUnreachable = (what: string) => (error: unknown) => {
    assert.ok(error instanceof ServiceError, `${what}: ${error}`);
    assert.deepEqual(
      [error.reason, error.permanent, error.patient],
      ['api-unreachable', false, true],
      `${what}: ${error.message}`,
    );
    assert.ok(!error.message.includes('\n'));
    return true;
  };

  declare('without a majority nobody is told what may be untrue', async fixture => {
    const { kube, server } = fixture;
    await fixture.loseMajority();
    const { etcdMembers, removeEtcdMember, changeNode, nodes } = everything(kube, server);
    const asked = Object.entries({ etcdMembers, removeEtcdMember, changeNode, nodes });
    await Promise.all(
      asked.map(async ([what, ask]) => await assert.rejects(ask ?? assert.fail, isUnreachable(what))),
    );
  });

  declare('where nobody answers each question is told as unreachable', async fixture => {
    const { kube, server } = fixture;
    await fixture.loseAll();
    const asked = Object.entries({ ...everything(kube, server), readyz: () => kube.readyz() });
    for (const [what, ask] of asked) await assert.rejects(ask, isUnreachable(what));
  });
}
