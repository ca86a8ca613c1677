// What each neighbour has yet to be told, and the comparison of whole tables. One slot for each member and neighbour:
// a newer record takes the place of the older, so that no queue can grow. Decides nothing about members.

import { bucketOf } from './digest.ts';
import {
  digestBuckets,
  digestMissesMax,
  gossipWindowMs,
  recordBytesPerMessageMax,
  recordsPerMessageMax,
} from './limits.ts';
import type { CarriedRecord, MemberRecord } from './member.ts';
import type { MembershipMessage } from './messages.ts';
import type { Table } from './table.ts';

interface Listener {
  /** Ids whose records it has yet to be told. */
  readonly untold: Set<string>;
  /** Digests in a row that differed from this node's. */
  misses: number;
}

export class Gossip {
  readonly #table: Table;
  readonly #listeners = new Map<string, Listener>();
  #flushAtMs = Number.POSITIVE_INFINITY;

  constructor(table: Table) {
    this.#table = table;
  }

  get flushAtMs(): number {
    return this.#flushAtMs;
  }

  /** Begins to tell `id`. */
  add(id: string): void {
    this.#listeners.set(id, { untold: new Set(), misses: 0 });
  }
  remove(id: string): void {
    this.#listeners.delete(id);
  }

  /** A member's record has changed; whoever it came from knows it already. */
  news(id: string, from: string | undefined, nowMs: number): void {
    let anyone = false;
    for (const [neighbour, { untold }] of this.#listeners) {
      if (neighbour === from) continue;
      untold.add(id);
      anyone = true;
    }
    if (anyone) this.#flushAtMs = Math.min(this.#flushAtMs, nowMs + gossipWindowMs);
  }

  /** `neighbour` shall hear of `id` with the next message, even if it has before. */
  remind(neighbour: string, id: string): void {
    this.#listeners.get(neighbour)?.untold.add(id);
  }
  /** `neighbour` has said the same of `id` itself. */
  knows(neighbour: string, id: string): void {
    this.#listeners.get(neighbour)?.untold.delete(id);
  }

  /** The next records for a neighbour, as many as fit into one message. */
  take(neighbour: string): CarriedRecord[] {
    const taken: CarriedRecord[] = [];
    const untold = this.#listeners.get(neighbour)?.untold ?? new Set();
    let bytes = 0;
    for (const id of untold) {
      if (taken.length === recordsPerMessageMax || bytes > recordBytesPerMessageMax) break;
      untold.delete(id);
      const record = this.#table.get(id);
      if (!record) continue;
      taken.push(carried(record));
      bytes += record.signed.body.length;
    }
    return taken;
  }

  /** Messages for all neighbours that have something to hear. */
  flush(): { readonly to: string; readonly message: MembershipMessage }[] {
    this.#flushAtMs = Number.POSITIVE_INFINITY;
    const messages: { to: string; message: MembershipMessage }[] = [];
    for (const to of this.#listeners.keys()) {
      for (let records = this.take(to); records.length > 0; records = this.take(to))
        messages.push({ to, message: { kind: 'records', records, buckets: [] } });
    }
    return messages;
  }

  /** A neighbour's digest has come. True when the tables have differed for longer than news needs. */
  compare(neighbour: string, digest: number): boolean {
    const listener = this.#listeners.get(neighbour);
    if (!listener) return false;
    if (digest === this.#table.digest.total()) listener.misses = 0;
    else listener.misses += 1;
    if (listener.misses < digestMissesMax) return false;
    listener.misses = 0;
    return true;
  }

  /** This node's bucket digests. */
  buckets(): MembershipMessage {
    return { kind: 'buckets', digests: [...this.#table.digest.buckets] };
  }

  /** All this node knows in the buckets that differ from a neighbour's. */
  differing(digests: readonly number[]): MembershipMessage[] {
    const own = this.#table.digest.buckets;
    const buckets = own.flatMap((digest, bucket) => (digest === digests[bucket] ? [] : [bucket]));
    return this.#recordsIn(buckets, () => true, buckets);
  }

  /** What a neighbour that has sent all it knows in `buckets` still lacks. */
  lacking(buckets: readonly number[], sent: readonly CarriedRecord[]): MembershipMessage[] {
    const known = new Map(sent.map(({ signed, accusations }) => [signed.signature, accusations.length]));
    const lacks = (record: MemberRecord) =>
      (known.get(record.signed.signature) ?? -1) < record.accusations.length;
    return this.#recordsIn(
      buckets.filter(bucket => bucket < digestBuckets),
      lacks,
      [],
    );
  }

  /** One message for each group of buckets that fits into one, so that each is whole. */
  #recordsIn(
    buckets: readonly number[],
    wanted: (record: MemberRecord) => boolean,
    announced: readonly number[],
  ): MembershipMessage[] {
    const messages: MembershipMessage[] = [];
    const chosen = new Map<number, MemberRecord[]>(buckets.map(bucket => [bucket, []]));
    for (const record of this.#table.records())
      if (wanted(record)) chosen.get(bucketOf(record.id))?.push(record);
    let [records, whole]: [MemberRecord[], number[]] = [[], []];
    const send = () => {
      if (records.length > 0 || announced.length > 0)
        messages.push({
          kind: 'records',
          records: records.map(carried),
          buckets: whole.filter(bucket => announced.includes(bucket)),
        });
      [records, whole] = [[], []];
    };
    for (const [bucket, inBucket] of chosen) {
      if (records.length > 0 && records.length + inBucket.length > recordsPerMessageMax) send();
      records.push(...inBucket);
      whole.push(bucket);
    }
    if (whole.length > 0) send();
    return messages;
  }
}

function carried({ signed, accusations }: MemberRecord): CarriedRecord {
  return { signed, accusations };
}
