// Short numbers that equal tables share, so that neighbours compare tables for a few bytes. Kept up to date with each
// change, never computed anew. Not cryptographic: peers are authenticated, and a collision only delays a repair.
import { digestBuckets } from './limits.ts';
import type { MemberRecord } from './member.ts';

// FNV-1a, 32 bits, twice with different offsets; together they make one 52-bit number that a double holds exactly.
function fnv1a(text: string, offset: number): number {
  let hash = offset;
  for (let i = 0; i < text.length; i++) {
    hash ^= text.charCodeAt(i);
    hash = Math.imul(hash, 0x01000193);
  }
  return hash >>> 0;
}

const modulus = 2 ** 52;

/** What of a record must be equal everywhere; the verdict `dead` follows from it in time. */
function weightOf({ id, epoch, incarnation, boot, state, accusations }: MemberRecord): number {
  const accusers = accusations.map(({ observer, evidence }) => `${observer}${evidence}`).join();
  const text = `${id}/${epoch}/${incarnation}/${boot}/${state === 'left'}/${accusers}`;
  return (fnv1a(text, 0x811c9dc5) & 0xfffff) * 2 ** 32 + fnv1a(text, 0x050c5d1f);
}

/** The bucket a member belongs to. */
export function bucketOf(id: string): number {
  return Number.parseInt(id.slice(0, 4), 16) % digestBuckets;
}

export class TableDigest {
  readonly #buckets: number[] = Array.from({ length: digestBuckets }, () => 0);

  /** One number for each bucket, in [0, 2^52), independent of the order of changes. */
  get buckets(): readonly number[] {
    return this.#buckets;
  }

  /** One number for the whole table. */
  total(): number {
    return this.#buckets.reduce((sum, each) => (sum + each) % modulus, 0);
  }

  replace(before: MemberRecord | undefined, after: MemberRecord | undefined): void {
    // Each sum stays below 2^53, so that it is exact.
    if (before) this.#shift(before.id, modulus - weightOf(before));
    if (after) this.#shift(after.id, weightOf(after));
  }

  #shift(id: string, by: number): void {
    const bucket = bucketOf(id);
    this.#buckets[bucket] = ((this.#buckets[bucket] ?? 0) + by) % modulus;
  }
}
