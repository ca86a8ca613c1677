// Whom the keeper lets in, and what it does for that: machines that were made anew come back under their names without a hand, and
// nobody takes the place of one that may still run.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Keeper } from '../../../src/integrations/k3s/keeper.ts';
import { KubeDoor } from '../../../src/integrations/k3s/kube-door.ts';
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
  const { index } = bench.log;
  const begun: string[] = [];
  await anew.k3s.pass(anew.machine.host, bench.view(anew), ({ detail }) => begun.push(detail));
  assert.deepEqual(begun, [], 'it is told once that it asks: each time would be an entry of the log');
  await bench.rounds(5);
  assert.ok(bench.log.index - index <= 1, `${bench.log.index - index} entries while it waits`);
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
    id: '17293822569102704640',
    name: 'doris-0000beef',
    ip: doris.machine.ip,
    isLearner: true,
    addedAtMs: bench.wallMs,
    seenAtMs: bench.wallMs,
  });
  await bench.rounds(60);
  assert.match(bench.standing(), /still a member of etcd|is being taken out/);
  assert.equal(bench.k3s.founders.length, 1);
  // k3s drops a learner that gets nowhere.
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

/** A keeper whose API is slow: it answers about nodes when it is told to. */
async function slowKeeper(bench: K3sBench) {
  const { machine } = byName(bench, bench.having('keeper')[0] ?? '');
  const waiting: (() => void)[] = [];
  let isSlow = false;
  const open = bench.k3s.openKube(machine);
  const door = new KubeDoor(async () => {
    const kube = await open();
    const node = async (name: string) => {
      const found = await kube.node(name);
      if (isSlow) await new Promise<void>(resolve => waiting.push(resolve));
      return found;
    };
    return { ...kube, node };
  });
  const keeper = new Keeper(door);
  await keeper.keep(bench.view(byName(bench, 'atlas')), () => {});
  isSlow = true;
  const answers = async () => {
    isSlow = false;
    for (const each of waiting.splice(0)) each();
  };
  return { keeper, answers, admit: (asker: Node) => keeper.admit(machine.host, asker.id, 'agent'), machine };
}
const ticks = () => new Promise(resolve => setImmediate(resolve));

test('who asks again because the keeper is slow is let in once: its new node is not taken for a former one', async () => {
  const bench = await readyBench(4);
  const doris = byName(bench, 'doris');
  const { admit, answers, machine } = await slowKeeper(bench);
  machine.host.commands.length = 0;
  bench.k3s.kube.changes.length = 0;
  const asked = [admit(doris), admit(doris), admit(doris)];
  await ticks();
  await answers();
  const said = await Promise.all(asked);
  assert.deepEqual(said[1], said[0], 'the same answer');
  assert.deepEqual(said[2], said[0]);
  assert.equal(said[0]?.kind, 'welcome');
  assert.equal(bench.k3s.kube.changes.filter(each => each === 'delete node doris').length, 1);
  assert.equal(machine.host.commands.filter(each => each.startsWith('k3s token create')).length, 1);
});

test('a keeper that may act no longer forgets nobody, though it has begun to', async () => {
  for (const ends of ['tenure', 'rest'] as const) {
    const bench = await readyBench(4);
    const { keeper, admit, answers } = await slowKeeper(bench);
    bench.k3s.kube.changes.length = 0;
    let leftMs = 1000;
    bench.tenure = { ...bench.tenure, leftMs: () => leftMs };
    keeper.heed(bench.view(byName(bench, 'atlas')));
    const asked = admit(byName(bench, 'doris'));
    await ticks();
    if (ends === 'rest') keeper.rest();
    else leftMs = 0;
    await answers();
    assert.equal((await asked).kind, 'wait');
    assert.deepEqual(bench.k3s.kube.changes, []);
  }
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
