// A member is the device of the tailnet that its own newest signed record names: who has its key on another device is refused, at the
// door and where it is dialled, and a member that has signed in anew is let in by the record that it shows.
import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { type TestContext, test } from 'node:test';
import { authorityOf } from '../../src/agent/certificates.ts';
import type { TransportEvent } from '../../src/agent/environment.ts';
import { GrpcPeerTransport } from '../../src/agent/grpc/peer-transport.ts';
import { type Identity, identityFrom } from '../../src/agent/identity.ts';
import { MemberDevices, withDevice } from '../../src/agent/member-devices.ts';
import type { PeerGate } from '../../src/agent/peer-gate.ts';
import { recordSealOf } from '../../src/agent/record-seal.ts';
import { claimText } from '../../src/membership/claim-text.ts';
import type { Claim, MemberRecord, SignedClaim } from '../../src/membership/member.ts';
import { freePort } from './free-port.ts';

const hash = (text: string) => new Uint8Array(createHash('sha256').update(text).digest());
const [atlas, borea, mallory] = ['atlas', 'borea', 'mallory'].map(name => identityFrom(hash(name))) as [
  ...[Identity, Identity, Identity],
];

/** What `identity` signs of itself. */
function recordOf(identity: Identity, device: string, change: Partial<Claim> = {}): MemberRecord {
  const claim: Claim = {
    ...{ id: identity.id, epoch: 1, boot: '0a', incarnation: 1, state: 'alive', name: 'borea' },
    ...{ address: '127.0.0.1:7443', version: '1', clusterId: '', clusterSize: 0, level: 1 },
    ...{ capabilities: withDevice(['cores=8'], device), tags: {}, services: [], lossy: [] },
    ...{ troubles: [], formerClusters: [], ...change },
  };
  const { publicKey, sign } = recordSealOf(identity);
  const body = claimText(claim);
  return { ...claim, signed: { body, publicKey, signature: sign(body) }, accusations: [] };
}

function devicesThatKnow(...records: readonly MemberRecord[]): MemberDevices {
  const devices = new MemberDevices(recordSealOf(atlas));
  devices.follow(atlas.id, id => records.find(each => each.id === id));
  return devices;
}

test('the newest record says which device a member is, and a word in passing does not', () => {
  const devices = devicesThatKnow(recordOf(borea, 'n2'));
  assert.equal(devices.deviceOf(borea.id), 'n2');
  assert.equal(devices.deviceOf(borea.id, { device: 'n9' }), 'n2');
  const newer = recordOf(borea, 'n9', { incarnation: 2 }).signed;
  assert.equal(devices.deviceOf(borea.id, { device: 'n9', record: newer }), 'n9');
});

test('an older record, one of somebody else and one that nobody has signed bring nothing', () => {
  const devices = devicesThatKnow(recordOf(borea, 'n2', { epoch: 2 }));
  const forged = recordOf(mallory, 'n9', { id: borea.id, epoch: 3 }).signed;
  const unsigned = { ...recordOf(borea, 'n9', { epoch: 3 }).signed, signature: forged.signature };
  const shown = [recordOf(borea, 'n9').signed, recordOf(mallory, 'n9').signed, forged, unsigned];
  for (const record of [...shown, { ...forged, body: 'no claim' }])
    assert.equal(devices.deviceOf(borea.id, { device: 'n9', record }), 'n2');
});

test('a record that does not say takes back nothing of what was said', () => {
  const devices = devicesThatKnow(recordOf(borea, 'n2'));
  const silent = recordOf(borea, '', { epoch: 2 }).signed;
  assert.equal(devices.deviceOf(borea.id, { record: silent }), 'n2');
  assert.equal(devices.deviceOf(borea.id, { device: 'n3', record: silent }), 'n3');
  assert.equal(devices.deviceOf(mallory.id), '');
});

interface Side {
  readonly transport: GrpcPeerTransport;
  readonly address: string;
  readonly events: TransportEvent[];
}

