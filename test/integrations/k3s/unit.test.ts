// k3s as a unit of systemd: ours where nobody has made one, never waited for, never started again by systemd itself.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { K3sBench, type Node } from './bench.ts';
import { withK3sUnits } from './memory-unit.ts';

const own = '/etc/systemd/system/k3s.service';

async function withUnits(
  names: readonly string[],
): Promise<{ bench: K3sBench; nodes: Node[]; calls: string[][] }> {
  const bench = new K3sBench();
  const nodes: Node[] = [];
  const calls: string[][] = [];
  for (const name of names) {
    const node = await bench.add(name);
    nodes.push(node);
    calls.push(withK3sUnits(bench.k3s, node.machine));
  }
  return { bench, nodes, calls };
}

test('three machines with systemd become a Kubernetes, and a fourth an agent of it', async () => {
  const { bench, nodes, calls } = await withUnits(['atlas', 'borea', 'ceres', 'doris']);
  await bench.settle();
  assert.equal(bench.readyNodes().length, 4);
  const [atlas] = nodes;
  const unit = atlas?.machine.host.text(own) ?? '';
  for (const line of [
    'KillMode=process',
    'Delegate=yes',
    'TimeoutStartSec=0',
    'ExecStart=/usr/sbin/k3s server',
  ])
    assert.ok(unit.includes(`${line}\n`), line);
  assert.match(atlas?.machine.host.text(`${own}.d/10-clusteros.conf`) ?? '', /^Restart=no$/m);
  for (const call of calls.flat().filter(each => /^(start|stop)/.test(each)))
    assert.match(call, / --no-block /);
  bench.k3s.kill(nodes[3]?.machine ?? assert.fail());
  await bench.settle();
  assert.equal(bench.readyNodes().length, 4);
});

test("an operator's own unit is used, with our drop-in", async () => {
  const { bench, nodes } = await withUnits(['atlas']);
  const [atlas] = nodes;
  assert.ok(atlas);
  atlas.machine.host.put('/usr/lib/systemd/system/k3s.service', '[Service]\nExecStart=/opt/k3s server\n');
  await bench.settle();
  assert.equal(atlas.machine.host.text(own), '');
  assert.match(atlas.machine.host.text(`${own}.d/10-clusteros.conf`), /Restart=no/);
  await atlas.k3s.withdraw(atlas.machine.host);
  assert.ok(!atlas.machine.host.files.has(`${own}.d/10-clusteros.conf`));
  assert.ok(atlas.machine.host.files.has('/usr/lib/systemd/system/k3s.service'));
});

test('words are those of the last start, from the journal', async () => {
  const { bench, nodes } = await withUnits(['atlas', 'borea']);
  await bench.settle();
  const borea = nodes[1] ?? assert.fail();
  borea.machine.habits.failure = {
    line: 'level=fatal msg="unable to find interface tailscale0"',
    ends: true,
  };
  bench.k3s.kill(borea.machine);
  await bench.rounds(6);
  assert.equal(bench.report(borea, 'agent')?.reason, 'interface-missing');
  borea.machine.habits.failure = undefined;
  await bench.settle();
});

test('a machine that is taken out keeps no unit of ours', async () => {
  const { bench, nodes, calls } = await withUnits(['atlas', 'borea']);
  await bench.settle();
  const borea = nodes[1] ?? assert.fail();
  await borea.k3s.withdraw(borea.machine.host);
  assert.equal(borea.machine.life, undefined);
  assert.deepEqual(
    [...borea.machine.host.files.keys()].filter(path => path.startsWith('/etc/systemd/')),
    [],
  );
  assert.ok(calls[1]?.includes('daemon-reload'));
});

test("an operator's unit that is enabled starts nothing at boot before the agent does", async () => {
  const { bench, nodes } = await withUnits(['atlas', 'borea']);
  const [atlas, borea] = nodes;
  assert.ok(atlas && borea);
  for (const { machine } of nodes)
    machine.host.put('/usr/lib/systemd/system/k3s.service', '[Service]\nExecStart=/opt/k3s server\n');
  await bench.settle();
  bench.k3s.powerOff(atlas.machine);
  const boots = () => atlas.machine.host.run('systemctl', ['start', 'k3s.service']);
  await boots();
  assert.equal(atlas.machine.life, undefined);
  await bench.until(() => atlas.machine.life !== undefined, 'the agent starts it');
  await bench.settle();
  assert.deepEqual(bench.k3s.founders, ['atlas']);
});

test('containers end with a role that is given up, and what needs more than the agent may has a unit of its own', async () => {
  const { bench, nodes, calls } = await withUnits(['atlas', 'borea']);
  await bench.settle();
  const borea = nodes[1] ?? assert.fail();
  borea.machine.host.programs.set('k3s-killall.sh', () => ({}));
  await borea.k3s.withdraw(borea.machine.host);
  const own = calls[1] ?? [];
  assert.ok(own.includes('kill --kill-who=all --signal=SIGKILL kubepods.slice'));
  assert.ok(
    own.some(each => /^systemd-run .*--unit=clusteros-k3s-killall -- \S+k3s-killall\.sh$/.test(each)),
  );
  const id = bench.recover(nodes[0] ?? assert.fail());
  bench.remove(borea);
  await bench.until(() => bench.operation(id)?.outcome === 'done', 'it is made anew');
  assert.ok(
    calls[0]?.some(each =>
      /^systemd-run .*--unit=clusteros-k3s-reset -- \S+k3s server --cluster-reset$/.test(each),
    ),
  );
});
