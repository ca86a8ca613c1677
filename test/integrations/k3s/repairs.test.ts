// Back to ready after whatever is broken: processes that die, machines without power, lost datastores, settings that change; and that a
// role which is given up stays given up.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { files, folders } from '../../../src/integrations/k3s/names.ts';
import { type K3sBench, type Node, readyBench } from './bench.ts';

const byName = (bench: K3sBench, name: string): Node => {
  const found = bench.nodes.find(each => each.name === name);
  assert.ok(found);
  return found;
};
const configure = (bench: K3sBench, settings: unknown) => {
  bench.settings = { k3s: { version: bench.log.index + 1, settings } };
};
const all = ['atlas', 'borea', 'ceres'];

test('when all is well no pass starts, stops or writes anything', async () => {
  const bench = await readyBench(4);
  await bench.rounds(10);
  const before = bench.nodes.map(({ machine }) => machine.life?.pid);
  const written = JSON.stringify(bench.nodes.map(({ machine }) => [...machine.host.files.keys()]));
  for (const { machine } of bench.nodes) machine.host.commands.length = 0;
  bench.k3s.kube.changes.length = 0;
  const { index } = bench.log;
  await bench.rounds(60);
  assert.deepEqual(
    bench.nodes.map(({ machine }) => machine.life?.pid),
    before,
  );
  assert.equal(JSON.stringify(bench.nodes.map(({ machine }) => [...machine.host.files.keys()])), written);
  assert.deepEqual(bench.k3s.kube.changes, []);
  assert.equal(bench.log.index, index);
  for (const { machine } of bench.nodes)
    for (const command of machine.host.commands) assert.match(command, /^ip -oneline address show/);
});

test('a k3s that dies is started again, on whichever machine', async () => {
  const bench = await readyBench(4);
  for (const node of bench.nodes) {
    bench.k3s.kill(node.machine);
    await bench.settle();
  }
  assert.equal(bench.readyNodes().length, 4);
});

test('an agent that starts anew leaves a k3s that runs alone', async () => {
  const bench = await readyBench(4);
  const before = bench.nodes.map(({ machine }) => machine.life?.pid);
  for (const node of bench.nodes) await bench.restartAgent(node);
  await bench.settle();
  await bench.rounds(5);
  assert.deepEqual(
    bench.nodes.map(({ machine }) => machine.life?.pid),
    before,
  );
});

test('all machines lose power at once: each server comes back from what it has, and none founds anything', async () => {
  const bench = await readyBench(4);
  for (const { machine } of bench.nodes) bench.k3s.powerOff(machine);
  for (const node of bench.nodes) await bench.restartAgent(node);
  await bench.settle();
  assert.deepEqual(bench.k3s.founders, ['atlas']);
  assert.equal(bench.readyNodes().length, 4);
});

test('who founded the cluster and has lost its datastore founds no other, though nobody else answers', async () => {
  const bench = await readyBench(3);
  for (const { machine } of bench.nodes) bench.k3s.powerOff(machine);
  const founder = byName(bench, 'atlas');
  bench.k3s.wipe(founder.machine);
  for (const node of bench.nodes) await bench.restartAgent(node);
  for (const name of ['borea', 'ceres']) bench.away.add(byName(bench, name).id);
  await bench.rounds(30);
  assert.deepEqual(bench.k3s.founders, ['atlas'], 'once, long ago');
  bench.away.clear();
  await bench.settle();
  assert.deepEqual(bench.having('server'), all);
  assert.equal(bench.k3s.etcd.voters.length, 3);
});

test('the only server is started again whatever it ended by: there is no keeper to ask but itself', async () => {
  const bench = await readyBench(1);
  const { machine } = byName(bench, 'atlas');
  for (const line of [
    'level=error msg="Unable to authenticate the request: 401 Unauthorized"',
    'level=fatal msg="token is not authorized"',
  ]) {
    machine.habits.failure = { line, ends: true };
    bench.k3s.kill(machine);
    await bench.rounds(3);
    machine.habits.failure = undefined;
    await bench.settle();
    assert.equal(bench.k3s.etcd.members.length, 1, 'with what it had stored');
  }
  assert.deepEqual(bench.k3s.founders, ['atlas']);
});

