// The log of one node in memory: where it begins, its entries, what of them must still be saved, and the configuration
// in force. What was compacted away is in a snapshot.
import type { Entry, Payload } from './command.ts';
import { appendBytesMax, entriesPerAppendMax } from './limits.ts';
import { type Configuration, emptyConfiguration } from './quorum.ts';

/** The last entry that a log no longer holds, and the configuration as of then. */
export interface LogBase {
  readonly index: number;
  readonly term: number;
  readonly configuration: Configuration;
}

export const noBase: LogBase = { index: 0, term: 0, configuration: emptyConfiguration };

const bytesKnown = new WeakMap<Payload, number>();

/** How much of a message a payload takes, about. */
export function bytesOf(payload: Payload): number {
  const known = bytesKnown.get(payload);
  if (known !== undefined) return known;
  const bytes = JSON.stringify(payload).length;
  bytesKnown.set(payload, bytes);
  return bytes;
}

export class RaftLog {
  #base: LogBase;
  #entries: Entry[];
  /** Indexes of configuration entries, ascending. */
  #configurations: number[] = [];
  #unsavedFrom: number;
  #truncatedFrom = 0;

  /** @param entries contiguous from behind `base`, as they are on disk */
  constructor(entries: readonly Entry[], base: LogBase) {
    this.#base = base;
    this.#entries = [...entries];
    this.#unsavedFrom = this.lastIndex() + 1;
    for (const entry of entries)
      if (entry.payload.kind === 'configuration') this.#configurations.push(entry.index);
  }

  get base(): LogBase {
    return this.#base;
  }

  lastIndex(): number {
    return this.#base.index + this.#entries.length;
  }

  /** Term of the entry at `index`; undefined before the base and beyond the last. */
  termAt(index: number): number | undefined {
    return index === this.#base.index ? this.#base.term : this.#at(index)?.term;
  }

  lastTerm(): number {
    return this.#entries.at(-1)?.term ?? this.#base.term;
  }

  /** Entries from `from` on, which must be behind the base. */
  slice(from: number, countMax: number): Entry[] {
    const start = from - 1 - this.#base.index;
    if (start < 0) throw new Error(`raft log: entry ${from} is compacted up to ${this.#base.index}`);
    return this.#entries.slice(start, start + countMax);
  }

  /** The same, as many as fit into one message; at least one when there is any. */
  batch(from: number): Entry[] {
    const entries = this.slice(from, entriesPerAppendMax);
    let bytes = 0;
    const fitting = entries.findIndex((entry, i) => {
      bytes += bytesOf(entry.payload);
      return i > 0 && bytes > appendBytesMax;
    });
    return fitting < 0 ? entries : entries.slice(0, fitting);
  }

  append(entry: Entry): void {
    if (entry.index !== this.lastIndex() + 1)
      throw new Error(`raft log: entry ${entry.index} after ${this.lastIndex()}`);
    this.#entries.push(entry);
    if (entry.payload.kind === 'configuration') this.#configurations.push(entry.index);
  }

  /** Drops the entries from `index` on. */
  truncate(index: number): void {
    this.#entries.length = index - 1 - this.#base.index;
    while ((this.#configurations.at(-1) ?? 0) >= index) this.#configurations.pop();
    // Only what is already on disk has to be cut there.
    if (index < this.#unsavedFrom) {
      this.#truncatedFrom = this.#truncatedFrom === 0 ? index : Math.min(this.#truncatedFrom, index);
      this.#unsavedFrom = index;
    }
  }

  /** Drops the entries up to `index`, which a snapshot holds. */
  compact(index: number): void {
    const term = this.termAt(index);
    if (term === undefined || index <= this.#base.index) return;
    const base = { index, term, configuration: this.configurationAt(index) };
    this.#entries = this.#entries.slice(index - this.#base.index);
    this.#configurations = this.#configurations.filter(each => each > index);
    this.#base = base;
  }

  /** Begins anew behind `base`: a snapshot of another has taken the place of all this log held. */
  restart(base: LogBase): void {
    const first = this.#base.index + 1;
    this.#base = base;
    this.#entries = [];
    this.#configurations = [];
    this.#truncatedFrom = first;
    this.#unsavedFrom = base.index + 1;
  }

  /** The latest configuration in the log, committed or not (Raft, section 6), and its index. */
  configuration(): { readonly index: number; readonly configuration: Configuration } {
    const index = this.#configurations.at(-1) ?? this.#base.index;
    return { index, configuration: this.#configurationIn(index) };
  }

  /** The latest configuration at or below `index`. */
  configurationAt(index: number): Configuration {
    return this.#configurationIn(this.#configurations.findLast(each => each <= index) ?? this.#base.index);
  }

  /** The first index of the run of entries that share the term of `index`: where a leader should look next. */
  firstIndexOfTermAt(index: number): number {
    const term = this.termAt(index);
    let first = index;
    while (first > this.#base.index + 1 && this.termAt(first - 1) === term) first -= 1;
    return first;
  }

  /** The last entry that was handed out to be saved. */
  savedIndex(): number {
    return this.#unsavedFrom - 1;
  }

  /** What has changed since the last call and must be saved; undefined when nothing has. */
  takeUnsaved(): { readonly truncateFrom: number; readonly entries: readonly Entry[] } | undefined {
    const entries = this.#entries.slice(this.#unsavedFrom - 1 - this.#base.index);
    const truncateFrom = this.#truncatedFrom;
    if (entries.length === 0 && truncateFrom === 0) return undefined;
    this.#unsavedFrom = this.lastIndex() + 1;
    this.#truncatedFrom = 0;
    return { truncateFrom, entries };
  }

  #at(index: number): Entry | undefined {
    return index > this.#base.index ? this.#entries[index - 1 - this.#base.index] : undefined;
  }

  #configurationIn(index: number): Configuration {
    const payload = this.#at(index)?.payload;
    return payload?.kind === 'configuration' ? payload.configuration : this.#base.configuration;
  }
}
