// What a node that is drained waits for, in a line for people with how to end it: a drain asks pods to go, and kills nobody's work unasked.
// Pure.
import { oneLine } from '../service-error.ts';
import type { KubePod } from './kube.ts';
import { heldPodsShownMax } from './limits.ts';
import { type Draining, staying } from './upkeep.ts';

/**
 * Empty when no pod stays.
 * @param forbidden uids of pods whose eviction a disruption budget has forbidden
 * @param member its name
 */
export function holdUpOf(
  pods: readonly KubePod[],
  forbidden: { readonly has: (uid: string) => boolean },
  { forceAtMs }: Draining,
  member: string,
): string {
  const left = staying(pods);
  const held = left
    .flatMap(({ namespace, name, uid, kind, leaving }) => {
      if (leaving || (kind === 'movable' && !forbidden.has(uid))) return [];
      const why = kind === 'bare' ? 'nothing makes it anew' : 'disruption budget';
      return [`${namespace}/${name} (${why})`];
    })
    .sort();
  if (held.length === 0) return left.length === 0 ? '' : `${left.length} pods are on their way`;
  const more = held.length > heldPodsShownMax ? ` and ${held.length - heldPodsShownMax} more` : '';
  const named = `${held.slice(0, heldPodsShownMax).join(', ')}${more}`;
  if (forceAtMs > 0) return oneLine(`ended at the deadline of its drain: ${named}`);
  // The mend first: a line that is too long is cut.
  const drain = `"clusterctl member drain ${member} --deadline 10m --requeue" (SLURM's jobs too)`;
  return oneLine(`${drain} or "k3s kubectl delete pod -n NAMESPACE NAME" ends what stays: ${named}`);
}
