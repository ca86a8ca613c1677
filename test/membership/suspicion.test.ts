// How long a suspicion lives: the numbers of Lifeguard's formula, and what must hold for all of them.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { suspicionHoldMs, suspicionMaxFactor, suspicionMinMs } from '../../src/membership/limits.ts';
import { suspicionLifeMs } from '../../src/membership/suspicion.ts';

test('two observers make it firm', () => {
  assert.equal(suspicionLifeMs(2, 2, 3), suspicionHoldMs);
  assert.equal(suspicionLifeMs(5, 9, 10), suspicionHoldMs);
});

test('a lone observer of many is believed late', () => {
  const min = suspicionMinMs;
  const life = suspicionLifeMs(1, 2, 3);
  assert.ok(life > min && life < min * suspicionMaxFactor, `${life}`);
});

test('where only one can observe, the minimum counts', () => {
  assert.equal(suspicionLifeMs(1, 1, 2), suspicionMinMs);
});

test('more accusers never lengthen it, and it stays within its bounds', () => {
  const sizes = fc.integer({ min: 1, max: 1000 });
  fc.assert(
    fc.property(fc.integer({ min: 0, max: 9 }), sizes, sizes, (accusers, observers, members) => {
      const life = suspicionLifeMs(accusers, observers, members);
      assert.ok(suspicionLifeMs(accusers + 1, observers, members) <= life);
      assert.ok(life >= suspicionHoldMs);
      // A millisecond for what floating point makes of the product.
      assert.ok(life <= suspicionMinMs * suspicionMaxFactor * Math.max(1, Math.log10(members)) + 1);
    }),
  );
});
