// The checker of histories, held against histories that are known to be good or bad.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { type Operation, whyNotLinearizable } from './linearizable.ts';

const forEver = Number.POSITIVE_INFINITY;
const op = (
  client: string,
  kind: Operation['kind'],
  value: string,
  startMs: number,
  endMs: number,
  key = 'x',
): Operation => ({ client, kind, value, startMs, endMs, key });

test('reads and writes one after the other, and overlapping ones that some order explains, are linearizable', () => {
  const good: Operation[][] = [
    [],
    [op('a', 'read', '', 0, 1), op('a', 'write', '1', 2, 3), op('b', 'read', '1', 4, 5)],
    // Both orders of two overlapping writes are possible, and a read tells which it was.
    [op('a', 'write', '1', 0, 10), op('b', 'write', '2', 0, 10), op('c', 'read', '1', 11, 12)],
    // A read beside a write may see it or not.
    [op('a', 'write', '1', 0, 10), op('b', 'read', '', 1, 2), op('c', 'read', '1', 3, 4)],
    // Nobody was told of the write: it may be seen much later, or never.
    [op('a', 'write', '1', 0, forEver), op('b', 'read', '', 5, 6), op('b', 'read', '1', 7, 8)],
    [op('a', 'write', '1', 0, forEver), op('b', 'read', '', 5, 6)],
    // Registers are looked at one by one.
    [op('a', 'write', '1', 0, 1), op('b', 'read', '', 2, 3, 'y')],
  ];
  for (const history of good) assert.equal(whyNotLinearizable(history), undefined);
});

test('a stale read, a lost write, a value that nobody wrote and one that comes and goes are found', () => {
  const bad: Operation[][] = [
    [op('a', 'write', '1', 0, 1), op('b', 'read', '', 2, 3)],
    [op('a', 'write', '1', 0, 1), op('b', 'write', '2', 2, 3), op('c', 'read', '1', 4, 5)],
    [op('b', 'read', '7', 0, 1)],
    // Seen, then not seen, though the writer never heard of it.
    [op('a', 'write', '1', 0, forEver), op('b', 'read', '1', 2, 3), op('b', 'read', '', 4, 5)],
    // Two readers see two writes in opposite orders.
    [
      ...[op('a', 'write', '1', 0, 100), op('b', 'write', '2', 0, 100)],
      ...[op('c', 'read', '1', 1, 2), op('c', 'read', '2', 3, 4)],
      ...[op('d', 'read', '2', 1, 2.5), op('d', 'read', '1', 3, 4)],
      op('e', 'read', '1', 5, 6),
      op('e', 'read', '2', 7, 8),
    ],
  ];
  for (const history of bad) assert.match(whyNotLinearizable(history) ?? '', /fits nowhere/);
});

test('what a real register does is accepted, and with one read changed to a value of the past refused', () => {
  const step = fc.record({ isWrite: fc.boolean(), lead: fc.nat(30), trail: fc.nat(30) });
  fc.assert(
    fc.property(fc.array(step, { minLength: 1, maxLength: 40 }), fc.nat(), (steps, pick) => {
      let value = '';
      const history = steps.map(({ isWrite, lead, trail }, i) => {
        if (isWrite) value = `v${i}`;
        // It happens at 10 * i, somewhere within what its client sees of it.
        const [startMs, endMs] = [10 * i - lead, 10 * i + trail];
        return op(`client-${i}`, isWrite ? 'write' : 'read', value, startMs, endMs);
      });
      assert.equal(whyNotLinearizable(history), undefined);
      const end = 10 * steps.length + 100;
      const written = history.filter(({ kind }) => kind === 'write');
      const old = written.at(pick % Math.max(1, written.length));
      if (!old || old.value === value) return;
      // Everything has ended: the last write that can have happened last is not this one, when a later one began after it.
      const later = written.some(each => each.startMs > old.endMs);
      if (!later) return;
      assert.notEqual(
        whyNotLinearizable([...history, op('late', 'read', old.value, end, end + 1)]),
        undefined,
      );
    }),
    { numRuns: 200, seed: 1 },
  );
});
