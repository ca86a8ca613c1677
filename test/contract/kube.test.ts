// The suite for doors to Kubernetes: the real client with the double of k3s behind it, and the twin that simulations use.
import assert from 'node:assert/strict';
import type { KubePod } from '../../src/integrations/k3s/kube.ts';
import { openKube } from '../../src/integrations/k3s/kube-client.ts';
import { MemoryEtcd } from '../integrations/k3s/memory-etcd.ts';
import { doorTo, MemoryKube } from '../integrations/k3s/memory-kube.ts';
import { askEtcd, type MemberJson } from '../k3s/contract.suite.ts';
import { k3s, LoopbackMachines, order, startReady, tokenOf, urlOf } from '../k3s/machines.ts';
import { waitFor } from '../lab/wait-for.ts';
import { type KubeFixture, kubeSuite } from './kube.suite.ts';

kubeSuite('the client and the double', async () => {
  const machines = new LoopbackMachines();
  const [first, other, agent] = [machines.add('first'), machines.add('other'), machines.add('agent')];
  const tuning = { tuning: { nodeGraceMs: 3000, leaseMs: 1000 } };
  for (const each of [first, other, agent]) order(each, tuning);
  const server = await startReady(first, 'server', { 'cluster-init': true });
  const join = { server: urlOf(first), token: tokenOf(first) };
  const second = await startReady(other, 'server', join);
  const worker = await startReady(agent, 'agent', join);
  const kube = await openKube({
    kubeconfig: first.outside('/etc/rancher/k3s/k3s.yaml'),
    etcdTls: first.outside('/var/lib/rancher/k3s/server/tls/etcd'),
    etcd: `https://${first.address}:2379`,
  });
  await waitFor(
    async () => {
      const nodes = await kube.nodes();
      return nodes.length === 3 && nodes.every(({ ready }) => ready);
    },
    { what: 'three nodes to be ready' },
  );
  const apply = async (object: object) => {
    const { exitCode, stderr } = await first.run(['kubectl', 'apply', '-f', '-'], JSON.stringify(object));
    assert.equal(exitCode, 0, stderr);
  };
  const owner = (kind: string) => ({
    ownerReferences: [{ apiVersion: 'apps/v1', kind, name: 'o', uid: 'u', controller: true }],
  });
  const shapes: Readonly<Record<string, object>> = {
    ...{ replica: owner('ReplicaSet'), bare: {}, daemon: owner('DaemonSet'), ended: {} },
    static: { annotations: { 'kubernetes.io/config.mirror': 'hash' }, ...owner('Node') },
  };
  const fixture: KubeFixture = {
    ...{ kube, server: 'first', second: 'other', worker: 'agent' },
    async addPod(name, what, budget) {
      const labels = { budget: budget ?? `${name}-none` };
      if (budget !== undefined)
        await apply({
          apiVersion: 'policy/v1',
          kind: 'PodDisruptionBudget',
          metadata: { name: budget },
          spec: { minAvailable: 1, selector: { matchLabels: labels } },
        });
      await apply({
        ...{ apiVersion: 'v1', kind: 'Pod', metadata: { name, labels, ...shapes[what] } },
        spec: { nodeName: 'agent', containers: [{ name: 'c', image: 'i' }] },
        ...(what === 'ended' ? { status: { phase: 'Succeeded' } } : {}),
      });
      const wanted = what === 'ended' ? 'Succeeded' : 'Running';
      await waitFor(
        async () =>
          (await k3s(first, 'kubectl', 'get', 'pod', name, '-o', 'jsonpath={.status.phase}')).trim() ===
          wanted,
        { what: `${name} to be ${wanted}` },
      );
    },
    allow: async budget => void (await k3s(first, 'kubectl', 'delete', 'pdb', budget)),
    fail: async failedChecks => order(first, { ...tuning, failedChecks }),
    knows: async node =>
      (await first.run(['kubectl', 'get', 'secret', '-n', 'kube-system', `${node}.node-password.k3s`]))
        .exitCode === 0,
    async addMember(as) {
      const body = { peerURLs: ['https://127.0.0.1:1'], isLearner: as === 'learner' };
      const answer = await askEtcd(first, 'member/add', body);
      assert.equal(answer.status, 200, answer.body);
      return (JSON.parse(answer.body) as { readonly member: MemberJson }).member.ID;
    },
    silence: async () => await worker.kill(),
    async loseMajority() {
      await second.kill();
      // The one that led goes by what it heard a moment ago.
      await waitFor(async () => (await first.run(['kubectl', 'get', '--raw', '/readyz'])).exitCode !== 0, {
        what: 'the first server to miss the second',
      });
    },
    loseAll: async () => await server.kill(),
    dispose: async () => await machines.end(),
  };
  return fixture;
});

kubeSuite('in memory', async () => {
  const kube = new MemoryKube();
  let nowMs = 1_000_000;
  let trouble = '';
  let failedChecks: readonly string[] = [];
  const etcd = new MemoryEtcd(() => true, assert.fail);
  etcd.found('first', '100.64.0.1', nowMs);
  etcd.join('other', '100.64.0.2', nowMs);
  etcd.promote(nowMs, 0, 0);
  for (const [i, name] of ['first', 'other', 'agent'].entries()) {
    const none = { labels: {}, annotations: {}, taints: [], unschedulable: false };
    const times = { leaseAtMs: nowMs - 1000, readyAtMs: 0 };
    kube.nodes.set(name, { name, uid: kube.newUid(), address: `100.64.0.${i + 1}`, ...none, ...times });
    kube.passwords.set(name, `of ${name}`);
  }
  const kinds: Readonly<Record<string, KubePod['kind']>> = {
    ...{ replica: 'movable', bare: 'bare', daemon: 'bound', static: 'bound', ended: 'ended' },
  };
  return {
    kube: doorTo({
      ...{ kube, nowMs: () => nowMs, trouble: () => trouble, failedChecks: () => failedChecks },
      etcdMembers: () => etcd.members,
      removeEtcdMember: id => etcd.takeOut(id, nowMs),
      deleteNode: name => kube.deleteNode(name),
    }),
    ...{ server: 'first', second: 'other', worker: 'agent' },
    async addPod(name, what, budget) {
      kube.addPod({
        ...{ name, node: 'agent', kind: kinds[what] ?? 'bare' },
        ...(budget === undefined ? {} : { budget }),
      });
    },
    allow: async budget => void kube.budgets.set(budget, 1),
    fail: async checks => {
      failedChecks = checks;
    },
    knows: async node => kube.passwords.has(node),
    addMember: async as => etcd.addSilent(nowMs, as === 'learner'),
    silence: async () => {
      nowMs += 60_000;
    },
    loseMajority: async () => {
      trouble = 'etcdserver: no leader';
    },
    loseAll: async () => {
      trouble = 'connect ECONNREFUSED 127.0.0.1:6443';
    },
    dispose: async () => {},
  };
});
