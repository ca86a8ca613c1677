// Whose cluster key is wrong, when two do not fit.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { KeyRefusals } from '../../src/agent/key-refusals.ts';

/** Refused so often by each of these. */
function refusedBy(addresses: readonly string[], times: number): KeyRefusals {
  const refusals = new KeyRefusals();
  for (const address of addresses) for (let i = 0; i < times; i++) refusals.add(address);
  return refusals;
}

test('a node that is refused by the peer that it was told of has the wrong key', () => {
  assert.equal(refusedBy(['a'], 3).verdict(1, 0)?.exitCode, 4);
});

test('one device that was only found may have the wrong key itself', () => {
  assert.equal(refusedBy(['a'], 50).verdict(0, 1), undefined);
  assert.equal(refusedBy(['a'], 50).verdict(0, 10), undefined);
});

test('most of those that were found are right', () => {
  assert.equal(refusedBy(['a', 'b'], 3).verdict(0, 10), undefined);
  assert.equal(refusedBy(['a', 'b', 'c'], 3).verdict(0, 4)?.exitCode, 4);
});

test('a node that has met anybody with its key is right', () => {
  const refusals = refusedBy(['a', 'b', 'c'], 10);
  refusals.met();
  assert.equal(refusals.verdict(0, 3), undefined);
});
