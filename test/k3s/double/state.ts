// What the members of the double's etcd agree on: keys with values, and who the members are. Pure: applied entry by entry, so
// that every member has the same. Errors are etcd's.
import { randomBytes } from 'node:crypto';
import { learnersMax } from './limits.ts';

export interface Member {
  /** An unsigned 64-bit number in decimal, as etcd's JSON gateway writes it. */
  readonly id: string;
  /** Empty until it has started. */
  readonly name: string;
  readonly peerUrl: string;
  readonly clientUrl: string;
  readonly isLearner: boolean;
}

export interface Value {
  readonly value: unknown;
  /** The index of the entry that made the key, and of that which wrote it last. */
  readonly created: number;
  readonly modified: number;
}

export type Op =
  | { readonly kind: 'put'; readonly key: string; readonly value: unknown; readonly expect?: number }
  | { readonly kind: 'delete'; readonly key: string; readonly expect?: number }
  | {
      readonly kind: 'member-add';
      readonly id: string;
      readonly peerUrl: string;
      readonly isLearner: boolean;
    }
  | { readonly kind: 'member-promote'; readonly id: string }
  | { readonly kind: 'member-remove'; readonly id: string }
  | {
      readonly kind: 'member-publish';
      readonly id: string;
      readonly name: string;
      readonly clientUrl: string;
    }
  | { readonly kind: 'member-update'; readonly id: string; readonly peerUrl: string };

/** `expect: 0` wants the key absent, another number wants it unchanged since then. */
export type Outcome =
  | { readonly ok: true; readonly index: number; readonly before?: Value }
  | { readonly ok: false; readonly error: string };

/** The answer to a put or delete whose `expect` did not hold. */
export const compareFailed = 'compare failed';

export interface Change {
  readonly key: string;
  readonly before?: Value;
  readonly after?: Value;
  readonly index: number;
}

export interface SavedState {
  readonly clusterId: string;
  readonly members: readonly Member[];
  readonly removed: readonly string[];
  readonly values: readonly (readonly [string, Value])[];
}

export class State {
  clusterId: string;
  readonly members = new Map<string, Member>();
  /** Members that were there: etcd never takes an id back. */
  readonly removed = new Set<string>();
  readonly values = new Map<string, Value>();
  #listener: (change: Change) => void = () => {};

  constructor(saved: SavedState = { clusterId: '', members: [], removed: [], values: [] }) {
    this.clusterId = saved.clusterId;
    this.#fill(saved);
  }

  onChange(listener: (change: Change) => void): void {
    this.#listener = listener;
  }

  save(): SavedState {
    return {
      clusterId: this.clusterId,
      members: [...this.members.values()],
      removed: [...this.removed],
      values: [...this.values],
    };
  }

  /** Takes the state of another member in place of the own; tells each difference. */
  replace(saved: SavedState, index: number): void {
    const before = new Map(this.values);
    this.members.clear();
    this.removed.clear();
    this.values.clear();
    this.clusterId = saved.clusterId;
    this.#fill(saved);
    for (const key of new Set([...before.keys(), ...this.values.keys()])) {
      const [was, is] = [before.get(key), this.values.get(key)];
      if (was?.modified !== is?.modified) this.#tell(key, was, is, index);
    }
  }

  apply(op: Op, index: number): Outcome {
    switch (op.kind) {
      case 'put': {
        const before = this.values.get(op.key);
        if (op.expect !== undefined && (before?.modified ?? 0) !== op.expect)
          return { ok: false, error: compareFailed };
        const after = { value: op.value, created: before?.created ?? index, modified: index };
        this.values.set(op.key, after);
        this.#tell(op.key, before, after, index);
        return { ok: true, index, ...(before === undefined ? {} : { before }) };
      }
      case 'delete': {
        const before = this.values.get(op.key);
        if (before === undefined || (op.expect !== undefined && before.modified !== op.expect))
          return { ok: false, error: compareFailed };
        this.values.delete(op.key);
        this.#tell(op.key, before, undefined, index);
        return { ok: true, index, before };
      }
      case 'member-add':
        return this.#addMember(op, index);
      case 'member-promote': {
        const member = this.members.get(op.id);
        if (member === undefined) return { ok: false, error: 'etcdserver: member not found' };
        if (!member.isLearner) return { ok: false, error: 'etcdserver: can only promote a learner member' };
        this.members.set(op.id, { ...member, isLearner: false });
        return { ok: true, index };
      }
      case 'member-remove': {
        if (!this.members.delete(op.id)) return { ok: false, error: 'etcdserver: member not found' };
        this.removed.add(op.id);
        return { ok: true, index };
      }
      case 'member-publish':
      case 'member-update': {
        const member = this.members.get(op.id);
        if (member === undefined) return { ok: false, error: 'etcdserver: member not found' };
        const { kind: _, ...news } = op;
        this.members.set(op.id, { ...member, ...news });
        return { ok: true, index };
      }
    }
  }

  get voters(): readonly Member[] {
    return [...this.members.values()].filter(member => !member.isLearner);
  }

  #addMember(op: Extract<Op, { kind: 'member-add' }>, index: number): Outcome {
    const members = [...this.members.values()];
    if (this.members.has(op.id) || this.removed.has(op.id))
      return { ok: false, error: 'etcdserver: member ID already exist' };
    if (members.some(member => member.peerUrl === op.peerUrl))
      return { ok: false, error: 'etcdserver: Peer URLs already exists' };
    if (op.isLearner && members.filter(member => member.isLearner).length >= learnersMax)
      return { ok: false, error: 'etcdserver: too many learner members in cluster' };
    const { id, peerUrl, isLearner } = op;
    this.members.set(id, { id, name: '', peerUrl, clientUrl: '', isLearner });
    return { ok: true, index };
  }

  #fill(saved: SavedState): void {
    for (const member of saved.members) this.members.set(member.id, member);
    for (const id of saved.removed) this.removed.add(id);
    for (const [key, value] of saved.values) this.values.set(key, value);
  }

  #tell(key: string, before: Value | undefined, after: Value | undefined, index: number): void {
    this.#listener({
      key,
      index,
      ...(before === undefined ? {} : { before }),
      ...(after === undefined ? {} : { after }),
    });
  }
}

/** An id as etcd draws one. */
export function newId(): string {
  return BigInt(`0x${randomBytes(8).toString('hex')}`).toString();
}

/** The state of a cluster of one. */
export function soleState(member: Omit<Member, 'isLearner'>, before?: SavedState): SavedState {
  return {
    clusterId: before?.clusterId || newId(),
    members: [{ ...member, isLearner: false }],
    removed: [
      ...(before?.removed ?? []),
      ...(before?.members ?? []).map(each => each.id).filter(id => id !== member.id),
    ],
    values: before?.values ?? [],
  };
}
