// Up to when a node knows all that was decided: by its own clock, and never later than it was.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { Lease } from '../../src/election/lease.ts';

test('a round that a majority has answered proves the moment at which this node gave the answer that it carries', () => {
  const lease = new Lease();
  lease.heard(3, { round: 1, echo: 0 }, 1000);
  lease.heard(3, { round: 2, echo: 1 }, 1300);
  lease.heard(3, { round: 3, echo: 2 }, 1600);
  assert.equal(lease.baseMs, Number.NEGATIVE_INFINITY, 'nothing is proved yet');
  lease.confirmed(2);
  assert.equal(lease.baseMs, 1000, 'round 2 was sent after the answer to round 1');
  lease.confirmed(3);
  assert.equal(lease.baseMs, 1300);
  lease.confirmed(1);
  assert.equal(lease.baseMs, 1300, 'it never goes back');
});

test('an answer that is repeated counts from the first time, and those of another term prove nothing', () => {
  const lease = new Lease();
  lease.heard(3, { round: 1, echo: 0 }, 1000);
  lease.heard(3, { round: 1, echo: 0 }, 1200);
  lease.heard(3, { round: 2, echo: 1 }, 1300);
  lease.confirmed(2);
  assert.equal(lease.baseMs, 1000);
  lease.heard(4, { round: 3, echo: 2 }, 2000);
  lease.confirmed(3);
  assert.equal(lease.baseMs, 1000, 'round 2 was answered to the leader of term 3');
});

test('however rounds are delayed, what is proved is never later than when the leader sent what a majority answered', () => {
  const round = fc.record({ toMs: fc.nat(400), backMs: fc.nat(400), confirmsBehind: fc.nat(3) });
  fc.assert(
    fc.property(fc.array(round, { minLength: 2, maxLength: 30 }), rounds => {
      const lease = new Lease();
      // Round i is sent at 300 * i; streams keep their order.
      const sentMs = rounds.map((_, i) => 300 * i);
      let heardMs = 0;
      let echoMs = 0;
      const heard = rounds.map(({ toMs }, i) => (heardMs = Math.max(heardMs, (sentMs[i] ?? 0) + toMs)));
      const echoed = rounds.map(({ backMs }, i) => (echoMs = Math.max(echoMs, (heard[i] ?? 0) + backMs)));
      let last = 0;
      for (const [i, { confirmsBehind }] of rounds.entries()) {
        const echo = echoed.filter(ms => ms <= (sentMs[i] ?? 0)).length;
        lease.heard(1, { round: i + 1, echo }, heard[i] ?? 0);
        const confirmed = i - confirmsBehind;
        if (confirmed < 1) continue;
        lease.confirmed(confirmed);
        last = Math.max(last, confirmed);
        assert.ok(lease.baseMs <= (sentMs[last - 1] ?? 0));
      }
    }),
    { seed: 7, numRuns: 300 },
  );
});
