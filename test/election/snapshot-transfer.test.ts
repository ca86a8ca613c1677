// A snapshot crosses in pieces: what is lost is asked for again, what has come is kept, and a damaged one is not taken.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { checksumOf } from '../../src/agent/checksum.ts';
import {
  snapshotBytesMax,
  snapshotChunkBytes,
  snapshotRetryMs,
  snapshotTriesMax,
} from '../../src/election/limits.ts';
import type { ElectionMessage } from '../../src/election/messages.ts';
import type { Snapshot } from '../../src/election/snapshot.ts';
import { SnapshotTransfer } from '../../src/election/snapshot-transfer.ts';

const clusterId = 'c'.repeat(32);
const snapshot: Snapshot = { index: 9, term: 2, text: 'ä𝄞'.repeat(snapshotChunkBytes / 2) };

type Offer = Extract<ElectionMessage, { kind: 'snapshot-offer' }>;

function offerOf(sender: SnapshotTransfer, change: Partial<Offer> = {}): Offer {
  const offer = { kind: 'snapshot-offer', clusterId, term: 3, leads: true, round: 1 } as const;
  return { ...offer, ...sender.offerOf(snapshot), ...change };
}

/** Carries messages until nobody says anything; `passes` may lose or change them. Gives what was received. */
function carry(
  taker: SnapshotTransfer,
  senders: Readonly<Record<string, SnapshotTransfer>>,
  passes: (message: ElectionMessage) => ElectionMessage | undefined = message => message,
): Snapshot | undefined {
  for (;;) {
    const requests = taker.take();
    if (requests.length === 0) return undefined;
    for (const { to, message } of requests) {
      if (message.kind !== 'snapshot-request' || passes(message) === undefined) continue;
      const sender = senders[to];
      sender?.requested('taker', message, clusterId, snapshot);
      for (const { message: answer } of sender?.take() ?? []) {
        const arrived = passes(answer);
        if (arrived?.kind !== 'snapshot-chunk') continue;
        const whole = taker.arrived(to, arrived, 0);
        if (whole) return whole;
      }
    }
  }
}

test('a snapshot of several pieces arrives whole', () => {
  const [taker, a] = [new SnapshotTransfer(checksumOf), new SnapshotTransfer(checksumOf)];
  taker.offered('a', offerOf(a), 0, 0);
  assert.deepEqual(carry(taker, { a }), snapshot);
  assert.equal(taker.nextWakeMs(), Number.POSITIVE_INFINITY);
});

test('property: whatever is lost, it arrives whole in the end, from whoever offers it', () => {
  fc.assert(
    fc.property(fc.array(fc.boolean(), { minLength: 1, maxLength: 40 }), losses => {
      const taker = new SnapshotTransfer(checksumOf);
      const senders = { a: new SnapshotTransfer(checksumOf), b: new SnapshotTransfer(checksumOf) };
      let [turn, nowMs] = [0, 0];
      for (let round = 0; round < 400; round++) {
        const from = round % 20 < 10 ? 'a' : 'b';
        taker.offered(from, offerOf(senders[from]), 0, nowMs);
        const passes = (message: ElectionMessage) => {
          turn += 1;
          return (losses[turn % losses.length] ?? false) || turn % 7 < 2 ? message : undefined;
        };
        const whole = carry(taker, senders, passes);
        if (whole) {
          assert.deepEqual(whole, snapshot);
          return;
        }
        nowMs += snapshotRetryMs;
        taker.tick(clusterId, nowMs);
      }
      assert.fail('it never arrived');
    }),
    { seed: 5, numRuns: 300 },
  );
});

test('what has come is kept when the sender falls silent, and another one goes on from there', () => {
  const [taker, a, b] = [
    new SnapshotTransfer(checksumOf),
    new SnapshotTransfer(checksumOf),
    new SnapshotTransfer(checksumOf),
  ];
  taker.offered('a', offerOf(a), 0, 0);
  let pieces = 0;
  carry(taker, { a }, message => (message.kind === 'snapshot-chunk' && ++pieces > 1 ? undefined : message));
  for (let n = 1; n <= snapshotTriesMax + 1; n++) taker.tick(clusterId, n * snapshotRetryMs);
  taker.take();
  taker.offered('b', offerOf(b), 0, 0);
  const [request] = taker.take();
  assert.ok(request?.message.kind === 'snapshot-request');
  assert.deepEqual([request.to, request.message.offset], ['b', snapshotChunkBytes]);
});

test('a damaged snapshot is not taken, and the next offer begins anew', () => {
  const [taker, a] = [new SnapshotTransfer(checksumOf), new SnapshotTransfer(checksumOf)];
  taker.offered('a', offerOf(a), 0, 0);
  const damage = (message: ElectionMessage) =>
    message.kind === 'snapshot-chunk' ? { ...message, data: message.data.map(byte => byte ^ 1) } : message;
  assert.equal(carry(taker, { a }, damage), undefined);
  taker.offered('a', offerOf(a), 0, 0);
  assert.deepEqual(carry(taker, { a }), snapshot);
});

test('nobody asks for a snapshot of what is known, or for one without bounds', () => {
  const [taker, a] = [new SnapshotTransfer(checksumOf), new SnapshotTransfer(checksumOf)];
  taker.offered('a', offerOf(a), snapshot.index, 0);
  taker.offered('a', offerOf(a, { bytes: snapshotBytesMax + 1 }), 0, 0);
  assert.deepEqual(taker.take(), []);
});
