// How long a suspicion lives: by what its observers have seen, the numbers of Lifeguard's formula, and what must hold
// for all of them.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import {
  goneHoldMs,
  silentHoldMs,
  stalledHoldMs,
  suspicionMaxFactor,
  suspicionMinMs,
} from '../../src/membership/limits.ts';
import { type Evidence, evidences } from '../../src/membership/member.ts';
import { observersNeeded, suspicionLifeMs } from '../../src/membership/suspicion.ts';

test('a third of the watchers make it firm, two at least, and never more than there are', () => {
  assert.equal(observersNeeded(2, 2), 2);
  assert.equal(observersNeeded(6, 6), 2);
  assert.equal(observersNeeded(10, 15), 4);
  assert.equal(observersNeeded(18, 999), 6);
  assert.equal(observersNeeded(10, 1), 1);
  assert.equal(observersNeeded(0, 0), 1);
});

test('a process that was seen gone is soon dead, a silent machine later, a stalled process last', () => {
  assert.equal(suspicionLifeMs(['gone', 'gone'], 2, 3), goneHoldMs);
  assert.equal(suspicionLifeMs(['gone', 'silent'], 2, 3), silentHoldMs);
  assert.equal(suspicionLifeMs(['silent', 'silent'], 2, 3), silentHoldMs);
  assert.equal(suspicionLifeMs(['stalled', 'silent'], 2, 3), stalledHoldMs);
  assert.equal(suspicionLifeMs(['stalled', 'stalled'], 2, 3), stalledHoldMs);
});

test('a lone observer of many is believed late', () => {
  assert.equal(suspicionLifeMs(['silent'], 2, 3), stalledHoldMs);
  const life = suspicionLifeMs(['silent'], 4, 48);
  const minMs = suspicionMinMs * Math.log10(48);
  assert.ok(life > 3 * minMs && life < minMs * suspicionMaxFactor, `${life}`);
  assert.ok(suspicionLifeMs(['silent', 'silent'], 4, 48) < life, 'each confirmation shrinks it');
});

test('where only one can observe, the minimum counts', () => {
  assert.equal(suspicionLifeMs(['silent'], 1, 2), suspicionMinMs);
  assert.equal(suspicionLifeMs(['stalled'], 1, 2), stalledHoldMs);
});

test('more or stronger evidence never lengthens it, and it stays within its bounds', () => {
  const against = evidences.filter(each => each !== 'heard');
  const evidence = fc.array(fc.constantFrom(...against), { minLength: 1, maxLength: 9 });
  const needed = fc.integer({ min: 1, max: 6 });
  const stronger = (each: Evidence): Evidence => (each === 'stalled' ? 'silent' : 'gone');
  fc.assert(
    fc.property(
      evidence,
      fc.constantFrom(...against),
      needed,
      fc.integer({ min: 1, max: 4096 }),
      (seen, more, wanted, members) => {
        const life = suspicionLifeMs(seen, wanted, members);
        assert.ok(suspicionLifeMs([...seen, more], wanted, members) <= life, 'more');
        assert.ok(suspicionLifeMs(seen.map(stronger), wanted, members) <= life, 'stronger');
        assert.ok(life >= goneHoldMs);
        // A millisecond for what floating point makes of the product.
        assert.ok(life <= suspicionMinMs * suspicionMaxFactor * Math.max(1, Math.log10(members)) + 1);
      },
    ),
    { numRuns: 3000 },
  );
});
