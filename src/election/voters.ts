// Who should vote. Pure: the leader asks after every change and proposes what comes out.
import { votersWanted } from './limits.ts';
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
 * Newcomers come in as learners; one voter becomes three in one joint step, so two voters never exist. Voters are not
 * taken out here: losing touch with one is no reason to lower the bar.
 */
export function decideConfiguration(
  present: Configuration,
  admitted: readonly VoterCandidate[],
): { readonly voters: readonly string[]; readonly learners: readonly string[] } | undefined {
  if (present.outgoing.length > 0) return undefined;
  const known = new Set([...present.voters, ...present.learners]);
  const newcomers = admitted.filter(node => !known.has(node.id)).map(node => node.id);
  const ready = admitted.filter(node => present.learners.includes(node.id) && node.alive && node.caughtUp);
  const lacking = votersWanted - present.voters.length;
  if (lacking > 0 && ready.length >= lacking) {
    const chosen = ready
      .map(node => node.id)
      .sort()
      .slice(0, lacking);
    const learners = [...present.learners, ...newcomers].filter(id => !chosen.includes(id));
    return { voters: [...present.voters, ...chosen], learners };
  }
  return newcomers.length > 0
    ? { voters: present.voters, learners: [...present.learners, ...newcomers] }
    : undefined;
}
