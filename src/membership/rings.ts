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

/** Place of an id on ring `ring`, in [0, 2^32). Ids are hashes themselves; this only mixes the ring in (FNV-1a). */
function placeOf(id: string, ring: number): number {
  let hash = 0x811c9dc5 ^ (ring + 1);
  for (let i = 0; i < id.length; i++) hash = Math.imul(hash ^ id.charCodeAt(i), 0x01000193);
  hash ^= hash >>> 15;
  return Math.imul(hash, 0x2c1b3c6d) >>> 0;
}

/** The members next to `id` on all rings of a set of members, `id` itself not among them. */
export class Neighbourhood {
  readonly #id: string;
  readonly #members = new Set<string>();
  readonly #places: number[] = [];
  #neighbours = new Set<string>();
  #rings = 0;
  #stale = true;

  constructor(id: string) {
    this.#id = id;
  }

  get size(): number {
    return this.#members.size;
  }

  has(id: string): boolean {
    return this.#members.has(id);
  }

  /** Other members, in no particular order. */
  members(): ReadonlySet<string> {
    return this.#members;
  }

  /** Adds or removes a member; true when the neighbours may have changed. */
  set(id: string, present: boolean): boolean {
    if (id === this.#id || this.#members.has(id) === present) return false;
    if (present) this.#members.add(id);
    else this.#members.delete(id);
    const all = this.#members.size + 1;
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
      this.#neighbours = neighboursOf(this.#id, this.#members);
      this.#rings = ringsFor(this.#members.size + 1);
      this.#stale = false;
      this.#measure();
    }
    return this.#neighbours;
  }

  /** Remembers, for each ring, how far the next member is on either side. */
  #measure(): void {
    this.#places.length = 0;
    for (let ring = 0; ring < this.#rings; ring++) {
      const own = placeOf(this.#id, ring);
      let [after, before] = [modulus, modulus];
      for (const id of this.#neighbours) {
        const distance = (placeOf(id, ring) - own + modulus) % modulus;
        after = Math.min(after, distance);
        before = Math.min(before, modulus - distance);
      }
      this.#places.push(own, after, before);
    }
  }

  #comesBetween(id: string): boolean {
    for (let ring = 0; ring < this.#rings; ring++) {
      const [own = 0, after = 0, before = 0] = this.#places.slice(3 * ring, 3 * ring + 3);
      const distance = (placeOf(id, ring) - own + modulus) % modulus;
      if (distance <= after || modulus - distance <= before) return true;
    }
    return false;
  }
}

/** The members next to `id` on the rings of `members` (which may or may not hold `id`). */
export function neighboursOf(id: string, members: ReadonlySet<string>): Set<string> {
  const others = [...members].filter(each => each !== id);
  const all = others.length + 1;
  if (all <= fullMeshMembersMax) return new Set(others);
  const chosen = new Set<string>();
  for (let ring = 0; ring < ringsFor(all); ring++) {
    const own = placeOf(id, ring);
    let [next, last] = ['', ''];
    let [nextDistance, lastDistance] = [modulus, -1];
    for (const other of others) {
      const distance = (placeOf(other, ring) - own + modulus) % modulus;
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
