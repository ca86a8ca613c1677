// Contents by hash, appended one behind the other to a few files (packs), so that many of them cost one sync. Which are
// needed, and that they are there after a crash, is the store's business.
import { join } from 'node:path';
import { packBytes, packPendingBytesMax, pieceBytes } from '../limits.ts';
import type { Disk } from './disk.ts';
import type { Place } from './manifest-file.ts';
import { sha256Of } from './pieces.ts';

/** A content that the store has on record is not there, or is another. */
export class DamageError extends Error {
  override readonly name = 'DamageError';
}

interface Span {
  readonly pack: number;
  readonly from: number;
  readonly content: Uint8Array;
}

export class Packs {
  readonly #disk: Disk;
  readonly #folder: string;
  readonly #places: Map<string, Place>;
  readonly #sizes = new Map<number, number>();
  readonly #unsynced = new Set<number>();
  /** What was read last, with what is behind it in the pack. */
  #span: Span = { pack: -1, from: 0, content: new Uint8Array() };
  #pending: Uint8Array[] = [];
  #pendingBytes = 0;
  /** The one that is appended to. What an earlier run has left behind its last sync is never built on. */
  #current: number;
  /** The current one is not in the folder for sure. */
  #fresh = true;

  constructor(disk: Disk, folder: string, places: ReadonlyMap<string, Place>, present: readonly number[]) {
    this.#disk = disk;
    this.#folder = folder;
    this.#places = new Map(places);
    this.#current = Math.max(0, ...present) + 1;
    for (const { pack, offset, bytes } of places.values())
      this.#sizes.set(pack, Math.max(this.#sizes.get(pack) ?? 0, offset + bytes));
  }

  get places(): ReadonlyMap<string, Place> {
    return this.#places;
  }

  /** Keeps a content whose hash has been verified. */
  async put(sha256: string, content: Uint8Array): Promise<void> {
    if (this.#places.has(sha256)) return;
    if ((this.#sizes.get(this.#current) ?? 0) >= packBytes) {
      await this.#flush();
      this.#current += 1;
      this.#fresh = true;
    }
    const offset = this.#sizes.get(this.#current) ?? 0;
    this.#pending.push(content);
    this.#pendingBytes += content.length;
    this.#places.set(sha256, { pack: this.#current, offset, bytes: content.length });
    this.#sizes.set(this.#current, offset + content.length);
    if (this.#pendingBytes >= packPendingBytesMax) await this.#flush();
  }

  /** All that was put is there after a crash. */
  async sync(): Promise<void> {
    await this.#flush();
    for (const pack of this.#unsynced) await this.#disk.sync(this.#path(pack));
    this.#unsynced.clear();
    if (this.#fresh) await this.#disk.sync(this.#folder);
    this.#fresh = false;
  }

  /** Brings contents of packs that are mostly waste, or left over from an earlier run and small, into the current one. @throws DamageError */
  async gather(needed: ReadonlySet<string>): Promise<void> {
    const live = new Map<number, number>();
    for (const sha256 of needed) {
      const { pack, bytes } = this.#placeOf(sha256);
      live.set(pack, (live.get(pack) ?? 0) + bytes);
    }
    const given = new Set<number>();
    for (const [pack, size] of this.#sizes) {
      const small = size < packBytes / 8;
      if (pack !== this.#current && live.has(pack) && (small || (live.get(pack) ?? 0) * 2 < size))
        given.add(pack);
    }
    if (given.size === 0) return;
    for (const sha256 of needed) {
      const place = this.#placeOf(sha256);
      if (!given.has(place.pack)) continue;
      const content = await this.read(sha256);
      this.#places.delete(sha256);
      await this.put(sha256, content);
    }
  }

  /** Forgets all contents but those needed, and removes the packs that hold none of them. */
  async discard(needed: ReadonlySet<string>): Promise<void> {
    for (const sha256 of this.#places.keys()) if (!needed.has(sha256)) this.#places.delete(sha256);
    const live = new Set([...this.#places.values()].map(({ pack }) => pack));
    for (const pack of this.#sizes.keys()) {
      if (live.has(pack) || pack === this.#current) continue;
      this.#sizes.delete(pack);
      await this.#disk.remove(this.#path(pack));
    }
  }

  /** A content that is `written`. Quick for one content after the other in the order in which they were put. @throws DamageError when it is not what it should be */
  async read(sha256: string): Promise<Uint8Array> {
    const { pack, offset, bytes } = this.#placeOf(sha256);
    let span = this.#span;
    if (pack !== span.pack || offset < span.from || offset + bytes > span.from + span.content.length) {
      const content = await this.#disk.readPart(this.#path(pack), offset, Math.max(bytes, pieceBytes));
      span = { pack, from: offset, content };
      this.#span = span;
    }
    const content = span.content.subarray(offset - span.from, offset - span.from + bytes);
    if (content.length === bytes && (await sha256Of(content)) === sha256) return content;
    throw new DamageError(`${this.#path(pack)} is damaged at byte ${offset}`);
  }

  /** Whether a content is in its pack already. */
  written(sha256: string): boolean {
    const place = this.#places.get(sha256);
    if (!place) return false;
    const end = place.offset + place.bytes;
    return place.pack !== this.#current || end <= (this.#sizes.get(place.pack) ?? 0) - this.#pendingBytes;
  }

  /** Reads everything once. @throws DamageError */
  async verify(): Promise<void> {
    const order = [...this.#places].sort(([, a], [, b]) => a.pack - b.pack || a.offset - b.offset);
    for (const [sha256] of order) await this.read(sha256);
  }

  async #flush(): Promise<void> {
    if (this.#pending.length === 0) return;
    const pieces = this.#pending;
    this.#pending = [];
    this.#unsynced.add(this.#current);
    await this.#disk.append(this.#path(this.#current), [Buffer.concat(pieces)]);
    this.#pendingBytes = 0;
  }

  #placeOf(sha256: string): Place {
    const place = this.#places.get(sha256);
    if (!place) throw new Error(`the content ${sha256} was not put`);
    return place;
  }

  #path(pack: number): string {
    return join(this.#folder, packName(pack));
  }
}

export function packName(pack: number): string {
  return `pack-${pack}`;
}

export function packNumber(name: string): number | undefined {
  const [, digits] = /^pack-(\d{1,15})$/.exec(name) ?? [];
  return digits === undefined ? undefined : Number(digits);
}
