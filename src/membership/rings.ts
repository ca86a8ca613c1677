// Who watches whom: every member has a place on each of K rings, by hash, and its neighbours are those before and after
// it. So each has at most 2K neighbours however many members there are, chosen alike by everyone (Rapid, section 4.1).
import { fullMeshMembersMax, ringsByMembers } from './limits.ts';

/** How many rings so many members need. */
export function ringsFor(members: number): number {
  return ringsByMembers.find(({ membersMax }) => members <= membersMax)?.rings ?? 1;
}

/** How many neighbours each of so many members has. */
export function neighboursFor(members: number): number {
  return members <= fullMeshMembersMax
    ? Math.max(0, members - 1)
    : Math.min(members - 1, 2 * ringsFor(members));
}

const modulus = 2 ** 32;

/** What of an id decides its places: ids are hashes, so 32 bits of it are as good as any. */
function seedOf(id: string): number {
  return Number.parseInt(id.slice(0, 8), 16) >>> 0;
}

/** Place of a seed on ring `ring`, in [0, 2^32): MurmurHash3's finaliser, which mixes every bit with every other. */
function placeOf(seed: number, ring: number): number {
  let hash = (seed ^ Math.imul(ring + 1, 0x9e3779b9)) >>> 0;
  hash = Math.imul(hash ^ (hash >>> 16), 0x85ebca6b);
  hash = Math.imul(hash ^ (hash >>> 13), 0xc2b2ae35);
  return (hash ^ (hash >>> 16)) >>> 0;
}

/** The members next to `id` on all rings of a set of members, `id` itself not among them. */
export class Neighbourhood {
  readonly #id: string;
  readonly #seeds = new Map<string, number>();
  readonly #ownSeed: number;
  readonly #places: number[] = [];
  #neighbours = new Set<string>();
  #rings = 0;
  #stale = true;

  constructor(id: string) {
    this.#id = id;
    this.#ownSeed = seedOf(id);
  }

  get size(): number {
    return this.#seeds.size;
  }

  has(id: string): boolean {
    return this.#seeds.has(id);
  }

  /** Other members, in no particular order. */
  members(): Iterable<string> {
    return this.#seeds.keys();
  }

  /** Adds or removes a member; true when the neighbours may have changed. */
  set(id: string, present: boolean): boolean {
    if (id === this.#id || this.#seeds.has(id) === present) return false;
    if (present) this.#seeds.set(id, seedOf(id));
    else this.#seeds.delete(id);
    const all = this.#seeds.size + 1;
    const matters =
      this.#stale ||
      all <= fullMeshMembersMax + 1 ||
      ringsFor(all) !== this.#rings ||
      (present ? this.#comesBetween(id) : this.#neighbours.has(id));
    if (matters) this.#stale = true;
    return matters;
  }

  neighbours(): ReadonlySet<string> {
    if (this.#stale) {
      this.#neighbours = nextTo(this.#id, this.#seeds);
      this.#rings = ringsFor(this.#seeds.size + 1);
      this.#stale = false;
      this.#measure();
    }
    return this.#neighbours;
  }

  /** Remembers, for each ring, how far the next member is on either side. */
  #measure(): void {
    this.#places.length = 0;
    for (let ring = 0; ring < this.#rings; ring++) {
      const own = placeOf(this.#ownSeed, ring);
      let [after, before] = [modulus, modulus];
      for (const id of this.#neighbours) {
        const distance = (placeOf(this.#seeds.get(id) ?? 0, ring) - own + modulus) % modulus;
        after = Math.min(after, distance);
        before = Math.min(before, modulus - distance);
      }
      this.#places.push(own, after, before);
    }
  }

  #comesBetween(id: string): boolean {
    const seed = seedOf(id);
    for (let ring = 0; ring < this.#rings; ring++) {
      const [own = 0, after = 0, before = 0] = this.#places.slice(3 * ring, 3 * ring + 3);
      const distance = (placeOf(seed, ring) - own + modulus) % modulus;
      if (distance <= after || modulus - distance <= before) return true;
    }
    return false;
  }
}

/** The members next to `id` on the rings of `members` (which may or may not hold `id`). */
export function neighboursOf(id: string, members: Iterable<string>): Set<string> {
  return nextTo(id, new Map([...members].map(each => [each, seedOf(each)])));
}

function nextTo(id: string, seeds: ReadonlyMap<string, number>): Set<string> {
  const all = seeds.size + (seeds.has(id) ? 0 : 1);
  const chosen = new Set<string>();
  if (all <= fullMeshMembersMax) {
    for (const other of seeds.keys()) if (other !== id) chosen.add(other);
    return chosen;
  }
  const ownSeed = seedOf(id);
  for (let ring = 0; ring < ringsFor(all); ring++) {
    const own = placeOf(ownSeed, ring);
    let [next, last] = ['', ''];
    let [nextDistance, lastDistance] = [modulus, -1];
    for (const [other, seed] of seeds) {
      if (other === id) continue;
      const distance = (placeOf(seed, ring) - own + modulus) % modulus;
      // Equal places are told apart by id, so that all members agree.
      if (distance < nextDistance || (distance === nextDistance && other < next))
        [next, nextDistance] = [other, distance];
      if (distance > lastDistance || (distance === lastDistance && other > last))
        [last, lastDistance] = [other, distance];
    }
    chosen.add(next);
    chosen.add(last);
  }
  return chosen;
}
