// What an operator may set for Kubernetes, what comes of it, and what is refused, with words that say where and why.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { defaultSettings, settingsFrom, settingsOf } from '../../../src/integrations/k3s/settings.ts';
import { settingsBook } from '../../../src/integrations/k3s/settings-book.ts';
import { K3sBench, readyBench } from './bench.ts';

test('nothing set is all as by default', () => {
  assert.deepEqual(settingsFrom({}), defaultSettings);
  assert.deepEqual(settingsFrom(undefined), defaultSettings);
  assert.deepEqual(settingsOf(undefined), defaultSettings);
});

const refusals: readonly (readonly [unknown, RegExp])[] = [
  [{ server: 3 }, /server/],
  [{ servers: 2 }, /^servers: /],
  [{ servers: '3' }, /^servers: /],
  [{ roles: { atlas: 'master' } }, /^roles\.atlas: /],
  [{ roles: { 'At las': 'server' } }, /^roles\.?/],
  [{ clusterCidr: '10.42.0.0' }, /^clusterCidr: .*10\.42\.0\.0\/16/],
  [{ clusterDns: 'dns' }, /^clusterDns: .*10\.43\.0\.10/],
  [{ flannelBackend: 'udp' }, /^flannelBackend: /],
  [{ disable: ['all'] }, /^disable\.0: /],
  [{ tlsSans: ['a b'] }, /^tlsSans\.0: a name or an address/],
  [{ taints: [{ key: 'a b' }] }, /^taints\.0\.key: a key such as/],
  [{ taints: [{ key: 'a', effect: 'Never' }] }, /^taints\.0\.effect: /],
  [{ taints: [{ key: 'a', colour: 'red' }] }, /^taints\.0: .*colour/],
  [{ snapshots: { schedule: 'daily' } }, /^snapshots\.schedule: five fields of cron/],
  [{ snapshots: { keep: 0 } }, /^snapshots\.keep: /],
  ['text', /^the settings: /],
  [[], /^the settings: /],
];
for (const [value, why] of refusals)
  test(`${JSON.stringify(value)} is refused`, () => {
    const read = settingsFrom(value);
    assert.ok('refused' in read);
    assert.match(read.refused, why);
    assert.deepEqual(
      settingsOf({ settings: value }),
      defaultSettings,
      'what is not understood counts for nothing',
    );
  });

async function judged(bench: K3sBench, wanted: unknown) {
  const [node] = bench.nodes;
  assert.ok(node);
  return settingsBook.judge(node.machine.host, bench.view(node), wanted);
}

test('what a cluster is made with can be set before there is one, and not after', async () => {
  const fresh = new K3sBench();
  await fresh.add('atlas');
  const wanted = { clusterCidr: '10.50.0.0/16' };
  const before = await judged(fresh, wanted);
  assert.ok(!('refused' in before));
  assert.deepEqual(before.settings, wanted, 'without what is as by default');
  const after = await judged(await readyBench(1), wanted);
  assert.ok('refused' in after);
  assert.equal(after.refused, 'clusterCidr cannot be changed once there is a cluster: it is 10.42.0.0/16');
  for (const fixed of [
    { serviceCidr: '10.9.0.0/16' },
    { clusterDns: '10.43.0.9' },
    { clusterDomain: 'k.lab' },
    { flannelBackend: 'host-gw' },
    { secretsEncryption: true },
  ])
    assert.ok('refused' in (await judged(await readyBench(1), fixed)), JSON.stringify(fixed));
});

test('what changes is said, and what is lost by a role that is given up', async () => {
  const bench = await readyBench(4);
  const judgement = await judged(bench, { servers: 3, roles: { doris: 'none' } });
  assert.ok(!('refused' in judgement));
  assert.deepEqual(judgement.changes, ['servers: "auto" becomes 3', 'roles: {} becomes {"doris":"none"}']);
  assert.deepEqual(judgement.harms, [
    'doris leaves Kubernetes: what its pods have on its own disk stays there',
  ]);
});

test('a role for somebody who is no member is refused', async () => {
  const judgement = await judged(await readyBench(1), { roles: { nobody: 'server' } });
  assert.deepEqual(judgement, { refused: 'roles: no member is called nobody' });
});

test('those in force are whole', () => {
  const inForce = settingsBook.inForce({ settings: { servers: 1 } });
  assert.deepEqual(inForce, { ...defaultSettings, servers: 1 });
});
