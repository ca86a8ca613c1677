// Who watches whom: few neighbours whatever the size, chosen alike by all, everyone watched by enough.
import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { test } from 'node:test';
import fc from 'fast-check';
import { fullMeshMembersMax, streamsMax } from '../../src/membership/limits.ts';
import { Neighbourhood, neighboursFor, neighboursOf } from '../../src/membership/rings.ts';

const idOf = (number: number) => createHash('sha256').update(`member ${number}`).digest('hex').slice(0, 32);
const ids = (count: number) => new Set(Array.from({ length: count }, (_, i) => idOf(i)));

test('up to seven members everyone is next to everyone', () => {
  for (let count = 1; count <= fullMeshMembersMax; count++) {
    const members = ids(count);
    for (const id of members)
      assert.deepEqual(neighboursOf(id, members), new Set([...members].filter(each => each !== id)));
  }
});

test('being neighbours is mutual, and nobody has more of them than two for each ring', () => {
  for (const count of [8, 16, 48, 100, 1000]) {
    const members = ids(count);
    const sample = [...members].slice(0, 40);
    for (const id of sample) {
      const neighbours = neighboursOf(id, members);
      assert.ok(neighbours.size <= neighboursFor(count), `${neighbours.size} of ${count}`);
      assert.ok(neighbours.size >= Math.min(count - 1, 4), 'everyone is watched by several');
      assert.ok(neighbours.size < streamsMax);
      for (const other of neighbours) assert.ok(neighboursOf(other, members).has(id), 'mutual');
    }
  }
});

test('the graph of neighbours is connected, and a thousand members are few hops apart', () => {
  const members = ids(1000);
  const [first = ''] = members;
  let reached = new Set([first]);
  let hops = 0;
  while (reached.size < members.size) {
    reached = new Set([...reached, ...[...reached].flatMap(id => [...neighboursOf(id, members)])]);
    hops += 1;
    assert.ok(hops <= 5, `${reached.size} after ${hops} hops`);
  }
});

test('a neighbourhood that is kept up to date equals one that is computed anew', () => {
  const changes = fc.array(fc.tuple(fc.integer({ min: 1, max: 40 }), fc.boolean()), { maxLength: 120 });
  fc.assert(
    fc.property(changes, steps => {
      const own = idOf(0);
      const kept = new Neighbourhood(own);
      const members = new Set([own]);
      for (const [number, present] of steps) {
        kept.set(idOf(number), present);
        if (present) members.add(idOf(number));
        else members.delete(idOf(number));
        assert.deepEqual(new Set(kept.neighbours()), neighboursOf(own, members));
      }
    }),
    { numRuns: 200 },
  );
});
