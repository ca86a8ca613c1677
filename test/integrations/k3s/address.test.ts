// Servers whose address changes: etcd knows each by the address that it joined with, and k3s goes on saying so until somebody does something.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { folders } from '../../../src/integrations/k3s/names.ts';
import { type K3sBench, type Node, readyBench } from './bench.ts';

const byName = (bench: K3sBench, name: string): Node => {
  const found = bench.nodes.find(each => each.name === name);
  assert.ok(found);
  return found;
};
const copies = ({ machine }: Node) =>
  new Set(
    [...machine.host.files.keys()].flatMap(path =>
      path.startsWith(`${folders.database}.before-`) ? [path.split('/')[6]] : [],
    ),
  ).size;

for (const ends of [false, true])
  test(`the only server has another address: etcd is told, with a copy of what it holds (k3s ${ends ? 'ends' : 'goes on'})`, async () => {
    const bench = await readyBench(2);
    const atlas = byName(bench, 'atlas');
    bench.k3s.readdress(atlas.machine, '100.64.9.9');
    if (ends) {
      const line = 'level=fatal msg="this server is a not a member of the etcd cluster. Found [a]"';
      atlas.machine.habits.failure = { line, ends: true };
      bench.k3s.kill(atlas.machine);
      const { programs } = atlas.machine.host;
      const whole = programs.get('k3s');
      programs.set('k3s', (args, ...rest) => {
        if (args[1] === '--cluster-reset') atlas.machine.habits.failure = undefined;
        return whole?.(args, ...rest) ?? {};
      });
    }
    await bench.until(() => bench.k3s.resets.length > 0, 'it is made anew');
    await bench.settle(400);
    assert.deepEqual(bench.k3s.resets, ['atlas']);
    assert.equal(copies(atlas), 1);
    assert.deepEqual(
      bench.k3s.etcd.members.map(({ ip }) => ip),
      ['100.64.9.9'],
    );
    assert.deepEqual(bench.readyNodes(), ['atlas', 'borea']);
    assert.deepEqual(bench.k3s.founders, ['atlas']);
  });

test('when etcd cannot be told, that is tried ever more seldom, and one copy is kept', async () => {
  const bench = await readyBench(1);
  const atlas = byName(bench, 'atlas');
  const { host } = atlas.machine;
  const whole = host.programs.get('k3s');
  host.programs.set('k3s', (args, ...rest) => {
    if (args[1] !== '--cluster-reset') return whole?.(args, ...rest) ?? {};
    bench.k3s.resets.push('in vain');
    return { exitCode: 1, stderr: 'level=fatal msg="no space left on device"' };
  });
  bench.k3s.readdress(atlas.machine, '100.64.9.9');
  await bench.rounds(300);
  const tries = bench.k3s.resets.length;
  assert.ok(tries >= 2 && tries <= 9, `${tries} tries in ten minutes`);
  assert.equal(copies(atlas), 1, 'not one for each try');
  assert.ok(whole);
  host.programs.set('k3s', whole);
  await bench.settle(400);
});

for (const name of ['borea', 'atlas'])
  test(`one server of three has another address (${name}): it is taken out and joins anew, and etcd keeps its majority`, async () => {
    const bench = await readyBench(3);
    bench.k3s.readdress(byName(bench, name).machine, '100.64.9.9');
    let least = 3;
    for (let round = 0; round < 300; round++) {
      await bench.round();
      least = Math.min(least, bench.nodes.filter(({ machine }) => bench.k3s.isUp(machine)).length);
    }
    await bench.settle(400);
    assert.ok(least >= 2, `${least} servers at one time`);
    assert.deepEqual(bench.k3s.resets, []);
    assert.deepEqual(
      bench.k3s.etcd.voters.map(({ ip }) => ip).includes('100.64.9.9') && bench.k3s.etcd.voters.length,
      3,
    );
    assert.deepEqual(bench.readyNodes(), ['atlas', 'borea', 'ceres']);
    assert.equal(copies(byName(bench, name)), 1);
  });
