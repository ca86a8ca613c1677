// A member's record and the order of records. Merging is a join of a semilattice: commutative, associative,
// idempotent, whatever the order in which records arrive. Never looks at a clock.

export type MemberState = 'alive' | 'suspect' | 'dead' | 'left';

/** How one role of a service fares on the member, in its own words. */
export interface ServiceReport {
  readonly service: string;
  readonly role: string;
  readonly token: number;
  readonly state: 'starting' | 'ready' | 'failing';
  readonly step: string;
  readonly reason: string;
  readonly detail: string;
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
  readonly capabilities: readonly string[];
  readonly services: readonly ServiceReport[];
}

export interface MemberRecord extends MemberDescription {
  /** Hash of the member's public key. */
  readonly id: string;
  /** Boot counter, durable before the first packet. */
  readonly epoch: number;
  /** Raised by the member itself for each change and each refutation; starts at 1 in each epoch. */
  readonly incarnation: number;
  readonly state: MemberState;
  /** Ids of the observers that suspect this incarnation, sorted. */
  readonly accusers: readonly string[];
}

// Within one incarnation the worse news wins; only the member itself can better it, by a higher incarnation
// (SWIM section 4.2). A leave is the member's own word and outranks what others think.
const rank: Readonly<Record<MemberState, number>> = { alive: 0, suspect: 1, dead: 2, left: 3 };

function contentOf(record: MemberRecord): string {
  const { name, address, version, clusterId, clusterSize, capabilities, services } = record;
  return JSON.stringify([name, address, version, clusterId, clusterSize, capabilities, services]);
}

/**
 * Total order of two records of one member, accusers aside: epoch, incarnation, state, then content, so that even
 * records that no honest member makes have one winner. Negative, zero or positive, as for sorting.
 */
export function compareRecords(a: MemberRecord, b: MemberRecord): number {
  if (a.epoch !== b.epoch) return a.epoch - b.epoch;
  if (a.incarnation !== b.incarnation) return a.incarnation - b.incarnation;
  if (a.state !== b.state) return rank[a.state] - rank[b.state];
  const [left, right] = [contentOf(a), contentOf(b)];
  return left < right ? -1 : left > right ? 1 : 0;
}

/** The join of two records of one member: the newer, or at a tie the union of their accusers. Returns `a` itself when `b` adds nothing. */
export function mergeRecords(a: MemberRecord, b: MemberRecord): MemberRecord {
  const order = compareRecords(a, b);
  if (order !== 0) return order > 0 ? a : b;
  if (b.accusers.every(id => a.accusers.includes(id))) return a;
  return { ...a, accusers: [...new Set([...a.accusers, ...b.accusers])].sort() };
}

/** The record after `observer` accused it: suspect, with the observer among the accusers. Dead and left stay as they are. */
export function accusedBy(record: MemberRecord, observer: string): MemberRecord {
  if (record.state === 'dead' || record.state === 'left') return record;
  if (record.state === 'suspect' && record.accusers.includes(observer)) return record;
  return { ...record, state: 'suspect', accusers: [...new Set([...record.accusers, observer])].sort() };
}
