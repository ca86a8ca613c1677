// Properties of the order of records: merging is a join, whatever arrives in whatever order.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { digestOf } from '../../src/membership/digest.ts';
import { accusedBy, compareRecords, type MemberRecord, mergeRecords } from '../../src/membership/member.ts';

/** Records of one member, close enough to each other that every tie-break is met. */
const record: fc.Arbitrary<MemberRecord> = fc.record(
  {
    id: fc.constant('00'.repeat(16)),
    epoch: fc.integer({ min: 1, max: 3 }),
    incarnation: fc.integer({ min: 1, max: 3 }),
    state: fc.constantFrom('alive', 'suspect', 'dead', 'left'),
    name: fc.constantFrom('atlas', 'borea'),
    address: fc.constantFrom('100.64.0.1:7443', '100.64.0.2:7443'),
    version: fc.constant('1.0.0'),
    clusterId: fc.constant(''),
    clusterSize: fc.constant(0),
    capabilities: fc.constant([]),
    services: fc.constant([]),
    accusers: fc.uniqueArray(fc.constantFrom('a', 'b', 'c')).map(ids => ids.sort()),
  },
  { noNullPrototype: true },
);

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
  fc.assert(property, { numRuns: 1000 });
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
      assert.equal(Math.sign(compareRecords(a, b)), -Math.sign(compareRecords(b, a)) + 0);
      if (compareRecords(a, b) >= 0 && compareRecords(b, c) >= 0) assert.ok(compareRecords(a, c) >= 0);
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

test('an accusation makes a suspect and keeps the first accusers; the dead and the gone are not accused', () => {
  fc.assert(
    fc.property(record, fc.constantFrom('a', 'x'), (before, observer) => {
      const after = accusedBy(before, observer);
      if (before.state === 'dead' || before.state === 'left') assert.equal(after, before);
      else {
        assert.equal(after.state, 'suspect');
        assert.ok(after.accusers.includes(observer));
        assert.ok(before.accusers.every(id => after.accusers.includes(id)));
        assert.deepEqual(mergeRecords(before, after), after);
      }
    }),
  );
});

test('equal tables have equal digests in any order; a changed state changes it', () => {
  fc.assert(
    fc.property(fc.uniqueArray(record, { maxLength: 8, selector: JSON.stringify }), records => {
      const numbered = records.map((each, i) => ({ ...each, id: String(i).padStart(32, '0') }));
      assert.equal(digestOf(numbered), digestOf(numbered.toReversed()));
      const [first, ...rest] = numbered;
      if (!first) return;
      assert.notEqual(
        digestOf(numbered),
        digestOf([{ ...first, incarnation: first.incarnation + 1 }, ...rest]),
      );
    }),
  );
});