test('an agent whose first server is gone before it was let in turns to another', async () => {
  const bench = await readyBench(3);
  const doris = await bench.add('doris');
  doris.machine.habits.startMs = 60_000;
  await bench.until(() => doris.machine.life !== undefined, 'its k3s runs');
  const [first] = bench.having('keeper');
  const gone = byName(bench, first ?? '');
  bench.k3s.powerOff(gone.machine);
  bench.away.add(gone.id);
  await bench.until(() => bench.report(doris, 'agent')?.state === 'ready', 'it is ready all the same', 400);
});

test('an agent that a new node-agent finds being turned away is let in anew', async () => {
  const bench = await readyBench(2);
  const borea = byName(bench, 'borea');
  bench.k3s.kill(borea.machine);
  bench.k3s.kube.passwords.set('borea', 'of somebody else');
  await bench.round();
  await bench.rounds(2);
  await bench.restartAgent(borea);
  await bench.settle();
  assert.deepEqual(bench.readyNodes(), ['atlas', 'borea']);
});

test('a node that somebody deleted from Kubernetes is registered again by a new start', async () => {
  const bench = await readyBench(4);
  for (const name of ['doris', 'atlas', 'borea']) {
    // With a server goes its member of etcd, but for one that would have to take out itself.
    if (name === 'atlas') bench.k3s.kube.deleteNode(name);
    else bench.k3s.deleteNode(name);
    await bench.rounds(2);
    await bench.settle();
    assert.ok(bench.readyNodes().includes(name), name);
  }
});

test('settings reach the servers one after the other: never is more than one of them down', async () => {
  const bench = await readyBench(4);
  await bench.rounds(10);
  const before = bench.nodes.map(({ machine }) => machine.life?.pid);
  configure(bench, { tlsSans: ['api.lab.example'] });
  let least = 3;
  for (let round = 0; round < 60; round++) {
    await bench.round();
    const up = bench.nodes.filter(({ machine }) => machine.life?.kind === 'server').length;
    least = Math.min(least, up);
  }
  await bench.settle();
  assert.ok(least >= 2, `${least} servers at one time`);
  for (const name of all) {
    const node = byName(bench, name);
    assert.ok(!before.includes(node.machine.life?.pid), `${name} was started anew`);
    assert.match(node.machine.host.text(files.config), /api\.lab\.example/);
    assert.equal(bench.report(node, 'server')?.settingsVersion, bench.settings.k3s?.version);
  }
  assert.ok(before.includes(byName(bench, 'doris').machine.life?.pid), 'an agent has no such settings');
});

test('tags and taints reach the nodes without a new start', async () => {
  const bench = await readyBench(4);
  await bench.rounds(10);
  const before = bench.nodes.map(({ machine }) => machine.life?.pid);
  for (const { id } of bench.nodes) bench.tags.set(id, { rack: 'r1' });
  configure(bench, {
    taints: [{ tags: { rack: 'r1' }, key: 'site.example/rack', value: '1', effect: 'NoSchedule' }],
  });
  await bench.rounds(20);
  await bench.settle();
  for (const node of bench.k3s.kube.nodes.values()) {
    assert.equal(node.labels['tag.clusteros.io/rack'], 'r1');
    assert.deepEqual(node.taints, [{ key: 'site.example/rack', value: '1', effect: 'NoSchedule' }]);
  }
  assert.deepEqual(
    bench.nodes.map(({ machine }) => machine.life?.pid),
    before,
  );
});

test('a machine that shall be nothing leaves Kubernetes for good, server or agent, and may come back', async () => {
  for (const name of ['doris', 'borea']) {
    const bench = await readyBench(4);
    configure(bench, { roles: { [name]: 'none' } });
    await bench.rounds(5);
    await bench.settle();
    await bench.rounds(60);
    const { machine } = byName(bench, name);
    assert.ok(!bench.readyNodes().includes(name) && !bench.k3s.kube.nodes.has(name), `${name} is forgotten`);
    assert.equal(machine.life, undefined);
    assert.equal(machine.host.text(files.config), '');
    assert.ok(bench.k3s.etcd.of(name) === undefined);
    assert.equal(bench.k3s.etcd.voters.length, 3, 'three servers still, or again');
    configure(bench, {});
    await bench.rounds(5);
    await bench.settle();
    assert.ok(bench.readyNodes().includes(name), `${name} is back`);
  }
});

