// A short number that two equal tables share, so that neighbours compare tables for a few bytes. Not cryptographic:
// peers are authenticated, and a collision only delays a repair until the next change.
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

/** Digest of a table, independent of the order of its records. An integer in [0, 2^52). */
export function digestOf(records: Iterable<MemberRecord>): number {
  let sum = 0;
  for (const { id, epoch, incarnation, state } of records) {
    const text = `${id}/${epoch}/${incarnation}/${state}`;
    const high = fnv1a(text, 0x811c9dc5) & 0xfffff;
    sum = (sum + high * 2 ** 32 + fnv1a(text, 0x050c5d1f)) % modulus;
  }
  return sum;
}
