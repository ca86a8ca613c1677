// Row "cut": a host is unplugged, so nothing is reset and nobody is told, until every other marks it failed; then it is
// plugged in again until all see all. What the host that was cut off thinks of the others is not counted.

import { type Sample, seconds, single, summary } from '../../testbed/samples.ts';
import { healTimeoutMs, restMs, verdictTimeoutMs } from '../limits.ts';
import { marksText, toldOf } from '../verdicts.ts';
import type { Told } from '../watched-agent.ts';
import { everySize, type Row } from './row.ts';

export const cut: Row = {
  name: 'cut',
  about: 'a host is unplugged until every other marks it failed; plugged in until all see all',
  sizesOf: everySize,
  async measure(stage) {
    const wire = await stage.wire();
    let cluster = await stage.formed(wire);
    const [suspected, every, healed]: [Sample[], Sample[], Sample[]] = [[], [], []];
    const falseMarks: Told[] = [];
    for (let run = 1; run <= stage.runs; run += 1) {
      await stage.phase(cluster);
      const { name, seat } = cluster.anyone();
      const cutAtMs = performance.now();
      await wire.unplug(seat.number);
      const everyAtMs = await cluster.until(() => cluster.allHoldFailed(name), verdictTimeoutMs);
      const by = (other: string) => other !== name;
      const about = (member: string) => member === name;
      const suspicion = toldOf(cluster, { kind: 'suspected', sinceMs: cutAtMs, about, by })[0];
      suspected.push(suspicion === undefined ? undefined : suspicion.atMs - cutAtMs);
      every.push(everyAtMs === undefined ? undefined : everyAtMs - cutAtMs);
      const pluggedAtMs = performance.now();
      await wire.plug(seat.number);
      const wholeAtMs = await cluster.untilAllSeeAll(healTimeoutMs);
      healed.push(wholeAtMs === undefined ? undefined : Math.max(0, wholeAtMs - pluggedAtMs));
      falseMarks.push(...toldOf(cluster, { kind: 'failed', sinceMs: cutAtMs, about: by, by }));
      stage.say(
        `cut ${run} of ${name}: failed for every other after ${single(every.at(-1), seconds)}, ` +
          `whole ${single(healed.at(-1), seconds)} after it is plugged in`,
      );
      if (run === stage.runs) break;
      if (wholeAtMs === undefined) {
        await cluster.killAll();
        cluster = await stage.formed(wire);
      } else await cluster.rest(restMs);
    }
    return [
      {
        what: 'host cut off → first suspicion',
        goal: '',
        text: summary(suspected, seconds, verdictTimeoutMs),
      },
      {
        what: 'host cut off → every other marks it failed',
        goal: '≤ 4 s',
        text: summary(every, seconds, verdictTimeoutMs),
      },
      {
        what: 'host cut off and plugged in again: healthy others marked failed by those that were not cut off',
        goal: '0',
        text: marksText(falseMarks),
      },
      {
        what: 'host plugged in again → all see all',
        goal: '',
        text: summary(healed, seconds, healTimeoutMs),
      },
    ];
  },
};
