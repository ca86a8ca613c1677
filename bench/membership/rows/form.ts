// Row "form": fresh agents that are told of one seed, from the last start until all see all. Told twice: from the moment the last
// one listens, and from its spawn, which for Node is mostly the start of a process.

import { type Sample, seconds, single, summary } from '../../testbed/samples.ts';
import { latest } from '../cluster.ts';
import { formTimeoutMs } from '../limits.ts';
import { everySize, type Row } from './row.ts';

export const form: Row = {
  name: 'form',
  about: 'last start until all see all',
  sizesOf: everySize,
  async measure(stage) {
    const ground = await stage.loopback();
    const fromListening: Sample[] = [];
    const fromSpawn: Sample[] = [];
    for (let run = 1; run <= stage.runs; run += 1) {
      const cluster = stage.cluster(ground);
      await cluster.startWithSeed();
      const listeningAtMs = await cluster.untilListening();
      const spawnedAtMs = latest(cluster.agents.map(agent => agent.spawnedAtMs)) ?? listeningAtMs;
      const wholeAtMs = await cluster.untilAllSeeAll();
      const since = (atMs: number) => (wholeAtMs === undefined ? undefined : Math.max(0, wholeAtMs - atMs));
      fromListening.push(since(listeningAtMs));
      fromSpawn.push(since(spawnedAtMs));
      stage.say(`run ${run}: all see all ${single(since(listeningAtMs), seconds)} after listening`);
      await cluster.killAll();
    }
    return [
      {
        what: 'last agent listens → all see all',
        goal: 'not slower than Serf',
        text: summary(fromListening, seconds, formTimeoutMs),
      },
      {
        what: 'last agent spawned → all see all',
        goal: '',
        text: summary(fromSpawn, seconds, formTimeoutMs),
      },
    ];
  },
};
