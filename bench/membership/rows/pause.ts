// Row "pause": SIGSTOP of one for 4 s, then an event loop blocked for 3 s; of a program without an event loop SIGSTOP of
// as long. Counts who of the healthy, the one that stood still among them, is marked failed by anybody, itself included.
import type { Figure } from '../../testbed/figure.ts';
import type { Cluster } from '../cluster.ts';
import { blockMs, longPauseMs, pauseRunsMax, pauseWatchMs } from '../limits.ts';
import type { Stage } from '../stage.ts';
import { blockLoop, hasEventLoop, stop } from '../stall.ts';
import { marksText, toldOf } from '../verdicts.ts';
import type { WatchedAgent } from '../watched-agent.ts';
import { everySize, type Row } from './row.ts';

export const pause: Row = {
  name: 'pause',
  about: 'SIGSTOP of one for 4 s, its event loop blocked for 3 s: who is marked failed',
  sizesOf: everySize,
  async measure(stage) {
    const wire = await stage.wire();
    const cluster = await stage.formed(wire);
    const canBlock = hasEventLoop(cluster.anyone());
    const stopped = await series(stage, cluster, 'SIGSTOP of 4 s of one', agent =>
      stop(cluster, agent, longPauseMs),
    );
    const blocked = await series(stage, cluster, '3 s blocked event loop of one', agent =>
      canBlock ? blockLoop(wire, stage.leavings, agent, blockMs) : stop(cluster, agent, blockMs),
    );
    return [stopped, { ...blocked, text: `${blocked.text}${canBlock ? '' : ' (by SIGSTOP)'}` }];
  },
};

async function series(
  stage: Stage,
  cluster: Cluster,
  name: string,
  stall: (agent: WatchedAgent) => Promise<void>,
): Promise<Figure> {
  const sinceMs = performance.now();
  const runs = Math.min(stage.runs, pauseRunsMax);
  for (let run = 1; run <= runs; run += 1) {
    await stage.phase(cluster);
    const agent = cluster.anyone();
    const runSinceMs = performance.now();
    await stall(agent);
    const stalledMs = performance.now() - runSinceMs;
    await cluster.rest(pauseWatchMs);
    const marks = marksText(toldOf(cluster, { kind: 'failed', sinceMs: runSinceMs }));
    stage.say(`${name}, run ${run} with ${agent.name}, ${stalledMs.toFixed(0)} ms: marked failed ${marks}`);
  }
  const suspicions = toldOf(cluster, { kind: 'suspected', sinceMs }).length;
  const marks = marksText(toldOf(cluster, { kind: 'failed', sinceMs }));
  return {
    what: `${name}: healthy marked failed`,
    goal: '0',
    text: `${marks} in ${runs} runs; ${suspicions} suspicions`,
  };
}
