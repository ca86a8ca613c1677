// What a status comes to: this node, its peers by the tag, what has changed, what is wrong.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import {
  enrolmentVerdict,
  machineIdentity,
  readEnrolment,
  writeEnrolment,
} from '../../../src/integrations/tailscale/enrolment.ts';
import { statusShape } from '../../../src/integrations/tailscale/shapes.ts';
import { type Tailnet, tailnetFrom } from '../../../src/integrations/tailscale/tailnet.ts';
import { tailnetChanges } from '../../../src/integrations/tailscale/tailnet-changes.ts';
import { tailnetWarnings, type WarningInputs } from '../../../src/integrations/tailscale/warnings.ts';
import { MemoryHost } from '../memory-host.ts';
import { device, type FakeDevice } from './fake-tailscaled.ts';

const ours = { Tags: ['tag:cluster'] };
const nowMs = Date.parse('2026-11-27T00:00:00Z');
const inDays = (days: number) => new Date(nowMs + days * 86_400_000).toISOString();

function tailnet(self: FakeDevice | null, peers: FakeDevice[] = [], more: object = {}): Tailnet {
  const status = statusShape.parse({
    Version: '1.102.3',
    BackendState: 'Running',
    Self: self,
    Peer: Object.fromEntries(peers.map(peer => [`nodekey:${peer.ID}`, peer])),
    ...more,
  });
  return tailnetFrom(status, 'tag:cluster');
}

const warn = (of: Tailnet, more: Partial<WarningInputs> = {}) =>
  tailnetWarnings({ tailnet: of, tag: 'tag:cluster', nowMs, enrolment: 'same', ...more });

test('phones, laptops, nodes with other tags and devices that were shared into the tailnet do not appear', () => {
  const { peers } = tailnet(device('atlas', 1, ours), [
    device('borea', 2, ours),
    device('phone', 3),
    device('printer', 4, { Tags: ['tag:clusterish', 'tag:printer'] }),
    device('guest', 5, { ...ours, ShareeNode: true }),
    device('ceres', 6, { Tags: ['tag:rack', 'tag:cluster'] }),
  ]);
  assert.deepEqual(
    peers.map(({ name }) => name),
    ['borea', 'ceres'],
  );
});

test('peers are in the order of their stable ids, and two of one name are two', () => {
  const { peers } = tailnet(device('atlas', 1, ours), [
    device('twin', 3, { ...ours, DNSName: '' }),
    device('twin', 2, { ...ours, DNSName: '' }),
  ]);
  assert.deepEqual(
    peers.map(({ stableId, name, addresses }) => [stableId, name, addresses[0]]),
    [
      ['n2CNTRL', 'twin', '100.64.0.2'],
      ['n3CNTRL', 'twin', '100.64.0.3'],
    ],
  );
});

test('the way to a peer is direct, by a relay of its own, by one of Tailscale, or not known', () => {
  const { peers } = tailnet(null, [
    device('a', 1, { ...ours, CurAddr: '192.0.2.1:41641', Active: true }),
    device('b', 2, { ...ours, PeerRelay: '192.0.2.9:7777:1', Active: true }),
    device('c', 3, { ...ours, Active: true }),
    device('d', 4, ours),
  ]);
  assert.deepEqual(
    peers.map(({ path }) => path),
    [
      { kind: 'direct', address: '192.0.2.1:41641' },
      { kind: 'peer-relay', address: '192.0.2.9:7777:1' },
      { kind: 'relay', region: 'fra' },
      { kind: 'idle' },
    ],
  );
});

test('a machine that is not signed in is no device, whatever Go writes for nothing', () => {
  const { self, peers } = tailnetFrom(
    statusShape.parse({
      Version: '1.102.3',
      BackendState: 'NeedsLogin',
      TailscaleIPs: null,
      Self: { ID: '', HostName: 'atlas', TailscaleIPs: null },
      Peer: null,
      Health: null,
      CurrentTailnet: null,
    }),
    'tag:cluster',
  );
  assert.deepEqual([self, peers], [undefined, []]);
});

