// A node that did not attend blames itself, and a link is called lossy slowly and forgiven slowly.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Attention } from '../../src/membership/attention.ts';
import {
  awarenessMax,
  lateToleranceMs,
  lossyAfterMs,
  lossyQuarantineMs,
  probeTimeoutMaxMs,
  probeTimeoutMinMs,
} from '../../src/membership/limits.ts';
import { LinkQuality } from '../../src/membership/link-quality.ts';

test('time in which the node did not attend does not count, and its score rises', () => {
  const attention = new Attention(0);
  assert.equal(attention.attend(1000, 1000), 1000);
  assert.equal(
    attention.attend(1000 + lateToleranceMs, 1000),
    1000 + lateToleranceMs,
    'a little late is normal',
  );
  assert.equal(attention.score, 0);
  const before = attention.attend(2000, 2000);
  const stands = before + 500 + lateToleranceMs;
  assert.equal(attention.attend(6000, before + 500), stands, 'it was asked for at 2500 and came at 6000');
  assert.deepEqual(attention.lapses, { count: 1, totalMs: 3500 - lateToleranceMs });
  assert.equal(attention.score, 1);
  assert.equal(attention.realMs(stands + 100), 6100, 'a deadline moves with it');
});

test('while a tick is overdue its clock stands still, whatever comes in, and it counts as one lapse', () => {
  const attention = new Attention(0);
  const stands = 1000 + lateToleranceMs;
  for (const nowMs of [2000, 2400, 3000]) assert.equal(attention.attend(nowMs, 1000), stands);
  assert.deepEqual(attention.lapses, { count: 1, totalMs: 3000 - stands });
  assert.equal(attention.score, 1);
  assert.equal(attention.attend(3100, stands + 500), stands + 100, 'the tick has come: time goes on');
});

test('an input before the wake-up is not late, however long the quiet was', () => {
  const attention = new Attention(0);
  assert.equal(attention.attend(50_000, 60_000), 50_000);
  assert.equal(attention.attend(60_000, 60_000), 60_000);
  assert.equal(attention.lapses.count, 0);
});

test('the score stays within its bounds', () => {
  const attention = new Attention(0);
  for (let i = 0; i < 20; i++) attention.worse();
  assert.equal(attention.score, awarenessMax);
  for (let i = 0; i < 20; i++) attention.better();
  assert.equal(attention.score, 0);
});

test('the timeout follows the round trip between its bounds (RFC 6298)', () => {
  const quality = new LinkQuality();
  for (let i = 0; i < 30; i++) quality.answered(0.3);
  assert.equal(quality.timeoutMs(), probeTimeoutMinMs);
  for (let i = 0; i < 60; i++) quality.answered(i % 2 === 0 ? 250 : 350);
  assert.ok(quality.timeoutMs() > 350 && quality.timeoutMs() < probeTimeoutMaxMs, `${quality.timeoutMs()}`);
  for (let i = 0; i < 60; i++) quality.answered(3000);
  assert.equal(quality.timeoutMs(), probeTimeoutMaxMs);
});

/** Feeds a probe a second with this share of misses, deterministically; gives the seconds at which the verdict changed. */
function verdicts(quality: LinkQuality, fromS: number, seconds: number, missesOfTen: number): number[] {
  const changes: number[] = [];
  for (let second = fromS; second < fromS + seconds; second++) {
    if ((second * 7) % 10 < missesOfTen) quality.missed();
    else quality.answered(1);
    if (quality.judge(second * 1000)) changes.push(second - fromS);
  }
  return changes;
}

test('80 % loss is called lossy within half a minute and does not flap; 20 % never is', () => {
  const bad = new LinkQuality();
  const changes = verdicts(bad, 0, 300, 8);
  assert.equal(changes.length, 1);
  assert.ok((changes[0] ?? 0) * 1000 >= lossyAfterMs && (changes[0] ?? 0) <= 25, `${changes}`);
  assert.deepEqual(verdicts(new LinkQuality(), 0, 300, 2), []);
});

test('a link that is well again has to prove it, and longer after each relapse', () => {
  const quality = new LinkQuality();
  verdicts(quality, 0, 60, 8);
  const [first = 0] = verdicts(quality, 60, 300, 0);
  assert.ok(first * 1000 >= lossyQuarantineMs, `${first} s`);
  verdicts(quality, 360, 60, 8);
  const [second = 0] = verdicts(quality, 420, 600, 0);
  assert.ok(second > 1.5 * first, `${second} s after ${first} s`);
});
