// How long a suspicion lives before the suspect counts as dead. Pure arithmetic (Lifeguard, section IV-B; SWIM section 4.2).
import { observersWanted, suspicionHoldMs, suspicionMaxFactor, suspicionMinMs } from './limits.ts';

/**
 * Life of a suspicion in milliseconds from its start.
 * @param accusers distinct observers that suspect the member
 * @param observers live members that could observe it, the caller included (at least 1)
 * @param members size of the table, for the logarithm
 */
export function suspicionLifeMs(accusers: number, observers: number, members: number): number {
  const wanted = Math.min(observersWanted, observers);
  const minMs = suspicionMinMs * Math.max(1, Math.log10(Math.max(1, members)));
  if (accusers >= wanted) return wanted >= observersWanted ? suspicionHoldMs : minMs;
  const maxMs = minMs * suspicionMaxFactor;
  // Each independent confirmation shrinks the timer, the first the most.
  const share = Math.log(accusers + 1) / Math.log(wanted + 1);
  return Math.max(minMs, maxMs - share * (maxMs - minMs));
}
