// Durations: what can be typed, and how ages read.
import assert from 'node:assert/strict';
import test from 'node:test';
import { ageText, durationMsFrom, spanText } from '../../src/cli/duration.ts';

test('durations have a number and a unit', () => {
  const typed = ['500ms', '10s', '1.5m', '1h', '2d'].map(durationMsFrom);
  assert.deepEqual(typed, [500, 10_000, 90_000, 3_600_000, 172_800_000]);
});

test('what is no duration is refused rather than guessed', () => {
  for (const text of ['', '5', 's', '-1s', '0s', '0ms', '1 s', '1w', '1h30m', '1e3s', 'Infinitys', '.5s'])
    assert.equal(durationMsFrom(text), undefined, text);
});

test('ages read in their largest unit, spans in their two largest', () => {
  assert.deepEqual([0, 999, 1000, 61_000, 7_260_000, 90_000_000].map(ageText), [
    '0s',
    '0s',
    '1s',
    '1m',
    '2h',
    '1d',
  ]);
  assert.deepEqual([0, 850, 9000, 61_000, 120_000, 3_605_000, 273_600_000, 86_400_000].map(spanText), [
    '0s',
    '850ms',
    '9s',
    '1m 1s',
    '2m',
    '1h',
    '3d 4h',
    '1d',
  ]);
});

test('an age of the future, from a clock that is ahead, reads as nothing', () => {
  assert.equal(ageText(-5000), '0s');
  assert.equal(spanText(-5000), '0s');
});
