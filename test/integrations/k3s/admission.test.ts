// Whom the keeper lets in, and what it does for that: machines that were made anew come back under their names without a hand, and
// nobody takes the place of one that may still run.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { admissionFrom } from '../../../src/integrations/k3s/words.ts';
import { type K3sBench, type Node, readyBench } from './bench.ts';

const byName = (bench: K3sBench, name: string): Node => {
  const found = bench.nodes.find(each => each.name === name);
  assert.ok(found);
  return found;
};
/** What the keeper answers `asker`. */
async function asked(bench: K3sBench, asker: Node, role: 'server' | 'agent') {
  const keeper = byName(bench, bench.having('keeper')[0] ?? '');
  const text = await keeper.k3s.answer?.(keeper.machine.host, `admit ${role}`, asker.id);
  return admissionFrom(text ?? '');
}
const outcomesOf = (bench: K3sBench, { id }: Node) =>
  bench.log.operations.filter(({ node }) => node === id).map(({ kind, outcome }) => `${kind} ${outcome}`);

test('an agent whose disk was made anew is not let in while its former self may run, and is after that', async () => {
  const bench = await readyBench(4);
  const anew = await bench.reimage(byName(bench, 'doris'));
  await bench.rounds(10);
  assert.equal(bench.report(anew, 'agent')?.state, 'starting', 'it waits, and that is no fault');
  assert.match(bench.report(anew, 'agent')?.detail ?? '', /former doris/);
  assert.equal(anew.machine.life, undefined);
  await bench.settle();
  assert.deepEqual(bench.readyNodes(), ['atlas', 'borea', 'ceres', 'doris']);
  assert.equal(bench.k3s.kube.nodes.get('doris')?.labels['clusteros.io/member'], anew.id);
  assert.deepEqual(outcomesOf(bench, anew), ['join done'], 'one join, which did not fail');
});

test('a node that Kubernetes still holds on to after it was deleted is waited for', async () => {
  const bench = await readyBench(4);
  const { k3s } = bench;
  const finish = k3s.deleteNode.bind(k3s);
  const deleted: string[] = [];
  k3s.deleteNode = name => void deleted.push(name);
  const anew = await bench.reimage(byName(bench, 'doris'));
  await bench.until(() => deleted.includes('doris'), 'its former node is deleted');
  await bench.rounds(5);
  assert.equal(anew.machine.life, undefined, 'its kubelet would find a node that goes');
  assert.match(bench.report(anew, 'agent')?.detail ?? '', /former node doris is being taken away/);
  k3s.deleteNode = finish;
  await bench.settle();
  assert.deepEqual(bench.readyNodes(), ['atlas', 'borea', 'ceres', 'doris']);
});

test('a former self that still runs keeps its name, until it is switched off', async () => {
  const bench = await readyBench(4);
  const former = byName(bench, 'doris');
  bench.remove(former);
  const life = former.machine.life;
  // It is cut off from the members of ClusterOS, but not from Kubernetes.
  const anew = await bench.add('doris-anew');
  Object.assign(anew, { name: 'doris' });
  await bench.rounds(100);
  assert.equal(former.machine.life, life, 'nobody has ended it');
  assert.equal(bench.k3s.kube.nodes.get('doris')?.labels['clusteros.io/member'], former.id);
  assert.match(bench.report(anew, 'agent')?.detail ?? '', /still runs in Kubernetes: switch it off/);
  bench.k3s.powerOff(former.machine);
  await bench.settle();
  assert.equal(bench.k3s.kube.nodes.get('doris')?.labels['clusteros.io/member'], anew.id);
});

for (const name of ['borea', 'atlas'])
  test(`a server whose disk was made anew comes back as one, its former self out of etcd before that (${name})`, async () => {
    const bench = await readyBench(3);
    const stale = bench.k3s.etcd.of(name)?.name;
    const anew = await bench.reimage(byName(bench, name));
    await bench.until(() => anew.machine.life !== undefined, 'it is started');
    assert.notEqual(bench.k3s.etcd.of(name)?.name, stale, 'not before its former self was taken out');
    await bench.settle();
    assert.deepEqual(bench.having('server'), ['atlas', 'borea', 'ceres']);
    assert.equal(bench.k3s.etcd.voters.length, 3);
    assert.equal(bench.k3s.kube.nodes.get(name)?.labels['clusteros.io/member'], anew.id);
    assert.deepEqual(outcomesOf(bench, anew), ['join done']);
    assert.deepEqual(bench.k3s.founders, ['atlas']);
  });

test('two servers of five are made anew at once: one joins after the other', async () => {
  const bench = await readyBench(5);
  bench.settings = { k3s: { version: 5, settings: { servers: 5 } } };
  await bench.rounds(5);
  await bench.settle(400);
  assert.equal(bench.having('server').length, 5);
  await bench.reimage(byName(bench, 'borea'));
  await bench.reimage(byName(bench, 'ceres'));
  await bench.settle(400);
  assert.equal(bench.k3s.etcd.voters.length, 5);
});

