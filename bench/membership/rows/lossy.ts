// Row "lossy": one agent receives a fifth of what is sent to it, for 90 s. Asks whether the others notice (`degraded`),
// whether they make up their minds once, and whether anybody is buried for it.

import { type Sample, seconds, summary } from '../../testbed/samples.ts';
import { latest } from '../cluster.ts';
import { inboundLossMs, inboundLossPercent, inboundLossRunsMax, inboundLossSize } from '../limits.ts';
import { endLoss, losePackets } from '../packet-loss.ts';
import { marksText, toldOf } from '../verdicts.ts';
import type { Told } from '../watched-agent.ts';
import type { Row } from './row.ts';

export const lossy: Row = {
  name: 'lossy',
  about: `${inboundLossPercent} % loss of all that comes to one: is it seen as degraded, does it flap`,
  sizesOf: sizes =>
    sizes.includes(inboundLossSize) ? [inboundLossSize] : sizes.length > 0 ? [Math.max(...sizes)] : [],
  async measure(stage) {
    const wire = await stage.wire();
    const [first, every, flips, suspicions]: [Sample[], Sample[], number[], number[]] = [[], [], [], []];
    const [marksOfIt, marksOfOthers]: [Told[], Told[]] = [[], []];
    const runs = Math.min(stage.runs, inboundLossRunsMax);
    for (let run = 1; run <= runs; run += 1) {
      const cluster = await stage.formed(wire);
      const { name, seat } = cluster.anyone();
      const sinceMs = performance.now();
      await losePackets(wire.namespaceOf(seat.number), inboundLossPercent);
      await cluster.rest(inboundLossMs);
      const lost = await endLoss(wire.namespaceOf(seat.number));

      const about = (member: string) => member === name;
      const others = cluster.agents.map(agent => agent.name).filter(other => other !== name);
      const degraded = toldOf(cluster, { kind: 'degraded', sinceMs, about });
      const firstOf = (other: string) => degraded.find(({ by }) => by === other)?.atMs;
      const everyAtMs = latest(others.map(firstOf));
      first.push(degraded[0] === undefined ? undefined : degraded[0].atMs - sinceMs);
      every.push(everyAtMs === undefined ? undefined : everyAtMs - sinceMs);
      flips.push(Math.max(...others.map(other => flipsOf(cluster.told, other, name, sinceMs))));
      suspicions.push(toldOf(cluster, { kind: 'suspected', sinceMs }).length);
      marksOfIt.push(...toldOf(cluster, { kind: 'failed', sinceMs, about }));
      marksOfOthers.push(...toldOf(cluster, { kind: 'failed', sinceMs, about: member => member !== name }));
      stage.say(`run ${run} with ${name}: ${lost} packets lost, degraded for ${degraded.length} others`);
      const observer = others[0] ?? '';
      stage.say(`run ${run} as ${observer} saw it: ${storyOf(cluster.told, observer, name, sinceMs)}`);
      await cluster.killAll();
    }
    const what = `${inboundLossPercent} % inbound loss at one, ${inboundLossMs / 1000} s`;
    return [
      {
        what: `${what} → first holds it degraded`,
        goal: '',
        text: summary(first, seconds, inboundLossMs),
      },
      {
        what: `${what} → every other holds it degraded`,
        goal: '≤ 30 s',
        text: summary(every, seconds, inboundLossMs),
      },
      {
        what: `${what}: changes of its state after the first, at the observer with most`,
        goal: '0',
        text: `${flips.join(', ')} in ${runs} runs; ${suspicions.join(', ')} suspicions of anybody`,
      },
      { what: `${what}: it is marked failed`, goal: '0', text: marksText(marksOfIt) },
      { what: `${what}: others marked failed`, goal: '0', text: marksText(marksOfOthers) },
    ];
  },
};

/** What one observer said of a member, with the seconds since the loss began. */
function storyOf(told: readonly Told[], by: string, member: string, sinceMs: number): string {
  return told
    .filter(each => each.by === by && each.member === member && each.atMs >= sinceMs)
    .map(({ kind, atMs }) => `${kind} ${((atMs - sinceMs) / 1000).toFixed(1)}`)
    .join(', ');
}

/** How often one observer changed its mind on a member beyond the first time; suspicions are not changes. */
function flipsOf(told: readonly Told[], by: string, member: string, sinceMs: number): number {
  let state = 'alive';
  let changes = 0;
  for (const each of told) {
    if (each.by !== by || each.member !== member || each.atMs < sinceMs) continue;
    if (each.kind === 'suspected' || each.kind === 'refuted' || each.kind === state) continue;
    state = each.kind;
    changes += 1;
  }
  return Math.max(0, changes - 1);
}
