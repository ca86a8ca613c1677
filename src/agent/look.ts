// What this node sees of one member, by its own probes and streams: the small change of `clusterctl member show`.
import { accusersOf } from '../membership/member.ts';
import type { Agent } from './agent.ts';
import { directSilenceMs } from './limits.ts';

export interface Sighting {
  /** Id. */
  readonly subject: string;
  /** `up`, `lossy`, `silent`, or `unwatched` when this node keeps no stream to it. */
  readonly state: string;
  readonly rttMs: number;
  readonly loss: number;
  /** Since the last proof of life; 0 when there never was one. */
  readonly heardMs: number;
}

/** The way from this node to `subject` (an id). */
export function lookAt(agent: Agent, subject: string): Sighting {
  const { connected, watched, rttMs = 0, loss, lossy, heardAgoMs, directAgoMs } = agent.contact(subject);
  const heard = connected && (!watched || directAgoMs < directSilenceMs);
  const way = heard ? (lossy ? 'lossy' : 'up') : watched ? 'silent' : 'unwatched';
  const accusers = accusersOf(agent.record(subject)?.accusations ?? []);
  const silent = way !== 'unwatched' && accusers.includes(agent.options.id);
  return {
    ...{ subject, state: silent ? 'silent' : way, rttMs, loss },
    heardMs: heardAgoMs === undefined ? 0 : Math.max(1, Math.round(heardAgoMs)),
  };
}
