// Kubernetes on machines in memory: from nothing to ready, grown and shrunk, and back to ready after whatever is broken.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { K3sBench, readyBench } from './bench.ts';

test('three fresh machines become a Kubernetes of three servers: founded once, joined one after the other', async () => {
  const bench = await readyBench(3);
  assert.deepEqual(bench.having('server'), ['atlas', 'borea', 'ceres']);
  assert.deepEqual(bench.having('agent'), []);
  assert.equal(bench.having('keeper').length, 1);
  assert.deepEqual(bench.k3s.founders, bench.having('keeper'));
  assert.equal(bench.k3s.etcd.voters.length, 3);
  assert.deepEqual(bench.readyNodes(), ['atlas', 'borea', 'ceres']);
});

test('a machine more at a time: one server, an agent beside it, three servers, then agents only', async () => {
  const bench = await readyBench(1);
  const counts: (readonly [number, number])[] = [];
  for (const name of ['borea', 'ceres', 'doris', 'eunom', '']) {
    counts.push([bench.having('server').length, bench.having('agent').length]);
    if (name === '') break;
    await bench.add(name);
    await bench.settle();
  }
  assert.deepEqual(counts, [
    [1, 0],
    [1, 1],
    [3, 0],
    [3, 1],
    [3, 2],
  ]);
  assert.deepEqual(bench.readyNodes(), ['atlas', 'borea', 'ceres', 'doris', 'eunom']);
});

test('without a machine that has k3s nothing is decided', async () => {
  const bench = new K3sBench();
  const node = await bench.add('atlas');
  node.machine.host.programs.delete('k3s');
  node.capabilities = await node.k3s.capabilities(node.machine.host);
  await bench.rounds(3);
  assert.deepEqual(bench.log.grants, []);
});

test('no backup of the log brings tokens or an authority back: they are those of the datastore', async () => {
  const bench = await readyBench(1);
  const [atlas] = bench.nodes;
  assert.deepEqual(
    bench.log.secretNames.filter(name => !atlas?.k3s.boundSecrets?.includes(name)),
    [],
  );
});
