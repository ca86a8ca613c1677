// Properties of the order of records: merging is a join, whatever arrives in whatever order.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { accusationsMax } from '../../src/membership/limits.ts';
import {
  type Accusation,
  accusedState,
  compareClaims,
  evidences,
  joinAccusations,
  type MemberRecord,
  mergeRecords,
} from '../../src/membership/member.ts';

const accusations: fc.Arbitrary<readonly Accusation[]> = fc
  .uniqueArray(
    fc.record({
      observer: fc.integer({ min: 0, max: 2 * accusationsMax }).map(number => `observer-${number}`),
      evidence: fc.constantFrom(...evidences),
    }),
    { selector: ({ observer }) => observer, maxLength: accusationsMax },
  )
  .map(each => each.map(one => ({ ...one, publicKey: 'key', signature: `${one.observer} ${one.evidence}` })))
  .map(each => joinAccusations([], each));

/** Records of one member as a table holds them, close enough to each other that every tie-break is met. */
const record: fc.Arbitrary<MemberRecord> = fc
  .record({
    epoch: fc.integer({ min: 1, max: 3 }),
    incarnation: fc.integer({ min: 1, max: 3 }),
    left: fc.boolean(),
    name: fc.constantFrom('atlas', 'borea'),
    accused: accusations,
  })
  .map(({ epoch, incarnation, left, name, accused }) => ({
    ...{
      id: '00'.repeat(16),
      epoch,
      boot: 'a',
      incarnation,
      name,
      address: '100.64.0.1:7443',
      version: '1.0.0',
    },
    ...{
      clusterId: '',
      clusterSize: 0,
      capabilities: [],
      tags: {},
      services: [],
      lossy: [],
      level: 1,
      troubles: [],
      formerClusters: [],
    },
    signed: { body: `${epoch} ${incarnation} ${left} ${name}`, publicKey: 'key', signature: 'sealed' },
    accusations: left ? [] : accused,
    state: left ? 'left' : accusedState('alive', accused),
  }));

test('merging is commutative', () => {
  fc.assert(
    fc.property(record, record, (a, b) => assert.deepEqual(mergeRecords(a, b), mergeRecords(b, a))),
    { numRuns: 5000 },
  );
});

test('merging is associative', () => {
  const property = fc.property(record, record, record, (a, b, c) =>
    assert.deepEqual(mergeRecords(mergeRecords(a, b), c), mergeRecords(a, mergeRecords(b, c))),
  );
  fc.assert(property, { numRuns: 2000 });
});

test('merging is idempotent, and what adds nothing returns the very same record', () => {
  fc.assert(
    fc.property(record, record, (a, b) => {
      const once = mergeRecords(a, b);
      assert.equal(mergeRecords(once, a), once);
      assert.equal(mergeRecords(once, b), once);
    }),
  );
});

test('the order is total: antisymmetric and transitive', () => {
  fc.assert(
    fc.property(record, record, record, (a, b, c) => {
      assert.equal(Math.sign(compareClaims(a, b)), -Math.sign(compareClaims(b, a)) + 0);
      if (compareClaims(a, b) >= 0 && compareClaims(b, c) >= 0) assert.ok(compareClaims(a, c) >= 0);
    }),
    { numRuns: 1000 },
  );
});

test('a member never goes back to an older incarnation by a merge', () => {
  fc.assert(
    fc.property(record, record, (a, b) => {
      const merged = mergeRecords(a, b);
      assert.ok(merged.epoch >= Math.max(a.epoch, b.epoch));
      for (const each of [a, b]) {
        if (each.epoch === merged.epoch) assert.ok(merged.incarnation >= each.incarnation);
      }
    }),
  );
});

test('of many accusations the strongest are kept, one for each observer, whatever the order', () => {
  fc.assert(
    fc.property(accusations, accusations, accusations, (a, b, c) => {
      const joined = joinAccusations(joinAccusations(a, b), c);
      assert.deepEqual(joined, joinAccusations(joinAccusations(c, a), b));
      assert.ok(joined.length <= accusationsMax);
      assert.equal(new Set(joined.map(({ observer }) => observer)).size, joined.length);
      const gone = [...a, ...b, ...c].filter(({ evidence }) => evidence === 'gone');
      const kept = joined.filter(({ evidence }) => evidence === 'gone');
      assert.equal(kept.length, Math.min(accusationsMax, new Set(gone.map(each => each.observer)).size));
    }),
  );
});