test("the key of a tagged node does not expire, and Go's time of nothing is none", () => {
  assert.equal(tailnet(device('atlas', 1, ours)).self?.keyExpiresAtMs, undefined);
  const zero = device('atlas', 1, { KeyExpiry: '0001-01-01T00:00:00Z' });
  assert.equal(tailnet(zero).self?.keyExpiresAtMs, undefined);
});

test('at the first look all is new', () => {
  const after = tailnet(device('atlas', 1, ours), [device('borea', 2, ours)]);
  assert.deepEqual(
    tailnetChanges(undefined, after).map(({ kind }) => kind),
    ['state', 'own-addresses', 'peer-added'],
  );
  assert.deepEqual(tailnetChanges(after, after), []);
});

test('a peer with another key, name and address is the same peer, which has moved', () => {
  const before = tailnet(device('atlas', 1, ours), [device('borea', 2, ours)]);
  const moved = device('boreas', 9, { ...ours, ID: 'n2CNTRL' });
  const changes = tailnetChanges(before, tailnet(device('atlas', 1, ours), [moved]));
  assert.deepEqual(
    changes.map(change =>
      change.kind === 'peer-moved' ? [change.from[0], change.peer.addresses[0]] : change,
    ),
    [['100.64.0.2', '100.64.0.9']],
  );
});

test('own addresses that change, go and come are told, and that this machine is another node', () => {
  const before = tailnet(device('atlas', 1, ours));
  const gone = tailnet(null, [], { BackendState: 'NeedsLogin' });
  const back = tailnet(device('atlas', 7, ours));
  assert.deepEqual(
    tailnetChanges(before, gone).map(({ kind }) => kind),
    ['state', 'own-addresses'],
  );
  assert.deepEqual(tailnetChanges(before, back), [
    { kind: 'own-id', from: 'n1CNTRL', to: 'n7CNTRL' },
    {
      kind: 'own-addresses',
      from: ['100.64.0.1', 'fd7a:115c:a1e0::1'],
      to: ['100.64.0.7', 'fd7a:115c:a1e0::7'],
    },
  ]);
});

test('a peer that is gone, or has lost the tag, is removed', () => {
  const before = tailnet(device('atlas', 1, ours), [device('borea', 2, ours), device('ceres', 3, ours)]);
  const after = tailnet(device('atlas', 1, ours), [device('ceres', 3)]);
  assert.deepEqual(
    tailnetChanges(before, after).map(change => [change.kind, 'peer' in change && change.peer.name]),
    [
      ['peer-removed', 'borea'],
      ['peer-removed', 'ceres'],
    ],
  );
});

test('all is well with a tagged node', () => {
  assert.deepEqual(warn(tailnet(device('atlas', 1, ours), [device('borea', 2, ours)])), []);
});

for (const [days, severity] of [
  [31, undefined],
  [29.9, 'notice'],
  [7, 'warning'],
  [1, 'error'],
  [0.1, 'error'],
] as const)
  test(`a key that expires in ${days} days is ${severity === undefined ? 'nothing to tell' : `a matter of ${severity}`}`, () => {
    const [warning] = warn(tailnet(device('atlas', 1, { ...ours, KeyExpiry: inDays(days) })));
    assert.equal(warning?.severity, severity);
    if (warning === undefined) return;
    assert.equal(warning.code, 'key-expires');
    assert.match(warning.text, new RegExp(inDays(days).slice(0, 10)));
  });

test('a key that has expired is an error with another mend: disabling the expiry comes too late', () => {
  for (const fields of [{ KeyExpiry: inDays(-1) }, { KeyExpiry: inDays(3), Expired: true }]) {
    const [warning] = warn(tailnet(device('atlas', 1, { ...ours, ...fields })));
    assert.deepEqual([warning?.code, warning?.severity], ['key-expired', 'error']);
    assert.match(warning?.mend ?? '', /tailscale-auth/);
  }
});

