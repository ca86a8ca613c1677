// Whether a node founds a cluster, waits to be admitted, or gives up a cluster of one. Pure.
// Two rules carry it: never found while a cluster is in sight, and of all fresh nodes in a view that has stood still
// only the one with the lowest id founds.
import { aloneMaxMs, discoveryWindowMs } from './limits.ts';
import type { MemberAdvice } from './messages.ts';

/** `auto`: found when nobody else does. `join`: never found. `expect`: wait for so many fresh nodes first. `found`: an operator named this node. */
export type BirthPolicy =
  | { readonly kind: 'auto' }
  | { readonly kind: 'join' }
  | { readonly kind: 'expect'; readonly nodes: number }
  | { readonly kind: 'found' };

export type BirthDecision = { readonly kind: 'found' } | { readonly kind: 'wait'; readonly text: string };

/** What a node without a cluster sees. */
export interface Sight {
  readonly members: readonly MemberAdvice[];
  /** When the set of fresh members last changed. */
  readonly stableSinceMs: number;
  /** Since when it has belonged to no cluster. */
  readonly unbornSinceMs: number;
  /** There is an address where a peer may be that has not been met. */
  readonly awaitsStrangers: boolean;
}

/** What a node without a cluster does. */
export function decideBirth(
  policy: BirthPolicy,
  self: string,
  { members, stableSinceMs, unbornSinceMs, awaitsStrangers }: Sight,
  nowMs: number,
): BirthDecision {
  const wait = (text: string): BirthDecision => ({ kind: 'wait', text });
  const settled = members.find(member => member.clusterId !== '' && member.id !== self);
  if (settled) {
    return wait(
      settled.alive
        ? `waiting to be admitted to cluster ${settled.clusterId}, which ${settled.name} belongs to`
        : `waiting for ${settled.name}, the last known member of cluster ${settled.clusterId}`,
    );
  }
  if (policy.kind === 'found') return { kind: 'found' };
  if (policy.kind === 'join') return wait('waiting for a cluster in sight (bootstrap is "join")');
  const fresh = members.filter(member => member.alive).map(member => member.id);
  if (policy.kind === 'expect' && fresh.length < policy.nodes) {
    return wait(`waiting for ${policy.nodes} fresh nodes, ${fresh.length} in sight (bootstrap is "expect")`);
  }
  const alone = members.every(member => member.id === self);
  const patienceMs = alone && awaitsStrangers ? aloneMaxMs : 0;
  if (nowMs < Math.max(unbornSinceMs + patienceMs, stableSinceMs + discoveryWindowMs))
    return wait('looking for peers');
  const founder = [self, ...fresh].sort()[0] ?? self;
  if (founder === self) return { kind: 'found' };
  const name = members.find(member => member.id === founder)?.name ?? founder;
  return wait(`waiting for ${name}, which has the lowest id in sight, to found the cluster`);
}

export type MeetingDecision =
  | { readonly kind: 'none' }
  | { readonly kind: 'yield'; readonly to: string }
  /** An operator has recovered this very cluster from one of its nodes, under a new id. */
  | { readonly kind: 'superseded'; readonly other: MemberAdvice }
  | { readonly kind: 'two-clusters'; readonly other: MemberAdvice };

/**
 * What a member of a cluster does when it sees another cluster of the same key.
 * @param isIdle whether nothing was ever granted in the own cluster, and all others of it, if there are any, are in the other one by now
 * @param formerClusters those that the own cluster has taken the place of; their nodes come over by themselves
 */
export function decideMeeting(
  clusterId: string,
  isIdle: (besides: string) => boolean,
  members: readonly MemberAdvice[],
  formerClusters: readonly string[],
): MeetingDecision {
  const others = members.filter(
    member => member.alive && member.clusterId !== '' && member.clusterId !== clusterId,
  );
  const successor = others.find(({ formerClusters }) => formerClusters.includes(clusterId));
  if (successor) return { kind: 'superseded', other: successor };
  // In one order whoever looks, or two would give up for each other: several nodes before one, then the lower id. Two are believed once both
  // say that they are there: the second may have gone over to another meanwhile, and is on the list of each.
  const isLarge = (id: string) => {
    const own = members.filter(member => member.clusterId === id);
    return own.length > 1 || own.some(({ clusterSize }) => clusterSize > 2);
  };
  const goesBefore = (one: string, two: string) => (isLarge(one) === isLarge(two) ? one < two : isLarge(one));
  const [other] = others
    .filter(({ clusterId: each }) => !formerClusters.includes(each))
    .toSorted((a, b) => (goesBefore(a.clusterId, b.clusterId) ? -1 : 1));
  if (!other) return { kind: 'none' };
  if (!isIdle(other.clusterId)) return { kind: 'two-clusters', other };
  return goesBefore(other.clusterId, clusterId) ? { kind: 'yield', to: other.clusterId } : { kind: 'none' };
}
