// A member's record: what its owner signed about itself, and who accuses it. Merging two records of one member is a
// join of a semilattice: commutative, associative, idempotent, whatever the order of arrival. Never looks at a clock.
import { accusationsMax } from './limits.ts';

/**
 * `alive` and `left` are the member's own word. `suspect` is an accusation of others; `dead` is this node's verdict
 * when the suspicion has outlived its time; `degraded` is a member that several others can hardly reach.
 */
export type MemberState = 'alive' | 'suspect' | 'degraded' | 'dead' | 'left';

/** Of no use to anybody any more, for all this node knows. */
export function isEnded(state: MemberState): boolean {
  return state === 'dead' || state === 'left';
}
/** Reachable, if only with losses. */
export function isReachable(state: MemberState): boolean {
  return state === 'alive' || state === 'degraded';
}

/** How one role of a service fares on the member, in its own words. */
export interface ServiceReport {
  readonly service: string;
  readonly role: string;
  readonly token: number;
  readonly state: 'starting' | 'ready' | 'draining' | 'drained' | 'failing' | 'released' | 'absent';
  readonly step: string;
  readonly reason: string;
  readonly detail: string;
  /** Of the service's key that is in use, which the log holds sealed: it tells two keys apart, and nothing of either. */
  readonly keyId?: string;
  /** Which version of the service's settings it goes by. */
  readonly settingsVersion?: number;
  /** What the node has found out that the leader may have to decide by, for programs: `ca=...`. */
  readonly evidence?: readonly string[];
}

/** What a member says of itself; it changes only with a higher incarnation. */
export interface MemberDescription {
  readonly name: string;
  /** HOST:PORT where its agent listens. Data, never the identity: it may change. */
  readonly address: string;
  /** Software version. */
  readonly version: string;
  /** The cluster it belongs to; empty while it belongs to none. */
  readonly clusterId: string;
  /** How many nodes that cluster has admitted, as far as the member knows; 0 without a cluster. */
  readonly clusterSize: number;
  /** What the machine is and could do: `slurm-worker`, `cores=8`. */
  readonly capabilities: readonly string[];
  /** The operator's own labels. */
  readonly tags: Readonly<Record<string, string>>;
  readonly services: readonly ServiceReport[];
  /** Ids of members that it can hardly reach, sorted. */
  readonly lossy: readonly string[];
  /** What its program knows of the cluster's decisions: those up to this level. */
  readonly level: number;
  /** What is wrong with the machine, by its own word: `disk-full`, `disk-slow`; sorted. */
  readonly troubles: readonly string[];
  /** Ids of clusters that its own was recovered from. */
  readonly formerClusters: readonly string[];
}

/** A description with what orders it among others of the same member. The owner signs it as one text. */
export interface Claim extends MemberDescription {
  /** Hash of the member's public key. */
  readonly id: string;
  /** Boot counter, durable before the first packet. */
  readonly epoch: number;
  /** Random for each boot: two machines that run with one identity differ in it. */
  readonly boot: string;
  /** Raised by the member itself for each change and each refutation; starts at 1 in each epoch. */
  readonly incarnation: number;
  readonly state: 'alive' | 'left';
}

/** A claim as it travels: the very bytes that were signed, so that an older node can pass on what it does not understand. */
export interface SignedClaim {
  /** JSON of a Claim. */
  readonly body: string;
  /** Base64 of the owner's raw Ed25519 key. */
  readonly publicKey: string;
  /** Base64. */
  readonly signature: string;
}

/**
 * What an observer knows of a member that somebody has accused, weakest first. `heard`: it vouches for it, having heard it
 * since. `stalled`: the process is silent, but the
 * machine's kernel accepts connections, or the path has been bad before. `silent`: nothing answers at
 * all. `gone`: the stream was reset or absent, and the machine refuses connections.
 */
export const evidences = ['heard', 'stalled', 'silent', 'gone'] as const;
export type Evidence = (typeof evidences)[number];

/** One observer's signed word on one incarnation of a member that is accused. */
export interface Accusation {
  readonly observer: string;
  readonly evidence: Evidence;
  readonly publicKey: string;
  readonly signature: string;
}

/** What travels about a member. */
export interface CarriedRecord {
  readonly signed: SignedClaim;
  readonly accusations: readonly Accusation[];
}

export interface MemberRecord extends Omit<Claim, 'state'>, CarriedRecord {
  readonly state: MemberState;
}

/** The text an observer signs to accuse the holder of `claim`. */
export function accusationText({ id, epoch, incarnation }: Claim | MemberRecord, evidence: Evidence): string {
  return `clusteros accusation v1 ${id} ${epoch} ${incarnation} ${evidence}`;
}

/**
 * Total order of two claims of one member: epoch, incarnation, leaving, then the signed text, so that even claims that
 * no honest member makes have one winner. Negative, zero or positive, as for sorting.
 */
export function compareClaims(a: OrderedClaim, b: OrderedClaim): number {
  if (a.epoch !== b.epoch) return a.epoch - b.epoch;
  if (a.incarnation !== b.incarnation) return a.incarnation - b.incarnation;
  const [left, right] = [a.state === 'left' ? 1 : 0, b.state === 'left' ? 1 : 0];
  if (left !== right) return left - right;
  const [mine, theirs] = [a.signed.body, b.signed.body];
  return mine < theirs ? -1 : mine > theirs ? 1 : 0;
}

export interface OrderedClaim {
  readonly epoch: number;
  readonly incarnation: number;
  readonly state: MemberState;
  readonly signed: SignedClaim;
}

/** The join of two records of one member: the newer claim, or for the same claim the accusations of both. Returns `a` itself when `b` adds nothing. */
export function mergeRecords(a: MemberRecord, b: MemberRecord): MemberRecord {
  const order = compareClaims(a, b);
  if (order !== 0) return order > 0 ? a : b;
  const accusations = joinAccusations(a.accusations, b.accusations);
  return accusations === a.accusations ? a : { ...a, state: accusedState(a.state, accusations), accusations };
}

/** Those whose word is against the member. */
export function accusersOf(accusations: readonly Accusation[]): string[] {
  return accusations.filter(({ evidence }) => evidence !== 'heard').map(({ observer }) => observer);
}

/** A member that more observers accuse than vouch for is a suspect; who is dead stays so while that is the case. */
export function accusedState(state: MemberState, accusations: readonly Accusation[]): MemberState {
  const accusers = accusersOf(accusations).length;
  if (state === 'left') return state;
  if (2 * accusers <= accusations.length) return 'alive';
  return state === 'dead' ? state : 'suspect';
}

/**
 * The strongest word of each observer of both lists, the `accusationsMax` strongest of them, sorted by observer.
 * Returns `a` itself when `b` adds nothing.
 */
export function joinAccusations(a: readonly Accusation[], b: readonly Accusation[]): readonly Accusation[] {
  const strongest = new Map(a.map(each => [each.observer, each]));
  for (const each of b) {
    const known = strongest.get(each.observer);
    if (!known || strength(each) > strength(known)) strongest.set(each.observer, each);
  }
  const kept = [...strongest.values()]
    .sort((x, y) => strength(y) - strength(x) || (x.observer < y.observer ? -1 : 1))
    .slice(0, accusationsMax)
    .sort((x, y) => (x.observer < y.observer ? -1 : 1));
  return kept.length === a.length && kept.every((each, i) => each === a[i]) ? a : kept;
}

export function strength({ evidence }: Accusation): number {
  return evidences.indexOf(evidence);
}
