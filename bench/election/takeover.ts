// One leader that goes, however it goes: a blow, then how long until every other member knows a new leader, and until a
// client that talks to one of those others has written. The same script for every blow and contender.
import type { Sample } from '../testbed/samples.ts';
import { phaseMaxMs, takeoverTimeoutMs, tryTimeoutMs } from './limits.ts';
import type { Member } from './member.ts';
import type { Trio } from './trio.ts';
import { TryingClient } from './trying-client.ts';

export interface Takeover {
  /** From the blow to the word of the last of the others that somebody leads in a later term. */
  readonly known: Sample;
  /** From the blow to the first write that was told to be durable after one of the others knew the new leader. */
  readonly written: Sample;
  /** Terms that it took. */
  readonly terms: number;
}

/**
 * @param strike deals the blow to the leader and tells when; the client talks to `heir`, one of the others at random
 * @param isQuiet nobody writes: only what the others know is looked at
 */
export async function takeover(
  trio: Trio,
  strike: (leader: Member, heir: Member) => number,
  isQuiet: boolean,
): Promise<Takeover> {
  await trio.rest(Math.random() * phaseMaxMs);
  const leader = trio.leader();
  const others = trio.followers();
  const heir = others[Math.floor(Math.random() * others.length)];
  const term = leader.led?.term;
  if (heir === undefined || term === undefined) throw new Error(`${leader.seat.name} leads nobody`);
  const connection = await trio.contender.connect(heir.seat, tryTimeoutMs);
  let client: TryingClient | undefined;
  try {
    await connection.status(); // the connection is open before the blow
    const struckAtMs = strike(leader, heir);
    if (!isQuiet) client = new TryingClient(connection);
    const later = () => others.flatMap(({ led }) => (led !== undefined && led.term > term ? led : []));
    const known = () =>
      later().length < others.length ? undefined : Math.max(...later().map(led => led.atMs));
    const written = () => client?.firstSince(Math.min(...later().map(led => led.atMs)));
    const isOver = () => known() !== undefined && (isQuiet || written() !== undefined);
    await trio.until(() => (isOver() ? true : undefined), takeoverTimeoutMs);
    const since = (atMs: number | undefined) => (atMs === undefined ? undefined : atMs - struckAtMs);
    return {
      known: since(known()),
      written: since(written()),
      terms: Math.max(term, ...later().map(led => led.term)) - term,
    };
  } finally {
    client?.end();
    connection.close();
  }
}
