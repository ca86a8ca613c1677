// The tenure of a node that holds a role alone: when it is over, and who is told.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Tenure } from '../../src/agent/tenure.ts';
import { tenureMs } from '../../src/integrations/limits.ts';

function setUp(graceMs = 0) {
  const timers: { atMs: number; run: () => void }[] = [];
  const seen = { nowMs: 0, lapses: 0, renewals: [] as number[] };
  const tenure = new Tenure({
    ...{ self: 'a', nowMs: () => seen.nowMs, graceMs },
    setTimer(delayMs, run) {
      const timer = { atMs: seen.nowMs + delayMs, run };
      timers.push(timer);
      return () => void timers.splice(timers.indexOf(timer), timers.includes(timer) ? 1 : 0);
    },
    onLapse: () => {
      seen.lapses += 1;
    },
    onRenewed: leftMs => void seen.renewals.push(leftMs),
  });
  const passTo = (nowMs: number) => {
    for (;;) {
      const due = timers.filter(({ atMs }) => atMs <= nowMs).sort((a, b) => a.atMs - b.atMs)[0];
      if (!due) break;
      timers.splice(timers.indexOf(due), 1);
      seen.nowMs = due.atMs;
      due.run();
    }
    seen.nowMs = nowMs;
  };
  return { tenure, seen, passTo };
}

const held = { service: 's', role: 'r', node: 'a', token: 5, sole: true } as const;
const given = { ...held, node: 'b', token: 9, former: { node: 'a', token: 5 } } as const;

test('a holder acts for as long as it is renewed, and is told once when it is not', () => {
  const { tenure, seen, passTo } = setUp();
  tenure.renew(0);
  tenure.decided([held]);
  assert.equal(tenure.leftMs(), tenureMs);
  passTo(2000);
  tenure.renew(1500);
  passTo(tenureMs + 1000);
  assert.equal(seen.lapses, 0);
  assert.equal(tenure.leftMs(), 500);
  passTo(tenureMs + 1500);
  assert.deepEqual([seen.lapses, tenure.leftMs()], [1, 0]);
  assert.deepEqual(seen.renewals, [tenureMs - 500]);
});

test('who loses the role ends when the other may begin, however often it is renewed after that', () => {
  const { tenure, seen, passTo } = setUp();
  tenure.renew(0);
  tenure.decided([held]);
  passTo(1000);
  tenure.decided([given]);
  tenure.renew(1000);
  tenure.renew(2000);
  passTo(tenureMs);
  assert.equal(seen.lapses, 1);
});

test('what a former process left running is ended at once, or after a grace where the kernel keeps it still', () => {
  const [now, later] = [setUp(), setUp(tenureMs)];
  for (const { tenure, passTo } of [now, later]) {
    tenure.decided([held]);
    passTo(1);
  }
  assert.deepEqual([now.seen.lapses, later.seen.lapses], [1, 0]);
  later.passTo(tenureMs + 1);
  assert.equal(later.seen.lapses, 1);
});

test('a grant is known from when it was learnt, and one that is gone is not known', () => {
  const { tenure, passTo } = setUp();
  passTo(100);
  tenure.decided([given]);
  passTo(400);
  assert.ok(tenure.stands(9) && !tenure.stands(5));
  assert.equal(tenure.knownForMs(9), 300);
  assert.equal(tenure.knownForMs(5), 0);
  tenure.decided([]);
  assert.equal(tenure.knownForMs(9), 0);
});