test('who gives up a role is not let in meanwhile, though its k3s ends by being taken out', async () => {
  const bench = await readyBench(3);
  const starts = new Map<string, number>();
  configure(bench, { servers: 1 });
  bench.onDecided = decision => {
    if (decision.kind === 'revoke') starts.set(decision.node, bench.log.index);
  };
  await bench.rounds(5);
  await bench.settle(400);
  assert.deepEqual([bench.having('server'), bench.having('agent')], [['atlas'], ['borea', 'ceres']]);
  assert.equal(bench.k3s.etcd.members.length, 1);
  assert.deepEqual(bench.readyNodes(), all);
});

test('a server that gives up its role stays in etcd while that would lose its majority, though all was well when it was decided', async () => {
  const bench = await readyBench(3);
  const { kube, etcd } = bench.k3s;
  const borea = byName(bench, 'borea');
  kube.addPod({ name: 'bare', node: 'ceres', kind: 'bare' });
  configure(bench, { servers: 1 });
  await bench.rounds(5);
  bench.k3s.powerOff(borea.machine);
  bench.away.add(borea.id);
  kube.pods = [];
  await bench.rounds(40);
  assert.ok(etcd.of('ceres') && etcd.hasQuorum());
  assert.match(bench.report(byName(bench, 'atlas'), 'keeper')?.detail ?? '', /ceres stays in etcd/);
  bench.away.clear();
  await bench.settle(400);
  assert.deepEqual(bench.having('server'), ['atlas']);
  assert.equal(etcd.members.length, 1);
});

test('a server that is removed from the cluster is replaced, once what is left of it is out of etcd', async () => {
  const bench = await readyBench(4);
  const borea = byName(bench, 'borea');
  bench.k3s.powerOff(borea.machine);
  bench.remove(borea);
  await bench.until(() => bench.having('server').length === 3, 'a third server', 400);
  await bench.settle(400);
  assert.deepEqual(bench.having('server'), ['atlas', 'ceres', 'doris']);
  assert.deepEqual(bench.readyNodes(), ['atlas', 'ceres', 'doris']);
  assert.equal(bench.k3s.etcd.voters.length, 3);
  assert.ok(!bench.k3s.kube.nodes.has('borea'));
});

test('a k3s that will not end is told of, and nothing is set aside beneath it', async () => {
  const bench = await readyBench(2);
  const borea = byName(bench, 'borea');
  borea.machine.habits.hangs = true;
  configure(bench, { roles: { borea: 'none' } });
  await bench.rounds(20);
  assert.equal(borea.reports[0]?.reason, 'k3s-does-not-end');
  borea.machine.habits.hangs = false;
  await bench.settle();
  assert.equal(borea.machine.life, undefined);
});

test('a datastore is set aside, never deleted', async () => {
  const bench = await readyBench(3);
  configure(bench, { servers: 1 });
  await bench.rounds(5);
  await bench.settle(400);
  const { host } = byName(bench, 'ceres').machine;
  const kept = [...host.files.keys()].filter(path => path.startsWith(`${folders.database}.before-`));
  assert.equal(kept.length, 1);
});

test('a keeper that was taken out of etcd by hand is let in anew by another', async () => {
  const bench = await readyBench(3);
  const [name = ''] = bench.having('keeper');
  bench.k3s.deleteNode(name);
  const { host } = byName(bench, name).machine;
  // As k3s finds it at its next start.
  host.put(files.tombstone, 'removed');
  await bench.until(() => bench.having('keeper')[0] !== name, 'another keeps the cluster', 60);
  await bench.settle(400);
  assert.equal(bench.k3s.etcd.voters.length, 3);
  assert.deepEqual(bench.readyNodes(), all);
});

test('who gives up its role stays in etcd while another server is down: two losses would be the majority', async () => {
  const bench = await readyBench(4);
  bench.k3s.kube.addPod({ name: 'slow', node: 'borea', kind: 'movable', budget: 'b' });
  bench.k3s.kube.budgets.set('b', 0);
  configure(bench, { roles: { borea: 'none' } });
  await bench.rounds(10);
  const ceres = byName(bench, 'ceres');
  bench.k3s.powerOff(ceres.machine);
  bench.away.add(ceres.id);
  bench.k3s.kube.budgets.set('b', 1);
  await bench.rounds(60);
  assert.ok(bench.k3s.etcd.of('borea'), 'it is a member still');
  assert.equal(bench.k3s.kube.nodes.get('borea')?.annotations['etcd.k3s.cattle.io/remove'], undefined);
  assert.ok(bench.k3s.etcd.hasQuorum());
  bench.away.delete(ceres.id);
  await bench.settle(400);
  assert.ok(!bench.k3s.kube.nodes.has('borea'));
});
