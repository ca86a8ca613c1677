// When a k3s that runs is started anew, or let in anew, and when it is left alone: each such act costs connections, or pods.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { type K3sBench, type Node, readyBench } from './bench.ts';

const byName = (bench: K3sBench, name: string): Node => {
  const found = bench.nodes.find(each => each.name === name);
  assert.ok(found);
  return found;
};
const flannel = '/sys/class/net/flannel.1';
/** Members with a k3s that loses flannel's interface; those that run have it. */
async function losingBench(count: number): Promise<K3sBench> {
  const bench = await readyBench(count);
  for (const node of bench.nodes) {
    node.capabilities = [...node.capabilities, 'k3s=v1.34.3'];
    node.machine.host.put(flannel, '');
  }
  await bench.rounds(100);
  return bench;
}
const starts = (bench: K3sBench) =>
  bench.nodes.map(
    ({ machine }) => machine.host.commands.filter(each => each.startsWith('start-stop-daemon')).length,
  );
const pids = (bench: K3sBench) => bench.nodes.map(({ machine }) => machine.life?.pid);

test('a k3s that has just been started is given time to make its interface and to register its node', async () => {
  const bench = await losingBench(4);
  for (const name of ['borea', 'doris']) {
    const { machine } = byName(bench, name);
    bench.k3s.kill(machine);
    machine.host.files.delete(flannel);
    await bench.until(() => machine.life !== undefined, 'it is started');
    const { pid } = machine.life ?? {};
    await bench.rounds(40);
    assert.equal(machine.life?.pid, pid, `${name} runs on`);
    machine.host.put(flannel, '');
    await bench.rounds(100);
    assert.equal(machine.life?.pid, pid);
  }
  const doris = byName(bench, 'doris');
  bench.k3s.kill(doris.machine);
  bench.k3s.kube.deleteNode('doris');
  const line = 'E1127 06:00:00.000000  101 kubelet.go:1] "Error" err="node \\"doris\\" not found"';
  doris.machine.habits.failure = { line, ends: false };
  await bench.until(() => doris.machine.life !== undefined, 'it is started');
  const { pid } = doris.machine.life ?? {};
  await bench.rounds(40);
  assert.equal(doris.machine.life?.pid, pid, 'a kubelet says so until it has registered');
});

test('servers that have all lost flannel are started anew one after the other, once each', async () => {
  const bench = await losingBench(3);
  const before = pids(bench);
  for (const { machine } of bench.nodes) machine.host.files.delete(flannel);
  let least = 3;
  const startsBefore = starts(bench);
  for (let round = 0; round < 200; round++) {
    await bench.round();
    least = Math.min(least, bench.nodes.filter(({ machine }) => bench.k3s.isUp(machine)).length);
    for (const [i, { machine }] of bench.nodes.entries())
      if (machine.life && machine.life.pid !== before[i]) machine.host.put(flannel, '');
  }
  assert.ok(least >= 2, `${least} servers at one time`);
  assert.ok(pids(bench).every((pid, i) => pid !== before[i]));
  assert.deepEqual(
    starts(bench),
    startsBefore.map(each => each + 1),
    'once each',
  );
});

test('where a new start does not bring flannel back there is no second one', async () => {
  const bench = await losingBench(4);
  const before = starts(bench);
  for (const { machine } of bench.nodes) machine.host.files.delete(flannel);
  await bench.rounds(900);
  assert.deepEqual(
    starts(bench),
    before.map(each => each + 1),
  );
});

test('a registry that refuses an image is no reason to be let in anew: the node and its pods stay', async () => {
  const bench = await readyBench(4);
  const doris = byName(bench, 'doris');
  const uid = bench.k3s.kube.nodes.get('doris')?.uid;
  const refused = 'failed to pull image \\"registry.example/a:1\\": unexpected status: 401 Unauthorized';
  doris.machine.habits.failure = { line: `level=error msg="${refused}"`, ends: false };
  await bench.rounds(40);
  bench.k3s.kill(doris.machine);
  await bench.rounds(10);
  doris.machine.habits.failure = undefined;
  await bench.settle();
  assert.equal(bench.k3s.kube.nodes.get('doris')?.uid, uid);
});

test('a folder that cannot be renamed is told of, and no reason for the agent to end', async () => {
  const bench = await readyBench(4);
  const borea = byName(bench, 'borea');
  const { host } = borea.machine;
  const { rename } = host;
  // As with a file system of its own for the datastore.
  host.rename = async from => {
    throw new Error(`EBUSY: resource busy, rename '${from}'`);
  };
  bench.settings = { k3s: { version: bench.log.index, settings: { roles: { borea: 'none' } } } };
  await bench.rounds(30);
  const [report] = borea.reports;
  assert.equal(report?.state, 'failing');
  assert.match(report?.detail ?? '', /EBUSY.*server\/db/);
  host.rename = rename.bind(host);
  await bench.settle(400);
  assert.deepEqual(bench.having('server'), ['atlas', 'ceres', 'doris']);
});
