// How long a suspicion lives before the suspect counts as dead. Pure arithmetic (Lifeguard, section IV-B; SWIM section 4.2).
import {
  degradedHoldMs,
  goneHoldMs,
  observersMin,
  observersShare,
  silentHoldMs,
  stalledHoldMs,
  suspicionMaxFactor,
  suspicionMinMs,
} from './limits.ts';
import type { Evidence } from './member.ts';

/**
 * Distinct observers that make a suspicion firm.
 * @param watchers members that are meant to watch the suspect
 * @param others members that could watch it, the caller included
 */
export function observersNeeded(watchers: number, others: number): number {
  return Math.max(1, Math.min(Math.max(observersMin, Math.ceil(watchers * observersShare)), others));
}

/**
 * Life of a suspicion in milliseconds from its start.
 * @param words what each observer has seen; more of them accuse the suspect than vouch for it
 * @param needed distinct observers that make it firm (at least 1)
 * @param members size of the table, for the logarithm
 * @param degraded the suspect is known for its losses: silence is to be expected of it
 */
export function suspicionLifeMs(
  words: readonly Evidence[],
  needed: number,
  members: number,
  degraded = false,
): number {
  const evidence = words.filter(each => each !== 'heard');
  const gone = evidence.filter(each => each === 'gone').length;
  const silent = evidence.filter(each => each !== 'stalled').length;
  // A verdict on a stream that was reset and an address that refuses needs no second opinion where there is none to be had.
  if (gone >= needed) return goneHoldMs;
  return Math.max(degraded ? degradedHoldMs : 0, silenceLifeMs(evidence, silent, needed, members));
}

function silenceLifeMs(
  evidence: readonly Evidence[],
  silent: number,
  needed: number,
  members: number,
): number {
  const minMs = suspicionMinMs * Math.max(1, Math.log10(Math.max(1, members)));
  const single = needed < observersMin;
  if (silent >= needed) return single ? minMs : silentHoldMs;
  if (evidence.length >= needed) return stalledHoldMs;
  // Each independent confirmation shrinks the timer, the first the most; but doubts are not worth more than a stall.
  const maxMs = minMs * suspicionMaxFactor;
  const share = Math.log(evidence.length + 1) / Math.log(needed + 1);
  return Math.max(stalledHoldMs, maxMs - share * (maxMs - minMs));
}