test('a node that somebody has joined by hand keeps its name, and people are told', async () => {
  const bench = await readyBench(3);
  bench.k3s.kube.nodes.set('doris', {
    ...{ name: 'doris', uid: 'by-hand', address: '10.0.0.9', labels: {}, annotations: {}, taints: [] },
    ...{ unschedulable: false, leaseAtMs: 0, readyAtMs: 0 },
  });
  const doris = await bench.add('doris');
  await bench.rounds(100);
  assert.equal(bench.report(doris, 'agent')?.reason, 'name-in-use');
  assert.match(bench.report(doris, 'agent')?.detail ?? '', /by hand.*kubectl delete node doris/);
  assert.ok(bench.k3s.kube.nodes.has('doris'), 'it is left alone');
  bench.k3s.deleteNode('doris');
  await bench.settle();
});

test('a node that bears the name of one member and is another is left alone', async () => {
  const bench = await readyBench(4);
  const [doris, borea] = [byName(bench, 'doris'), byName(bench, 'borea')];
  const node = bench.k3s.kube.nodes.get('doris');
  assert.ok(node);
  node.labels = { ...node.labels, 'clusteros.io/member': borea.id };
  const answer = await asked(bench, doris, 'agent');
  assert.equal(answer?.kind, 'refused');
  assert.match(JSON.stringify(answer), /that of another member/);
});

test('who has no such role, or is giving it up, is not let in', async () => {
  const bench = await readyBench(4);
  const [atlas, doris] = [byName(bench, 'atlas'), byName(bench, 'doris')];
  assert.equal((await asked(bench, atlas, 'agent'))?.kind, 'wait');
  assert.equal((await asked(bench, doris, 'server'))?.kind, 'wait');
  bench.k3s.kube.addPod({ name: 'bare', node: 'doris', kind: 'bare' });
  bench.settings = { k3s: { version: bench.log.index, settings: { roles: { doris: 'none' } } } };
  await bench.rounds(3);
  assert.ok(bench.having('agent').includes('doris'), 'it has its role while a pod is there');
  const answer = await asked(bench, doris, 'agent');
  assert.equal(answer?.kind, 'wait');
  assert.match(JSON.stringify(answer), /gives up/);
});

test('who does not keep the cluster lets nobody in', async () => {
  const bench = await readyBench(3);
  const [keeper] = bench.having('keeper');
  const other = bench.nodes.find(({ name }) => name !== keeper);
  const text = await other?.k3s.answer?.(other.machine.host, 'admit agent', other.id);
  assert.equal(admissionFrom(text ?? '')?.kind, 'wait');
});

test('a member of etcd without a node keeps its name taken: what etcd itself lists counts', async () => {
  const bench = await readyBench(3);
  const doris = await bench.add('doris');
  bench.settings = { k3s: { version: 5, settings: { roles: { doris: 'server', borea: 'agent' } } } };
  bench.k3s.etcd.members.push({
    name: 'doris-0000beef',
    ip: doris.machine.ip,
    isLearner: true,
    addedAtMs: 0,
  });
  await bench.rounds(60);
  assert.match(bench.standing(), /still a member of etcd|is being taken out/);
  assert.equal(bench.k3s.founders.length, 1);
  // etcd drops a learner that gets nowhere.
  bench.k3s.etcd.remove('doris-0000beef');
  await bench.settle(400);
  assert.deepEqual(bench.having('server'), ['atlas', 'ceres', 'doris']);
});

test('a token is for one agent, and whoever asks again soon has the same one once more', async () => {
  const bench = await readyBench(4);
  const doris = byName(bench, 'doris');
  const tokenOf = async () => {
    const answer = await asked(bench, doris, 'agent');
    return answer?.kind === 'welcome' ? answer.token : '';
  };
  const tokens = [await tokenOf(), await tokenOf(), await tokenOf()];
  assert.match(tokens[0] ?? '', /^K10[0-9a-f]{64}::[a-z0-9]{6}\.[a-z0-9]{16}$/);
  assert.deepEqual([tokens[1] === tokens[0], tokens[2] === tokens[1]], [false, true]);
  assert.equal((await asked(bench, byName(bench, 'borea'), 'server'))?.kind, 'welcome');
});

test('no token is in a report, a decision, an argument or a file that others may read', async () => {
  const bench = await readyBench(5);
  const anew = await bench.reimage(byName(bench, 'eunom'));
  await bench.settle();
  assert.ok(bench.k3s.secrets().length >= 3 && bench.told.size > 50);
  bench.k3s.check(bench.told);
  // The look itself: a token that is somewhere is found.
  const [token = ''] = bench.k3s.secrets();
  anew.machine.host.put('/var/log/clusteros/some.log', `a line with ${token} in it`);
  assert.deepEqual(bench.k3s.leaks(bench.told), ['eunom: /var/log/clusteros/some.log']);
});
