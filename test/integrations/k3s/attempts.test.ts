// How often k3s is started: never more than once in each distance, which grows, and not at all while that is of no use.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { Attempts } from '../../../src/integrations/k3s/attempts.ts';
import { restartFirstMs, restartMaxMs, soundAfterMs } from '../../../src/integrations/k3s/limits.ts';
import { readyBench } from './bench.ts';

test('the first start is at once, and the distances double up to the longest', () => {
  const attempts = new Attempts();
  let nowMs = 1_000_000;
  const waits: number[] = [];
  for (let i = 0; i < 9; i++) {
    waits.push(attempts.waitMs('key', nowMs));
    nowMs += attempts.waitMs('key', nowMs);
    attempts.started('key', nowMs);
  }
  assert.deepEqual(waits.slice(0, 4), [0, restartFirstMs, 2 * restartFirstMs, 4 * restartFirstMs]);
  assert.equal(waits.at(-1), restartMaxMs);
});

test('other settings are worth a start at once, and what ran for long counts as sound', () => {
  const attempts = new Attempts();
  attempts.started('key', 0);
  attempts.started('key', 5000);
  assert.equal(attempts.waitMs('another', 5000), 0);
  attempts.started('key', 5000 + soundAfterMs + 1);
  assert.equal(attempts.waitMs('key', 5001 + soundAfterMs), restartFirstMs);
});

test('what is of no use is not tried again, until something has changed or was mended', () => {
  const attempts = new Attempts();
  attempts.started('key', 0);
  attempts.giveUp();
  assert.equal(attempts.waitMs('key', 1e9), Number.POSITIVE_INFINITY);
  assert.equal(attempts.waitMs('another', 1e9), 0);
  attempts.mended();
  assert.equal(attempts.waitMs('key', 1), 0);
  attempts.started('key', 2);
  assert.equal(
    attempts.waitMs('key', 2),
    2 * restartFirstMs,
    'should it be of no use the distances go on growing',
  );
});

test('a clock that is set back holds nothing up for longer than the distance itself', () => {
  fc.assert(
    fc.property(fc.array(fc.integer({ min: -1e7, max: 1e7 }), { maxLength: 20 }), steps => {
      const attempts = new Attempts();
      let nowMs = 1e9;
      for (const step of steps) {
        nowMs += step;
        const waitMs = attempts.waitMs('key', nowMs);
        assert.ok(waitMs >= 0 && waitMs <= restartMaxMs);
        if (waitMs === 0) attempts.started('key', nowMs);
      }
    }),
  );
});

test('a k3s that ends again and again is started ever more seldom; one that cannot start is left until something changes', async () => {
  const bench = await readyBench(4);
  const doris = bench.nodes.find(({ name }) => name === 'doris');
  assert.ok(doris);
  const starts = () =>
    doris.machine.host.commands.filter(each => each.startsWith('start-stop-daemon')).length;
  const startsWhileFailing = async (line: string) => {
    doris.machine.habits.failure = { line, ends: true };
    bench.k3s.kill(doris.machine);
    const before = starts();
    // Half an hour.
    await bench.rounds(900);
    return starts() - before;
  };
  const often = await startsWhileFailing('level=fatal msg="something new"');
  assert.ok(often >= 8 && often <= 13, `${often} starts in half an hour`);
  assert.equal(bench.report(doris, 'agent')?.state, 'failing');
  doris.machine.habits.failure = undefined;
  await bench.settle();
  const once = await startsWhileFailing('level=fatal msg="invalid token format"');
  assert.ok(once <= 2, `${once} starts of what cannot start`);
  assert.equal(bench.report(doris, 'agent')?.reason, 'token-malformed');
  doris.machine.habits.failure = undefined;
  await bench.rounds(5);
  assert.equal(bench.report(doris, 'agent')?.state, 'failing', 'nothing that was given to it has changed');
  await bench.restartAgent(doris);
  await bench.settle();
});

test('one that the keeper mends in vain asks ever more seldom', async () => {
  const bench = await readyBench(4);
  const doris = bench.nodes.find(({ name }) => name === 'doris');
  assert.ok(doris);
  const line = 'level=info msg="server is not ready: Node password rejected, duplicate hostname"';
  doris.machine.habits.failure = { line, ends: false };
  bench.k3s.kill(doris.machine);
  const starts = () =>
    doris.machine.host.commands.filter(each => each.startsWith('start-stop-daemon')).length;
  const before = starts();
  await bench.rounds(900);
  assert.ok(starts() - before <= 13, `${starts() - before} starts in half an hour`);
  doris.machine.habits.failure = undefined;
  await bench.settle();
});
