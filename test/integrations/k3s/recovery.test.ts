// A datastore that one server makes anew: nobody else serves meanwhile, nobody gives anything up for a server that cannot do it, and it
// goes on where it was, whatever dies.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { files, folders } from '../../../src/integrations/k3s/names.ts';
import { type K3sBench, type Node, readyBench } from './bench.ts';

const byName = (bench: K3sBench, name: string): Node => {
  const found = bench.nodes.find(each => each.name === name);
  assert.ok(found);
  return found;
};
const asides = ({ machine }: Node, name: string) =>
  new Set(
    [...machine.host.files.keys()].flatMap(
      path => (path.startsWith(`${folders.database}.before-${name}`) ? path.split('/')[6] : undefined) ?? [],
    ),
  ).size;

/** Three servers of which two are gone: etcd has no majority. */
async function withoutMajority(): Promise<{ readonly bench: K3sBench; readonly chosen: Node }> {
  const bench = await readyBench(4);
  for (const name of ['borea', 'ceres']) {
    const { id, machine } = byName(bench, name);
    bench.k3s.powerOff(machine);
    bench.away.add(id);
  }
  await bench.rounds(5);
  return { bench, chosen: byName(bench, 'atlas') };
}

test('after two servers of three are lost the third makes the datastore anew, with a copy beside it; both join anew when they come back', async () => {
  const { bench, chosen } = await withoutMajority();
  const id = bench.recover(chosen);
  await bench.until(() => bench.operation(id)?.outcome === 'done', 'it is made anew');
  assert.deepEqual(bench.k3s.resets, ['atlas']);
  assert.equal(asides(chosen, `recovery-${id}`), 1);
  assert.deepEqual(bench.having('keeper'), ['atlas']);
  bench.away.clear();
  await bench.settle(400);
  assert.equal(bench.k3s.etcd.voters.length, 3);
  assert.equal(bench.readyNodes().length, 4);
  assert.deepEqual(bench.k3s.founders, ['atlas']);
  for (const name of ['borea', 'ceres'])
    assert.ok(asides(byName(bench, name), '') >= 1, `what ${name} had is kept`);
});

test('servers that can be reached end before the datastore is made anew, one that is silent for a moment too', async () => {
  const bench = await readyBench(3);
  const chosen = byName(bench, 'atlas');
  const { id, machine } = byName(bench, 'borea');
  machine.habits.hangs = true;
  bench.suspect.add(id);
  bench.recover(chosen);
  await bench.rounds(10);
  assert.deepEqual(bench.k3s.resets, []);
  assert.match(chosen.reports.find(({ role }) => role === 'server')?.detail ?? '', /waiting for.*borea/);
  machine.habits.hangs = false;
  bench.suspect.clear();
  await bench.settle(400);
  assert.deepEqual(bench.k3s.resets, ['atlas']);
  assert.equal(bench.k3s.etcd.voters.length, 3);
});

test('for a server that has no datastore, or not that snapshot, nobody gives anything up: the recovery has failed', async () => {
  for (const [why, snapshot, harm] of [
    ['no-snapshot', 'of-nobody', () => {}],
    ['no-datastore', '', (bench: K3sBench, node: Node) => bench.k3s.wipe(node.machine)],
  ] as const) {
    const bench = await readyBench(3);
    const chosen = byName(bench, 'ceres');
    harm(bench, chosen);
    const id = bench.recover(chosen, snapshot);
    await bench.until(() => bench.operation(id)?.outcome !== 'running', 'it is over', 20);
    assert.equal(bench.operation(id)?.outcome, 'failed');
    assert.equal(bench.operation(id)?.reason, why);
    assert.deepEqual(bench.k3s.resets, []);
    await bench.settle(400);
    assert.deepEqual(bench.having('server'), ['atlas', 'borea', 'ceres']);
    assert.equal(asides(byName(bench, 'atlas'), ''), 0, 'the datastores of the others are in their place');
  }
});

test('a reset that fails is tried ever more seldom, with one copy of the datastore; another snapshot may be named meanwhile', async () => {
  const { bench, chosen } = await withoutMajority();
  const { host } = chosen.machine;
  host.put(`${folders.database}/snapshots/torn`, 'torn');
  host.put(`${folders.database}/snapshots/whole`, 'good');
  const first = bench.recover(chosen, 'torn');
  await bench.rounds(60);
  assert.ok(bench.k3s.resets.length >= 3 && bench.k3s.resets.length <= 7, `${bench.k3s.resets.length} tries`);
  assert.equal(asides(chosen, 'recovery-'), 1);
  assert.match(chosen.reports.find(({ state }) => state === 'failing')?.detail ?? '', /cannot be read/);
  const second = bench.recover(chosen, 'whole');
  await bench.until(() => bench.operation(second)?.outcome === 'done', 'it is made anew of the other');
  assert.equal(bench.operation(first)?.reason, 'asked-anew');
  assert.match(bench.k3s.resets.at(-1) ?? '', /snapshots\/whole$/);
});

