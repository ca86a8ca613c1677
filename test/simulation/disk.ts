// The disks of a virtual machine: in-memory twins of the table store and the log store. A write is durable when its
// promise resolves; a crash before that keeps all of it or nothing, by chance, as one LevelDB batch would.

import type { LogDisk } from '../../src/agent/disk-watch.ts';
import type { Entry } from '../../src/election/command.ts';
import { type LogStore, LogStoreError } from '../../src/election/log-store.ts';
import type { Save } from '../../src/election/messages.ts';
import { nothingSaved, type Saved } from '../../src/election/replica.ts';
import { type SavedRecord, savedFrom, type TableStore } from '../../src/membership/table-store.ts';

interface Pending {
  readonly commit: () => void;
  readonly resolve: () => void;
  cancelled: boolean;
}

export class VirtualDisk {
  /** What a restart would find. */
  saved: Saved = nothingSaved;
  readonly table = new Map<string, SavedRecord>();
  /** Told after each durable change of the log. */
  onSaved: (before: Saved, after: Saved) => void = () => {};
  readonly #after: (delayMs: number, run: () => void) => void;
  readonly #random: () => number;
  #pending: Pending[] = [];
  /** Longest fsync; the shortest is a tenth of it. */
  fsyncMsMax = 3;
  /** Told when a write of the log begins. */
  onWrite: () => void = () => {};
  /** What the next writes of the log fail with; undefined while the disk is sound. */
  fault: string | undefined;
  /** True from the first write of the log on: then an empty log is a lost one. */
  #begun = false;
  /** What others have left of it; writes fail when there is nothing. */
  freeBytes = 1024 ** 3;

  constructor(after: (delayMs: number, run: () => void) => void, random: () => number) {
    this.#after = after;
    this.#random = random;
  }

  /** The power goes: what is under way lands whole or not at all, in order, and nobody hears of it. */
  crash(): void {
    let landing = true;
    for (const pending of this.#pending) {
      landing = landing && this.#random() < 0.5;
      if (landing) pending.commit();
      pending.cancelled = true;
    }
    this.#pending = [];
  }

  logStore(): LogStore {
    return {
      load: async () => {
        if (this.fault !== undefined || (this.#begun && this.saved === nothingSaved))
          throw new LogStoreError(`the log is damaged (${this.fault ?? 'its first record is gone'})`);
        return this.saved;
      },
      save: async save => {
        const fault = this.fault ?? (this.freeBytes <= 0 ? 'no space left' : undefined);
        if (fault !== undefined) throw new LogStoreError(`the log could not be written (${fault})`);
        this.onWrite();
        await this.#write(() => {
          this.#begun = true;
          this.#replace(afterSave(this.saved, save));
        });
      },
      clear: () =>
        this.#write(() => {
          this.#begun = false;
          this.#replace(nothingSaved);
        }),
      close: async () => {},
    };
  }

  /** Another disk with the same content, as an image is copied. */
  copyTo(other: VirtualDisk): void {
    other.saved = this.saved;
    other.#begun = this.#begun;
    other.table.clear();
    for (const [id, record] of this.table) other.table.set(id, record);
  }

  /** The log is gone; by accident the marker beside it stays, by hand it may go too. */
  loseLog(marker: 'stays' | 'goes'): void {
    this.saved = nothingSaved;
    this.#begun = marker === 'stays';
  }

  logDisk(): LogDisk {
    return {
      freeBytes: async () => this.freeBytes,
      reserve: async () => {},
      release: async () => {},
    };
  }

  tableStore(): TableStore {
    return {
      load: async () => [...this.table.values()],
      save: (records, forgotten) =>
        this.#write(() => {
          for (const record of records) this.table.set(record.id, savedFrom(record));
          for (const id of forgotten) this.table.delete(id);
        }),
      close: async () => {},
    };
  }

  #replace(after: Saved): void {
    const before = this.saved;
    this.saved = after;
    this.onSaved(before, after);
  }

  #write(commit: () => void): Promise<void> {
    return new Promise(resolve => {
      const pending: Pending = { commit, resolve, cancelled: false };
      this.#pending.push(pending);
      this.#after(this.fsyncMsMax * (0.1 + 0.9 * this.#random()), () => {
        if (pending.cancelled) return;
        this.#pending = this.#pending.filter(each => each !== pending);
        pending.commit();
        resolve();
      });
    });
  }
}

export function afterSave(before: Saved, save: Save): Saved {
  const { clusterId, term, votedFor, commitIndex, truncateFrom, compaction } = save;
  const kept = truncateFrom > 0 ? before.entries.filter(({ index }) => index < truncateFrom) : before.entries;
  const base = compaction?.base ?? before.base;
  const entries: Entry[] = [...kept.filter(({ index }) => index > base.index), ...save.entries];
  return {
    clusterId,
    term,
    votedFor,
    commitIndex,
    snapshot: compaction?.snapshot ?? before.snapshot,
    base,
    entries,
  };
}