/** A node whose tailnet says that all it meets on this machine is the device `sees`. */
async function side(
  t: TestContext,
  identity: Identity,
  { sees = '', device = '', devices = devicesThatKnow() } = {},
): Promise<Side> {
  const asked = new Set<string>();
  const gate: PeerGate = {
    device,
    refusalOf: async ip => {
      for (const each of ip === 'localhost' ? ['127.0.0.1', '::1'] : [ip]) asked.add(each);
      return '';
    },
    mismatchOf: (ip, said, whoSays) => {
      if (!asked.has(ip)) return `nobody has asked whose address ${ip} is`;
      return sees === '' || said === '' || said === sees ? '' : `${whoSays} says ${said}, it is ${sees}`;
    },
  };
  const port = await freePort();
  const transport = new GrpcPeerTransport({
    ...{ identity, authority: await authorityOf(hash('key')), host: '127.0.0.1', port, gate, devices },
    ...{ nowMs: () => performance.now(), wallMs: () => Date.now() },
  });
  const [address, events] = [`127.0.0.1:${port}`, [] as TransportEvent[]];
  const greeting = { epoch: 1, boot: identity.id.slice(0, 4), name: 'x', address };
  await transport.open(greeting, event => events.push(event));
  t.after(() => transport.close());
  return { transport, address, events };
}

const showing = (identity: Identity, signed: SignedClaim) => {
  const devices = new MemberDevices(recordSealOf(identity));
  devices.follow(identity.id, () => ({ ...recordOf(identity, ''), signed }));
  return devices;
};

async function until(side: Side, kind: TransportEvent['kind']): Promise<TransportEvent> {
  for (;;) {
    const found = side.events.find(each => each.kind === kind);
    if (found) return found;
    await new Promise(resolve => setTimeout(resolve, 5));
  }
}

test('the key of a member on another device is turned away, though it says nothing of a device', async t => {
  const known = devicesThatKnow(recordOf(borea, 'n2'));
  const a = await side(t, atlas, { sees: 'n9', devices: known });
  const b = await side(t, borea);
  b.transport.dial(a.address);
  const event = await until(a, 'turned-away');
  assert.ok(event.kind === 'turned-away');
  assert.deepEqual(
    [event.reason, event.id, event.detail],
    ['other-device', borea.id, 'its record says n2, it is n9'],
  );
  await until(b, 'unreachable');
});

test('a member that has signed in anew shows its newer record, and is let in', async t => {
  const a = await side(t, atlas, { sees: 'n9', devices: devicesThatKnow(recordOf(borea, 'n2')) });
  const newer = recordOf(borea, 'n9', { incarnation: 2 }).signed;
  const b = await side(t, borea, { device: 'n9', devices: showing(borea, newer) });
  b.transport.dial(a.address);
  const event = await until(a, 'up');
  assert.ok(event.kind === 'up' && event.id === borea.id);
});

test('what answers where a name was dialled is asked about, too', async t => {
  const a = await side(t, atlas, { sees: 'n9', devices: devicesThatKnow(recordOf(borea, 'n2')) });
  const b = await side(t, borea);
  a.transport.dial(b.address.replace('127.0.0.1', 'localhost'));
  const event = await until(a, 'unreachable');
  assert.ok(event.kind === 'unreachable');
  assert.deepEqual(
    [event.reason, event.id, event.detail],
    ['other-device', borea.id, 'its record says n2, it is n9'],
  );
});

test('a question is asked of a member only where its device is', async t => {
  const a = await side(t, atlas, { sees: 'n9', devices: devicesThatKnow(recordOf(borea, 'n2')) });
  const b = await side(t, borea);
  await assert.rejects(a.transport.client(b.address, borea.id), /its record says n2, it is n9/);
  // And is answered to it only there.
  const client = await b.transport.client(a.address, atlas.id);
  t.after(() => client.close());
  const refusal = await new Promise(resolve => client.ask({ confirm: {} }, resolve));
  assert.match(String(refusal), /PERMISSION_DENIED: its record says n2, it is n9/);
});
