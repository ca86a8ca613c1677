import assert from 'node:assert/strict';
import test from 'node:test';
import { turnsOf } from './port-watch.ts';

const taken = (host: string, fromMs: number, toMs: number) => ({ host, fromMs, toMs });

test('one after the other has one turn each', () => {
  const all = [
    taken('a', 0, 1),
    taken('a', 100, 101),
    taken('b', 200, 205),
    taken('b', 300, 301),
    taken('c', 400, 401),
  ];
  assert.deepEqual(turnsOf(all), ['a', 'b', 'c']);
});

test('two at the same time have turns that interleave', () => {
  assert.deepEqual(turnsOf([taken('a', 0, 1), taken('b', 2, 3), taken('a', 100, 101)]), ['a', 'b', 'a']);
});
