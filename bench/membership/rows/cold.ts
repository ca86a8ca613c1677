// Row "cold": all are killed at the same moment and started again from their disks alone, without a seed or a peer. Whole
// means that every agent sees all; the contender's own command is asked, too. Never helps them with a join.

import { type Sample, seconds, single, summary } from '../../testbed/samples.ts';
import { type Cluster, latest } from '../cluster.ts';
import { coldGoalMs, coldPauseMs, coldSizeMax, coldTimeoutMs, settleMs } from '../limits.ts';
import type { Row } from './row.ts';

export const cold: Row = {
  name: 'cold',
  about: 'all killed and started again from disk alone',
  sizesOf: sizes => sizes.filter(size => size <= coldSizeMax),
  async measure(stage) {
    const ground = await stage.loopback();
    const [fromListening, fromSpawn]: [Sample[], Sample[]] = [[], []];
    const incomplete: number[] = [];
    let cluster: Cluster | undefined;
    for (let run = 1; run <= stage.runs; run += 1) {
      cluster ??= await stage.formed(ground);
      await cluster.killAll();
      await cluster.rest(coldPauseMs);
      await cluster.startFromDisk();
      const spawnedAtMs = latest(cluster.agents.map(agent => agent.spawnedAtMs)) ?? Number.NaN;
      const listeningAtMs = await cluster.untilListening();
      const wholeAtMs = await cluster.untilAllSeeAll(coldTimeoutMs);
      const since = (atMs: number) => (wholeAtMs === undefined ? undefined : Math.max(0, wholeAtMs - atMs));
      fromListening.push(since(listeningAtMs));
      fromSpawn.push(since(spawnedAtMs));
      const tables = (await cluster.incompleteTables()).length;
      incomplete.push(tables);
      stage.say(
        `run ${run}: whole after ${single(fromListening.at(-1), seconds)}, ${tables} tables incomplete`,
      );
      if (wholeAtMs === undefined || tables > 0) {
        await cluster.killAll();
        cluster = undefined;
      } else await cluster.rest(settleMs);
    }
    const inTime = fromListening.filter(
      (sample, run) => sample !== undefined && sample <= coldGoalMs && incomplete[run] === 0,
    ).length;
    const what = 'all killed, started from disk alone';
    return [
      {
        what: `${what}: whole within ${coldGoalMs / 1000} s after the last listens`,
        goal: 'all',
        text: `**${inTime} of ${stage.runs}**`,
      },
      {
        what: `${what}: last listens → all see all`,
        goal: `≤ ${coldGoalMs / 1000} s`,
        text: summary(fromListening, seconds, coldTimeoutMs),
      },
      {
        what: `${what}: last spawned → all see all`,
        goal: '',
        text: summary(fromSpawn, seconds, coldTimeoutMs),
      },
      {
        what: `${what}: agents whose own table is incomplete at the end, worst run`,
        goal: '0',
        text: `${Math.max(...incomplete)} of ${stage.size}`,
      },
    ];
  },
};
