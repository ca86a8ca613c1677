// When a node may begin to do what only one node may do: not before the former holder has certainly ended. Pure.
import type { ClusterView, Grant } from './cluster-view.ts';
import { tenureMarginMs, tenureMs } from './limits.ts';

/**
 * Milliseconds until the holder of `grant` may begin; 0 when it may now, infinity while it must not act at all. A former
 * holder goes on for at most `tenureMs` after the moment at which the grant was decided, which was before this node learnt of it.
 */
export function beginsInMs({ tenure }: ClusterView, grant: Grant): number {
  // A node that comes back may hear that the role is another's while a pass for it is under way.
  if (tenure.leftMs() === 0 || !tenure.stands(grant.token)) return Number.POSITIVE_INFINITY;
  if (!grant.former || tenure.hasReleased(grant)) return 0;
  return Math.max(0, tenureMs + tenureMarginMs - tenure.knownForMs(grant.token));
}
