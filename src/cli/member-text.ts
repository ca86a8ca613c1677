// How ages, round trips, losses and tags of members read. Knows no agent.
import type { Member__Output } from '../api/gen/clusteros/v1/Member.ts';
import { ageText } from './duration.ts';
import { seenNowMs } from './limits.ts';

/** `0.4ms`; `-` when nothing was measured. */
export function rttText(rttMs: number): string {
  return rttMs > 0 ? `${rttMs.toFixed(1)}ms` : '-';
}

/** `12%`; `-` when nothing was measured. @param loss 0 to 1 */
export function lossText(rttMs: number, loss: number): string {
  return rttMs > 0 ? `${Math.round(loss * 100)}%` : '-';
}

/** `rack=r2,site=north`; `-` for none. */
export function tagsText(tags: Readonly<Record<string, string>>): string {
  const pairs = Object.entries(tags).map(([key, value]) => (value === '' ? key : `${key}=${value}`));
  return pairs.length === 0 ? '-' : pairs.sort().join(',');
}

/** Proof of life is what counts, so a member that this agent never heard has none, whatever others say. */
export function seenText({ state, seenMs }: Member__Output): string {
  if (seenMs === 0 && (state === 'dead' || state === 'left')) return '-';
  // A degraded member is heard, only badly.
  const now = seenMs < seenNowMs && (state === 'alive' || state === 'degraded');
  return now ? 'now' : `${ageText(seenMs)} ago`;
}
