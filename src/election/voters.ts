// Who should vote. Pure: the leader asks after every change and proposes what comes out.
import { standbysMax, votersWanted } from './limits.ts';
import type { Configuration } from './quorum.ts';

/** A node as the leader sees it. */
export interface VoterCandidate {
  readonly id: string;
  readonly alive: boolean;
  /** True when its log lacks next to nothing. */
  readonly caughtUp: boolean;
}

/**
 * The configuration the leader should propose next, or undefined when the present one is right.
 * Newcomers come in as learners, of which there are few: the others follow through their neighbours. One voter becomes
 * three in one joint step, so two voters never exist. Voters are not taken out here: losing touch with one is no reason
 * to lower the bar; a learner that is silent makes room for one that is not.
 */
export function decideConfiguration(
  present: Configuration,
  admitted: readonly VoterCandidate[],
): { readonly voters: readonly string[]; readonly learners: readonly string[] } | undefined {
  if (present.outgoing.length > 0) return undefined;
  const ready = admitted.filter(node => present.learners.includes(node.id) && node.alive && node.caughtUp);
  const lacking = votersWanted - present.voters.length;
  const chosen =
    lacking > 0 && ready.length >= lacking
      ? ready
          .map(node => node.id)
          .sort()
          .slice(0, lacking)
      : [];
  const voters = [...present.voters, ...chosen];
  const alive = new Set(admitted.filter(node => node.alive).map(node => node.id));
  const learners = present.learners.filter(id => !chosen.includes(id));
  const newcomers = [...alive].filter(id => !voters.includes(id) && !learners.includes(id)).sort();
  const byUse = [
    ...learners.filter(id => alive.has(id)),
    ...newcomers,
    ...learners.filter(id => !alive.has(id)),
  ].slice(0, standbysMax);
  const same = byUse.length === present.learners.length && byUse.every(id => present.learners.includes(id));
  return chosen.length === 0 && same ? undefined : { voters, learners: byUse };
}
