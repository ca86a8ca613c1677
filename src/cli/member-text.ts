// How round trips, losses and tags of members read. Knows no agent.

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
