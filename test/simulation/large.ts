// What a large cluster costs and how fast it agrees, by the simulator: one row of docs/limits.md for each size. Virtual
// time and counted messages, so it does not depend on the machine it runs on.
import { type Cell, Swarm } from './swarm.ts';

/** Above this size no partition is simulated: every pair of links is cut by itself, and it would take the best part of an hour. */
const partitionNodesMax = 300;
/** How long idle traffic is counted. */
const idleMs = 60_000;

/** One simulated cluster; times in milliseconds of virtual time. */
export interface Costs {
  /** Last start until all see all. */
  readonly formedMs: number;
  /** A fresh member's start until all see it, and it all. */
  readonly joinedMs: number;
  /** A change of one member's description until all hold it. */
  readonly changeMs: number;
  /** SIGKILL until every other calls it dead. */
  readonly killedMs: number;
  /** Power cut until every other calls it dead. */
  readonly cutMs: number;
  /** A tenth (ten at most) killed at once until every other calls all of them dead. */
  readonly manyMs: number;
  /** A minute of two halves that cannot reach each other has ended; until all tables are equal and all alive. NaN above `partitionNodesMax`. */
  readonly healedMs: number;
  readonly messagesPerSecond: number;
  readonly bytesPerSecond: number;
  readonly streams: { readonly median: number; readonly most: number };
  /** Verdicts of death on members that were alive, the partition aside. */
  readonly falseDeaths: number;
}

export function costsOf(nodes: number, seed: number, onProgress: (what: string) => void): Costs {
  const swarm = new Swarm({ seed, nodes: nodes + 1 });
  const newcomer = swarm.cell(nodes);
  const cells = swarm.cells.slice(0, nodes);
  const chance = () => swarm.cell(Math.floor(swarm.random() * nodes)).address;
  for (const cell of cells) {
    swarm.boot(cell, [chance(), chance(), swarm.cell(0).address]);
    swarm.run(1000 / nodes);
  }
  const formedMs = swarm.runUntil(() => swarm.whole(), 120_000, 'all see all', 10);
  onProgress(`${nodes} formed`);
  swarm.run(40_000);
  const before = cells.map(({ messages, bytes }) => ({ messages, bytes }));
  swarm.run(idleMs);
  const sent = (key: 'messages' | 'bytes') =>
    median(cells.map((cell, i) => cell[key] - (before[i]?.[key] ?? 0))) / (idleMs / 1000);
  const [messagesPerSecond, bytesPerSecond] = [sent('messages'), sent('bytes')];
  const streams = { median: median(swarm.streams()), most: Math.max(...swarm.streams()) };
  onProgress(`${nodes} idle`);
  swarm.boot(newcomer, [chance()]);
  const joinedMs = swarm.runUntil(() => swarm.whole(), 60_000, 'all see the newcomer', 10);
  swarm.run(5000);
  const speaker = swarm.cell(0);
  speaker.tell({ kind: 'describe', change: { tags: { said: 'now' } } });
  const { incarnation } = speaker.core?.self() ?? { incarnation: 0 };
  const heard = () =>
    swarm.running().every(({ core }) => core?.record(speaker.id)?.incarnation === incarnation);
  const changeMs = swarm.runUntil(heard, 60_000, 'all hold the change', 5);
  swarm.run(5000);
  const gone = new Set<string>();
  const end = (victims: readonly Cell[], powerless: boolean) => {
    for (const victim of victims) {
      gone.add(victim.id);
      if (powerless) swarm.network.power(victim.address, false);
      victim.kill();
    }
    const took = swarm.runUntil(
      () => victims.every(each => swarm.allCall(each, 'dead')),
      60_000,
      'all know',
      10,
    );
    swarm.run(10_000);
    return took;
  };
  const killedMs = end([newcomer], false);
  onProgress(`${nodes} killed`);
  const cutMs = end([swarm.cell(nodes - 1)], true);
  onProgress(`${nodes} cut`);
  const many = Math.max(1, Math.min(10, Math.floor(nodes / 10)));
  const manyMs = end(cells.slice(1, 1 + many), false);
  const falseDeaths = swarm.deathsOf(id => !gone.has(id));
  onProgress(`${nodes} with ${many} killed at once`);
  const healedMs = nodes <= partitionNodesMax ? partitionMs(swarm) : Number.NaN;
  onProgress(`${nodes} done`);
  const times = { formedMs, joinedMs, changeMs, killedMs, cutMs, manyMs, healedMs };
  return { ...times, messagesPerSecond, bytesPerSecond, streams, falseDeaths };
}

/** Cuts a swarm in halves for a minute; how long it takes to be whole again. */
function partitionMs(swarm: Swarm): number {
  const running = swarm.running();
  const half = Math.floor(running.length / 2);
  for (const a of running.slice(0, half)) for (const b of running.slice(half)) swarm.network.cut(a.id, b.id);
  swarm.run(60_000);
  swarm.network.healAll();
  return swarm.runUntil(() => swarm.whole(), 120_000, 'whole again', 20);
}

export function median(values: readonly number[]): number {
  return values.toSorted((a, b) => a - b)[values.length >> 1] ?? 0;
}
