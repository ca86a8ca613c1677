// A Kubernetes that an operator gives up, since what it had stored is lost for good: another one is founded, once, and nothing of the former is
// taken for it.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { readyBench } from './bench.ts';

test('the only server is lost for good: until an operator gives up what it had stored nobody founds anything, and then one does', async () => {
  const bench = await readyBench(2);
  const [atlas, borea] = bench.nodes;
  assert.ok(atlas && borea);
  bench.k3s.powerOff(atlas.machine);
  bench.remove(atlas);
  await bench.rounds(60);
  assert.deepEqual(bench.k3s.founders, ['atlas'], 'nobody by itself');
  assert.equal(borea.k3s.forgetHarm?.(bench.view(borea)), '');
  bench.forget();
  await bench.settle(400);
  assert.deepEqual(bench.k3s.founders, ['atlas', 'borea']);
  assert.deepEqual(bench.readyNodes(), ['borea']);
  assert.ok(
    [...borea.machine.host.files.keys()].some(path => path.startsWith('/var/lib/rancher/k3s.before-')),
  );
});

test('a server that was away when it was forgotten ends what it had, and joins the new one', async () => {
  const bench = await readyBench(3);
  for (const { id, machine } of bench.nodes.slice(0, 2)) {
    bench.k3s.powerOff(machine);
    bench.away.add(id);
  }
  await bench.rounds(5);
  bench.forget();
  await bench.rounds(60);
  assert.deepEqual(bench.k3s.founders, ['atlas', 'ceres']);
  bench.away.clear();
  await bench.settle(400);
  assert.deepEqual(bench.k3s.founders, ['atlas', 'ceres']);
  assert.equal(bench.k3s.etcd.voters.length, 3);
  assert.deepEqual(bench.readyNodes(), ['atlas', 'borea', 'ceres']);
});

test('one that works is not forgotten', async () => {
  const bench = await readyBench(1);
  const [atlas] = bench.nodes;
  assert.ok(atlas);
  assert.match(atlas.k3s.forgetHarm?.(bench.view(atlas)) ?? '', /works, on atlas/);
});