test('the agent of the chosen server may die after any single thing it does', async () => {
  for (let effect = 1; effect < 12; effect++) {
    const { bench, chosen } = await withoutMajority();
    const id = bench.recover(chosen);
    const { host } = chosen.machine;
    let left = effect;
    const dies = () => {
      left -= 1;
      if (left === 0) throw new Error('the agent dies');
    };
    const { writeFile, rename, run } = host;
    host.writeFile = async (...args) => {
      await writeFile.apply(host, args);
      dies();
    };
    host.rename = async (...args) => {
      await rename.apply(host, args);
      dies();
    };
    host.run = async (program, ...args) => {
      const outcome = await run.call(host, program, ...args);
      if (program !== 'ip') dies();
      return outcome;
    };
    for (let round = 0; round < 60 && left > 0; round++) await bench.round().catch(() => {});
    Object.assign(host, { writeFile, rename, run });
    await bench.restartAgent(chosen);
    await bench.until(() => bench.operation(id)?.outcome === 'done', `made anew after effect ${effect}`, 400);
    assert.equal(asides(chosen, `recovery-${id}`), 1);
    assert.deepEqual(bench.k3s.faults, []);
  }
});

test('a chosen server that dies before anybody has given anything up is passed over for another', async () => {
  const bench = await readyBench(3);
  const [first, second] = [byName(bench, 'borea'), byName(bench, 'ceres')];
  bench.k3s.powerOff(first.machine);
  bench.away.add(first.id);
  const lost = bench.recover(first);
  await bench.rounds(5);
  assert.deepEqual(bench.having('server'), ['atlas', 'borea', 'ceres']);
  const id = bench.recover(second);
  await bench.until(() => bench.operation(id)?.outcome === 'done', 'the other has made it anew');
  assert.equal(bench.operation(lost)?.reason, 'asked-anew');
  bench.away.clear();
  await bench.settle(400);
  assert.equal(bench.k3s.etcd.voters.length, 3);
});

test('a snapshot is restored though the datastore was just made anew, and k3s has not come up since', async () => {
  const { bench, chosen } = await withoutMajority();
  const { habits, host } = chosen.machine;
  habits.failure = { line: 'level=fatal msg="something in what is stored"', ends: true };
  const first = bench.recover(chosen);
  await bench.rounds(30);
  assert.equal(bench.operation(first)?.outcome, 'running');
  host.put(`${folders.database}/snapshots/whole`, 'good');
  const second = bench.recover(chosen, 'whole');
  await bench.until(() => bench.k3s.resets.length === 2, 'it is made anew once more');
  assert.match(bench.k3s.resets.at(-1) ?? '', /snapshots\/whole$/);
  habits.failure = undefined;
  await bench.until(() => bench.operation(second)?.outcome === 'done', 'it works');
});

test('after a snapshot was restored k3s is told what the log says, also what was changed since, or meanwhile', async () => {
  const { bench, chosen } = await withoutMajority();
  const { host } = chosen.machine;
  host.put(`${folders.database}/snapshots/whole`, 'good');
  const id = bench.recover(chosen, 'whole');
  await bench.round();
  bench.settings = { k3s: { version: bench.log.index + 1, settings: { disable: [], tlsSans: ['api.lab'] } } };
  await bench.until(() => bench.operation(id)?.outcome === 'done', 'it is made anew');
  bench.away.clear();
  await bench.settle(400);
  for (const { name, machine } of bench.nodes.filter(each => bench.having('server').includes(each.name))) {
    assert.deepEqual(machine.life?.config.disable, [], name);
    assert.deepEqual(machine.life?.config['tls-san'], [machine.ip, name, 'api.lab']);
  }
  assert.equal(bench.report(chosen, 'server')?.settingsVersion, bench.settings.k3s?.version);
});

test('what a recovery writes is for root only', async () => {
  const { bench, chosen } = await withoutMajority();
  const id = bench.recover(chosen);
  await bench.until(() => bench.operation(id)?.outcome === 'done', 'it is made anew');
  assert.equal(chosen.machine.host.files.get(files.config)?.mode, 0o600);
  bench.k3s.check(bench.told);
});
