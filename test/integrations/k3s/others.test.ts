// A k3s that somebody else has set up is left alone; ours is ended, and its secrets taken away, when its machine is taken out of the cluster.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { files, folders } from '../../../src/integrations/k3s/names.ts';
import { MemoryHost } from '../memory-host.ts';
import { K3sBench, markFile, readyBench } from './bench.ts';

/** A machine with a k3s of somebody else. */
function foreignHost(): MemoryHost {
  const host = new MemoryHost();
  host.put(`${folders.members}/wal`, 'of somebody else');
  host.put(files.kubeletCertificate, 'of somebody else');
  host.put('/etc/rancher/k3s/config.yaml', 'token: theirs\n');
  return host;
}

test('a machine with a k3s of somebody else is given no role, and says why', async () => {
  const bench = await readyBench(1);
  const host = foreignHost();
  const before = [...host.files];
  const borea = await bench.add('borea', host);
  assert.deepEqual(borea.capabilities, []);
  await bench.rounds(5);
  assert.deepEqual(bench.having('agent'), []);
  assert.equal(borea.reports[0]?.state, 'absent');
  assert.match(borea.reports[0]?.detail ?? '', /somebody else.*k3s-uninstall\.sh/);
  assert.deepEqual([...host.files], before, 'nothing was touched');
  assert.deepEqual(
    host.commands.filter(each => !each.startsWith('k3s --version')),
    [],
  );
});

test('one that was set up by hand after the agent had started is not touched either', async () => {
  const bench = new K3sBench();
  const host = foreignHost();
  const files0 = [...host.files];
  for (const [path] of files0) host.files.delete(path);
  const atlas = await bench.add('atlas', host);
  for (const [path, file] of files0) host.files.set(path, file);
  await bench.rounds(5);
  assert.equal(atlas.reports.find(({ role }) => role === 'server')?.reason, 'foreign-k3s');
  assert.deepEqual(bench.k3s.founders, []);
  assert.equal(host.text(files.config), '');
});

test('a k3s of a former cluster of ClusterOS is not taken over by another', async () => {
  const bench = new K3sBench();
  const host = foreignHost();
  host.put(markFile, JSON.stringify({ clusterId: 'former', kind: 'server', token: 3, startedWith: '' }));
  const atlas = await bench.add('atlas', host);
  await bench.rounds(5);
  assert.equal(atlas.reports.find(({ role }) => role === 'server')?.reason, 'foreign-k3s');
});

test('the k3s of a cluster that was recovered is still its own: ClusterOS has another id, Kubernetes has not', async () => {
  const bench = await readyBench(4);
  const before = bench.nodes.map(({ machine }) => machine.life?.pid);
  bench.formerClusters = [bench.clusterId];
  bench.clusterId = 'recovered';
  for (const node of bench.nodes) await bench.restartAgent(node);
  await bench.settle();
  assert.deepEqual(
    bench.nodes.map(({ machine }) => machine.life?.pid),
    before,
    'none was started anew',
  );
  for (const { machine } of bench.nodes) bench.k3s.powerOff(machine);
  await bench.settle();
  bench.settings = { k3s: { version: bench.log.index + 1, settings: { roles: { doris: 'none' } } } };
  await bench.rounds(5);
  await bench.settle();
  assert.ok(!bench.readyNodes().includes('doris'), 'a role from before the recovery can be given up');
});

test('a damaged mark is told of, by an agent that runs', async () => {
  const bench = await readyBench(2);
  const [, borea] = bench.nodes;
  assert.ok(borea);
  borea.machine.host.put(markFile, '{"clusterId":');
  await bench.restartAgent(borea);
  await bench.rounds(3);
  assert.equal(borea.reports[0]?.reason, 'mark-damaged');
  assert.match(borea.reports[0]?.detail ?? '', /is damaged/);
  assert.ok(borea.machine.life, 'what runs goes on');
  assert.match(await borea.k3s.withdraw(borea.machine.host), /is damaged/, 'and is not ended by a guess');
});

for (const name of ['atlas', 'doris'])
  test(`a machine that is taken out ends its k3s, and keeps no secret (${name})`, async () => {
    const bench = await readyBench(4);
    const node = bench.nodes.find(each => each.name === name);
    assert.ok(node);
    const { host } = node.machine;
    const stored = [...host.files.keys()].filter(path => path.startsWith(`${folders.data}/`)).length;
    const stayed = await node.k3s.withdraw(host);
    bench.remove(node);
    assert.match(stayed, /what k3s had stored is in \/var\/lib\/rancher\/k3s\.before-\d+/);
    assert.equal(host.runs('k3s-server') || host.runs('k3s-agent'), false);
    for (const path of [
      files.config,
      files.serverToken,
      files.agentToken,
      files.joinToken,
      files.kubeconfig,
      files.nodePassword,
      markFile,
    ])
      assert.ok(!host.files.has(path), path);
    assert.equal([...host.files.keys()].filter(path => path.startsWith(`${folders.data}/`)).length, 0);
    assert.equal(
      [...host.files.keys()].filter(path => path.startsWith(`${folders.data}.before-`)).length,
      stored,
    );
    assert.equal(await node.k3s.withdraw(host), '', 'once is enough');
    await bench.settle(400);
    assert.equal(bench.having('server').length, 3);
    await bench.until(() => !bench.k3s.kube.nodes.has(name), 'Kubernetes has forgotten it');
  });

test('a machine that never had a part is left as it is', async () => {
  const bench = new K3sBench();
  const atlas = await bench.add('atlas', foreignHost());
  const before = [...atlas.machine.host.files];
  assert.equal(await atlas.k3s.withdraw(atlas.machine.host), '');
  assert.deepEqual([...atlas.machine.host.files], before);
});
