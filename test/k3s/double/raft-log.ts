// The log of one member: entries behind a state that stands for all before them, on its disk. Never decides anything.
import { entriesPerMessageMax } from './limits.ts';
import type { Base, Entry, RaftDisk } from './raft-disk.ts';

export class RaftLog {
  readonly #disk: RaftDisk;
  #base: { readonly index: number; readonly term: number };

  constructor(disk: RaftDisk) {
    this.#disk = disk;
    this.#base = { index: disk.base?.index ?? 0, term: disk.base?.term ?? 0 };
  }

  get baseIndex(): number {
    return this.#base.index;
  }
  get last(): { readonly index: number; readonly term: number } {
    return this.#disk.entries.at(-1) ?? this.#base;
  }
  /** Entries behind the base. */
  get length(): number {
    return this.#disk.entries.length;
  }

  at(index: number): Entry | undefined {
    return this.#disk.entries[index - this.#base.index - 1];
  }

  /** The term of an entry, or of the base; undefined where there is neither. */
  termAt(index: number): number | undefined {
    return index === this.#base.index ? this.#base.term : this.at(index)?.term;
  }

  /** As many entries from an index on as go into a message. */
  from(index: number): readonly Entry[] {
    const first = index - this.#base.index - 1;
    return this.#disk.entries.slice(first, first + entriesPerMessageMax);
  }

  /** Writes entries behind the last, or in place of those from the first of them on. */
  append(entries: readonly Entry[]): void {
    const first = entries[0]?.index;
    if (first === undefined) return;
    if (first <= this.last.index)
      this.#disk.entries = this.#disk.entries.filter(entry => entry.index < first);
    this.#disk.entries.push(...entries);
    this.#disk.append(entries);
  }

  /** Lets a state stand for all up to it. */
  compact(memberId: string, base: Base): void {
    this.#disk.entries = this.#disk.entries.filter(entry => entry.index > base.index);
    this.#disk.rewrite(memberId, base, this.#disk.entries);
    this.#base = { index: base.index, term: base.term };
  }

  /** Begins anew behind the state of another member. */
  replace(memberId: string, base: Base): void {
    this.#disk.entries = [];
    this.compact(memberId, base);
  }
}