test('a node without the tag is an error, since nobody finds it', () => {
  const [none] = warn(tailnet(device('atlas', 1)));
  assert.equal(none?.code, 'untagged');
  assert.match(none?.text ?? '', /belongs to a user and has no tag/);
  const [other] = warn(tailnet(device('atlas', 1, { Tags: ['tag:printer'] })));
  assert.match(other?.text ?? '', /has tag:printer: without tag:cluster/);
});

test('peers that only a relay reaches are named, a few of them', () => {
  const peers = Array.from({ length: 7 }, (_, i) => device(`p${i}`, i + 2, { ...ours, Active: true }));
  const [warning] = warn(tailnet(device('atlas', 1, ours), peers));
  assert.deepEqual([warning?.code, warning?.severity], ['relay-only', 'notice']);
  assert.match(warning?.text ?? '', /p0 \(fra\), .*p4 \(fra\) and 2 more/);
});

test('what tailscaled finds wrong is told in its words', () => {
  const [warning] = warn(tailnet(device('atlas', 1, ours), [], { Health: ['Tailscale cannot\n reach DNS'] }));
  assert.equal(warning?.code, 'tailscaled-health');
  assert.match(warning?.text ?? '', /Tailscale cannot reach DNS/);
});

test('a copied state and a node that came back as another are told, the worst first', () => {
  const of = tailnet(device('atlas', 1, { ...ours, KeyExpiry: inDays(20) }));
  assert.deepEqual(
    warn(of, { enrolment: 'cloned' }).map(({ code }) => code),
    ['cloned-state', 'key-expires'],
  );
  assert.deepEqual(
    warn(of, { enrolment: 'renewed' }).map(({ code }) => code),
    ['ephemeral', 'key-expires'],
  );
});

test('a machine is known by its firmware, or by its device tree, and not by what makers write who write nothing', async () => {
  const host = new MemoryHost();
  assert.equal(await machineIdentity(host), undefined);
  host.put('/sys/class/dmi/id/product_uuid', '00000000-0000-0000-0000-000000000000\n');
  assert.equal(await machineIdentity(host), undefined);
  host.put('/sys/firmware/devicetree/base/serial-number', '10000000abcdef01\0');
  const board = await machineIdentity(host);
  assert.match(board ?? '', /^[0-9a-f]{32}$/);
  host.put('/sys/class/dmi/id/product_uuid', '4C4C4544-0042-3510-8051-B4C04F4A3332\n');
  const dmi = await machineIdentity(host);
  assert.notEqual(dmi, board);
  host.put('/sys/class/dmi/id/product_uuid', '4c4c4544-0042-3510-8051-b4c04f4a3332');
  assert.equal(await machineIdentity(host), dmi, 'firmware writes it in either case');
});

test('what was written at an enrolment is read again, and what is damaged is nothing', async () => {
  const host = new MemoryHost();
  assert.equal(await readEnrolment(host), undefined);
  await writeEnrolment(host, { machine: 'm1', stableId: 'n1' });
  assert.deepEqual(await readEnrolment(host), { machine: 'm1', stableId: 'n1' });
  host.put('/var/lib/clusteros/tailnet.json', '{"machine":');
  assert.equal(await readEnrolment(host), undefined);
});

test('the record tells the same machine, a copy of it, and a node that was made anew', () => {
  const record = { machine: 'm1', stableId: 'n1' };
  assert.equal(enrolmentVerdict(undefined, 'm1', 'n1'), 'unknown');
  assert.equal(enrolmentVerdict(record, undefined, 'n1'), 'unknown');
  assert.equal(enrolmentVerdict(record, 'm1', 'n1'), 'same');
  assert.equal(enrolmentVerdict(record, 'm1', undefined), 'same');
  assert.equal(enrolmentVerdict(record, 'm2', 'n1'), 'cloned');
  assert.equal(enrolmentVerdict(record, 'm2', undefined), 'cloned');
  assert.equal(enrolmentVerdict(record, 'm2', 'n2'), 'unknown', 'the copy has a node of its own by now');
  assert.equal(enrolmentVerdict(record, 'm1', 'n2'), 'renewed');
});
