// Scenarios of large clusters, on membership cores alone: mass failure, partition, flip-flopping links, storms.
import assert from 'node:assert/strict';
import { handshakeBurst, handshakesPerSecond } from '../../src/agent/limits.ts';
import { streamsMax } from '../../src/membership/limits.ts';
import type { Finished, Scenario } from './scenario.ts';
import { type Cell, Swarm } from './swarm.ts';

/** A swarm that knows itself: each cell has met three others by chance, as a tailnet's list of peers would let it. */
export function grown(seed: number, nodes: number): Swarm {
  const swarm = new Swarm({ seed, nodes });
  for (const cell of swarm.cells) {
    const peers = [1, 2, 3].map(() => swarm.cell(Math.floor(swarm.random() * nodes)).address);
    swarm.boot(cell, [...peers, swarm.cell(0).address]);
    swarm.run(2000 / nodes);
  }
  swarm.runUntil(() => swarm.whole(), 60_000, 'all see all', 50);
  swarm.run(5000);
  return swarm;
}

function bounded(swarm: Swarm): void {
  for (const { name, streamsMax: most } of swarm.cells)
    assert.ok(most <= streamsMax + 1, `I20: ${name} held ${most} streams`);
}

const setOf = (cells: readonly Cell[]) => new Set(cells.map(({ id }) => id));

export const swarmScenarios: readonly Scenario[] = [
  {
    name: 'S54a',
    title: '10 of 100 are killed at once: all others call exactly these dead, within seconds',
    seeds: 3,
    async run(seed): Promise<Finished> {
      const swarm = grown(seed, 100);
      const victims = swarm.cells.slice(20, 30);
      const gone = setOf(victims);
      for (const victim of victims) victim.kill();
      swarm.runUntil(
        () => victims.every(victim => swarm.allCall(victim, 'dead')),
        5000,
        'all ten are dead for all',
      );
      swarm.run(10_000);
      assert.equal(
        swarm.deathsOf(id => !gone.has(id)),
        0,
        'I19: and nobody else',
      );
      bounded(swarm);
      return swarm;
    },
  },
  {
    name: 'S54b',
    title:
      '50 and 50 cannot reach each other for a minute: each half calls the other dead, and all is whole again after it heals',
    seeds: 2,
    async run(seed): Promise<Finished> {
      const swarm = grown(seed, 100);
      const [left, right] = [swarm.cells.slice(0, 50), swarm.cells.slice(50)];
      for (const a of left) for (const b of right) swarm.network.cut(a.id, b.id);
      swarm.run(60_000);
      const sides = [setOf(left), setOf(right)];
      for (const side of [left, right]) {
        const own = sides.find(ids => ids.has(side[0]?.id ?? ''));
        for (const cell of side) {
          const wrong =
            cell.core?.records().filter(({ id, state }) => (state === 'alive') !== own?.has(id)) ?? [];
          assert.equal(wrong.length, 0, `${cell.name} is wrong about ${wrong.length}`);
        }
      }
      swarm.network.healAll();
      swarm.runUntil(() => swarm.whole(), 30_000, 'I18: all tables are equal, all are alive', 100);
      bounded(swarm);
      return swarm;
    },
  },
  {
    name: 'S54c',
    title:
      'one of 100 can send and not receive, on and off every 20 s: it is a member or it is not, and no healthy one is called dead',
    seeds: 2,
    async run(seed): Promise<Finished> {
      const swarm = grown(seed, 100);
      const sick = swarm.cell(7);
      const sinceMs = swarm.timeline.nowMs;
      for (let round = 0; round < 3; round++) {
        for (const other of swarm.cells) if (other !== sick) swarm.network.cutOneWay(other.id, sick.id);
        swarm.run(20_000);
        swarm.network.healAll();
        swarm.run(20_000);
      }
      assert.equal(
        swarm.deathsOf(id => id !== sick.id, sinceMs),
        0,
        'I19: the deaf one kills nobody',
      );
      swarm.runUntil(
        () => swarm.running().every(({ core }) => core?.digest === sick.core?.digest),
        30_000,
        'I18',
        100,
      );
      bounded(swarm);
      return swarm;
    },
  },
  {
    name: 'S58',
    title: 'a switch reboots and 100 connect at once: handshakes are bounded, and all is whole again',
    seeds: 2,
    async run(seed): Promise<Finished> {
      const swarm = grown(seed, 100);
      for (const cell of swarm.cells) cell.kill();
      swarm.run(2000);
      const target = swarm.cell(0);
      const before = swarm.handshakesOf(target);
      for (const cell of swarm.cells) swarm.boot(cell, [target.address]);
      const tookMs = swarm.runUntil(() => swarm.whole(), 60_000, 'all see all', 50);
      const handshakes = swarm.handshakesOf(target) - before;
      assert.ok(
        handshakes <= handshakeBurst + (handshakesPerSecond * tookMs) / 1000 + 1,
        `${handshakes} handshakes in ${tookMs} ms`,
      );
      bounded(swarm);
      return swarm;
    },
  },
];
