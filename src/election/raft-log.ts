// The log of one node in memory: entries, what of them must still be saved, and the configuration in force.
import type { Entry } from './command.ts';
import { type Configuration, emptyConfiguration } from './quorum.ts';

export class RaftLog {
  readonly #entries: Entry[];
  /** Indexes of configuration entries, ascending. */
  readonly #configurations: number[] = [];
  #unsavedFrom: number;
  #truncatedFrom = 0;

  /** @param entries contiguous from index 1, as they are on disk */
  constructor(entries: readonly Entry[]) {
    this.#entries = [...entries];
    this.#unsavedFrom = entries.length + 1;
    for (const entry of entries)
      if (entry.payload.kind === 'configuration') this.#configurations.push(entry.index);
  }

  lastIndex(): number {
    return this.#entries.length;
  }

  /** Term of the entry at `index`; 0 before the first entry, undefined beyond the last. */
  termAt(index: number): number | undefined {
    return index === 0 ? 0 : this.#entries[index - 1]?.term;
  }

  lastTerm(): number {
    return this.#entries.at(-1)?.term ?? 0;
  }

  slice(from: number, countMax: number): Entry[] {
    return this.#entries.slice(from - 1, from - 1 + countMax);
  }

  append(entry: Entry): void {
    if (entry.index !== this.lastIndex() + 1)
      throw new Error(`raft log: entry ${entry.index} after ${this.lastIndex()}`);
    this.#entries.push(entry);
    if (entry.payload.kind === 'configuration') this.#configurations.push(entry.index);
  }

  /** Drops the entries from `index` on. */
  truncate(index: number): void {
    this.#entries.length = index - 1;
    while ((this.#configurations.at(-1) ?? 0) >= index) this.#configurations.pop();
    // Only what is already on disk has to be cut there.
    if (index < this.#unsavedFrom) {
      this.#truncatedFrom = this.#truncatedFrom === 0 ? index : Math.min(this.#truncatedFrom, index);
      this.#unsavedFrom = index;
    }
  }

  /** The latest configuration in the log, committed or not (Raft, section 6), and its index. */
  configuration(): { readonly index: number; readonly configuration: Configuration } {
    const index = this.#configurations.at(-1) ?? 0;
    const payload = this.#entries[index - 1]?.payload;
    return {
      index,
      configuration: payload?.kind === 'configuration' ? payload.configuration : emptyConfiguration,
    };
  }

  /** The latest configuration at or below `index`. */
  configurationAt(index: number): Configuration {
    const at = this.#configurations.findLast(each => each <= index) ?? 0;
    const payload = this.#entries[at - 1]?.payload;
    return payload?.kind === 'configuration' ? payload.configuration : emptyConfiguration;
  }

  /** The first index of the run of entries that share the term of `index`: where a leader should look next. */
  firstIndexOfTermAt(index: number): number {
    const term = this.termAt(index);
    let first = index;
    while (first > 1 && this.termAt(first - 1) === term) first -= 1;
    return first;
  }

  /** What has changed since the last call and must be saved; undefined when nothing has. */
  takeUnsaved(): { readonly truncateFrom: number; readonly entries: readonly Entry[] } | undefined {
    const entries = this.#entries.slice(this.#unsavedFrom - 1);
    const truncateFrom = this.#truncatedFrom;
    if (entries.length === 0 && truncateFrom === 0) return undefined;
    this.#unsavedFrom = this.lastIndex() + 1;
    this.#truncatedFrom = 0;
    return { truncateFrom, entries };
  }
}
