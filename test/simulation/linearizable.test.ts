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

test('what is told is the first answer that fits nowhere, with what came before it', () => {
  const history = [
    ...[op('a', 'write', '1', 0, 1), op('b', 'write', '2', 2, 3), op('c', 'read', '1', 4, 5)],
    // Everything later is as it should be, and has nothing to do with it.
    ...[op('a', 'write', '3', 6, 7), op('b', 'read', '3', 8, 9), op('c', 'read', '3', 8, 9)],
  ];
  assert.equal(
    whyNotLinearizable(history),
    [
      'register x: the read of "1" by c from 4.0 to 5.0 ms fits nowhere; before it:',
      '  the write of "1" by a from 0.0 to 1.0 ms',
      '  the write of "2" by b from 2.0 to 3.0 ms',
    ].join('\n'),
  );
});

test('a history that takes too many configurations is an error, not a pass', () => {
  const writes = Array.from({ length: 8 }, (_, i) => op(`w${i}`, 'write', `${i}`, 0, 10));
  const history = [...writes, op('r', 'read', 'none of them', 11, 12)];
  assert.throws(() => whyNotLinearizable(history, 100), /more than 100 configurations/);
  assert.match(whyNotLinearizable(history) ?? '', /fits nowhere/);
});

/** By the definition: is there an order that keeps apart what was apart in time, with or without each write of unknown outcome? */
function hasOrder(left: readonly Operation[], value = ''): boolean {
  if (left.every(({ endMs }) => endMs === forEver)) return true;
  return left.some(next => {
    const first = left.every(other => other === next || other.endMs >= next.startMs);
    if (!first || (next.kind === 'read' && next.value !== value)) return false;
    return hasOrder(
      left.filter(other => other !== next),
      next.value,
    );
  });
}

test('of small histories of any kind it says what trying all orders says', () => {
  const any = fc.record({
    ...{ isWrite: fc.boolean(), value: fc.constantFrom('', '1', '2', '3') },
    ...{ startMs: fc.nat(20), forMs: fc.option(fc.nat(10), { freq: 4 }) },
  });
  const verdicts = { good: 0, bad: 0 };
  fc.assert(
    fc.property(fc.array(any, { maxLength: 7 }), all => {
      const history = all.flatMap(({ isWrite, value, startMs, forMs }, i) => {
        if (!isWrite && forMs === null) return [];
        const endMs = forMs === null ? forEver : startMs + forMs;
        return [op(`client-${i}`, isWrite ? 'write' : 'read', value, startMs, endMs)];
      });
      const good = hasOrder(history);
      verdicts[good ? 'good' : 'bad'] += 1;
      assert.equal(whyNotLinearizable(history) === undefined, good);
    }),
    { numRuns: 3000, seed: 1 },
  );
  assert.ok(
    verdicts.good > 300 && verdicts.bad > 300,
    `both verdicts were given: ${JSON.stringify(verdicts)}`,
  );
});

test('what a real register does is accepted, and refused with one read changed to a value that it cannot have had', () => {
  const step = fc.record({
    ...{ isWrite: fc.boolean(), isTold: fc.integer({ min: 0, max: 9 }).map(n => n > 0) },
    ...{ lead: fc.nat(30), trail: fc.nat(30) },
  });
  let changed = 0;
  fc.assert(
    fc.property(fc.array(step, { minLength: 10, maxLength: 30, size: 'max' }), steps => {
      let value = '';
      const history = steps.map(({ isWrite, isTold, lead, trail }, i) => {
        if (isWrite) value = `v${i}`;
        // It happens at 10 * i, somewhere within what its client sees of it.
        const endMs = isWrite && !isTold ? forEver : 10 * i + trail;
        return op(`client-${i}`, isWrite ? 'write' : 'read', value, 10 * i - lead, endMs);
      });
      assert.equal(whyNotLinearizable(history), undefined);
      const writes = history.filter(({ kind }) => kind === 'write');
      for (const read of history.filter(({ kind }) => kind === 'read')) {
        // Overwritten by a write that began after it had ended, and had ended itself before the read began.
        const gone = writes.filter(old =>
          writes.some(newer => newer.startMs > old.endMs && newer.endMs < read.startMs),
        );
        const future = writes.filter(({ startMs }) => startMs > read.endMs);
        const others = [...gone, ...future].map(write => write.value);
        for (const impossible of ['never written', ...others]) {
          changed += 1;
          const wrong = history.map(each => (each === read ? { ...each, value: impossible } : each));
          assert.match(whyNotLinearizable(wrong) ?? 'accepted', /fits nowhere/);
        }
      }
    }),
    { numRuns: 25, seed: 1 },
  );
  assert.ok(changed > 1000, `many reads were changed: ${changed}`);
});
