// Row "link-loss": a fifth of the packets on one link is lost, both ways, on one link after the other. Links on which the
// two have a connection, where there are such: the others carry next to nothing.

import type { Wire } from '../../testbed/wire.ts';
import type { Cluster } from '../cluster.ts';
import { linkLossLinksMax, linkLossMs, linkLossPercent } from '../limits.ts';
import { endLoss, losePackets } from '../packet-loss.ts';
import type { Stage } from '../stage.ts';
import { connectedAddresses } from '../traffic.ts';
import { marksText, toldOf } from '../verdicts.ts';
import type { WatchedAgent } from '../watched-agent.ts';
import { everySize, type Row } from './row.ts';

export const linkLoss: Row = {
  name: 'link-loss',
  about: `${linkLossPercent} % loss on one link: who is marked failed`,
  sizesOf: everySize,
  async measure(stage) {
    const wire = await stage.wire();
    const cluster = await stage.formed(wire);
    const sinceMs = performance.now();
    const links = Math.min(stage.runs, linkLossLinksMax);
    let lost = 0;
    for (let run = 1; run <= links; run += 1) lost += await oneLink(stage, cluster, wire);
    const suspicions = toldOf(cluster, { kind: 'suspected', sinceMs }).length;
    const degraded = toldOf(cluster, { kind: 'degraded', sinceMs }).length;
    const marks = marksText(toldOf(cluster, { kind: 'failed', sinceMs }));
    return [
      {
        what: `${linkLossPercent} % loss on one link, ${linkLossMs / 1000} s each: healthy marked failed`,
        goal: '0',
        text: `${marks} on ${links} links; ${suspicions} suspicions, ${degraded} degraded, ${lost} packets lost`,
      },
    ];
  },
};

async function oneLink(stage: Stage, cluster: Cluster, wire: Wire): Promise<number> {
  const one = cluster.anyone();
  const other = partnerOf(cluster, one);
  const [here, there] = [wire.namespaceOf(one.seat.number), wire.namespaceOf(other.seat.number)];
  await losePackets(here, linkLossPercent, other.seat.ip);
  await losePackets(there, linkLossPercent, one.seat.ip);
  const sinceMs = performance.now();
  await cluster.rest(linkLossMs);
  const lost = (await endLoss(here)) + (await endLoss(there));
  const marks = marksText(toldOf(cluster, { kind: 'failed', sinceMs }));
  stage.say(`loss between ${one.name} and ${other.name}: ${lost} packets lost, marked failed ${marks}`);
  return lost;
}

function partnerOf(cluster: Cluster, one: WatchedAgent): WatchedAgent {
  const connected = connectedAddresses(one.child.pid);
  const others = cluster.agents.filter(other => other !== one);
  const partners = others.filter(({ seat }) => connected.has(seat.ip));
  const choice = partners.length > 0 ? partners : others;
  const partner = choice[Math.floor(Math.random() * choice.length)];
  if (partner === undefined) throw new RangeError(`there is no link at ${one.name}`);
  return partner;
}
