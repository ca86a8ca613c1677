// Row "kill": SIGKILL of one at a random phase until every other marks it failed, then its restart until every other
// sees it again. Each run takes another victim at random, the seed and the leader among them. Of a restarted
// agent itself its table is asked, because it need not say a word of those whom it knew before.

import { type Sample, seconds, single, summary } from '../../testbed/samples.ts';
import { restMs, returnTimeoutMs, verdictTimeoutMs } from '../limits.ts';
import { marksText, toldOf } from '../verdicts.ts';
import type { Told } from '../watched-agent.ts';
import { everySize, type Row } from './row.ts';

const goals: Readonly<Record<number, string>> = { 3: '≤ 1 s', 16: '≤ 1.5 s', 48: '≤ 2 s' };

export const kill: Row = {
  name: 'kill',
  about: 'kill -9 of one until every other marks it failed; its restart until every other sees it again',
  sizesOf: everySize,
  async measure(stage) {
    const cluster = await stage.formed(await stage.loopback());
    const [suspected, first, every]: [Sample[], Sample[], Sample[]] = [[], [], []];
    const [backFromListening, backFromSpawn]: [Sample[], Sample[]] = [[], []];
    const falseMarks: Told[] = [];
    let incomplete = 0;
    for (let run = 1; run <= stage.runs; run += 1) {
      await stage.phase(cluster);
      const victim = cluster.anyone();
      const killedAtMs = cluster.kill(victim);
      const everyAtMs = await cluster.until(() => cluster.allHoldFailed(victim.name), verdictTimeoutMs);
      const about = (member: string) => member === victim.name;
      const sinceKill = (told: Told | undefined) => (told === undefined ? undefined : told.atMs - killedAtMs);
      suspected.push(sinceKill(toldOf(cluster, { kind: 'suspected', sinceMs: killedAtMs, about })[0]));
      first.push(sinceKill(toldOf(cluster, { kind: 'failed', sinceMs: killedAtMs, about })[0]));
      every.push(everyAtMs === undefined ? undefined : Math.max(0, everyAtMs - killedAtMs));
      await victim.child.exited;

      const again = await cluster.restart(victim.seat);
      const listeningAtMs = await cluster.untilListening();
      const seenAtMs = await cluster.until(() => cluster.othersSee(again), returnTimeoutMs);
      const since = (atMs: number) => (seenAtMs === undefined ? undefined : Math.max(0, seenAtMs - atMs));
      backFromListening.push(since(listeningAtMs));
      backFromSpawn.push(since(again.spawnedAtMs));
      await cluster.rest(restMs);
      incomplete += (await cluster.incompleteTables([again])).length;
      const isOther = (member: string) => member !== victim.name;
      falseMarks.push(...toldOf(cluster, { kind: 'failed', sinceMs: killedAtMs, about: isOther }));
      stage.say(
        `kill ${run} of ${victim.name}: failed for every other after ${single(every.at(-1), seconds)}, ` +
          `back ${single(backFromListening.at(-1), seconds)} after it listens`,
      );
    }
    return [
      {
        what: 'kill -9 of one → first suspicion',
        goal: '',
        text: summary(suspected, seconds, verdictTimeoutMs),
      },
      {
        what: 'kill -9 of one → first marks it failed',
        goal: '',
        text: summary(first, seconds, verdictTimeoutMs),
      },
      {
        what: 'kill -9 of one → every other marks it failed',
        goal: goals[stage.size] ?? '',
        text: summary(every, seconds, verdictTimeoutMs),
      },
      { what: 'kill -9 of one: healthy others marked failed', goal: '0', text: marksText(falseMarks) },
      {
        what: 'restarted agent listens → every other sees it',
        goal: '',
        text: summary(backFromListening, seconds, returnTimeoutMs),
      },
      {
        what: 'restarted agent spawned → every other sees it',
        goal: '',
        text: summary(backFromSpawn, seconds, returnTimeoutMs),
      },
      {
        what: 'restarted agent: its own table is incomplete some seconds later',
        goal: '0',
        text: `${incomplete} of ${stage.runs}`,
      },
    ];
  },
};
