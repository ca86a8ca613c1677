// One node's copy of the log, and how much of it is decided: what a follower takes and what it refuses, snapshots, and what
// must be saved. Knows nothing of terms but those of the entries, and nothing of who leads.
import type { Entry } from './command.ts';
import { trailingEntries } from './limits.ts';
import type { ElectionMessage, Save } from './messages.ts';
import type { Configuration } from './quorum.ts';
import { type LogBase, noBase, RaftLog } from './raft-log.ts';
import type { Snapshot } from './snapshot.ts';

/** What a node finds on its disk: everything it may have promised. */
export interface Saved {
  readonly clusterId: string;
  readonly term: number;
  readonly votedFor: string;
  readonly commitIndex: number;
  /** The last snapshot; it holds at least what lies before `base`. */
  readonly snapshot: Snapshot | undefined;
  readonly base: LogBase;
  /** Contiguous from behind `base`. */
  readonly entries: readonly Entry[];
}

export const nothingSaved: Saved = {
  ...{ clusterId: '', term: 0, votedFor: '', commitIndex: 0, snapshot: undefined, base: noBase, entries: [] },
};

/** How an append ended: up to where the logs are equal now, or where the leader should try next. */
export type AppendOutcome = { readonly matchIndex: number } | { readonly conflictIndex: number };

type AppendRequest = Extract<ElectionMessage, { kind: 'append-request' }>;

export class Replica {
  readonly log: RaftLog;
  #commitIndex: number;
  #handedOver: number;
  #snapshot: Snapshot | undefined;
  #compacted = false;

  constructor({ entries, base, snapshot, commitIndex }: Saved) {
    this.log = new RaftLog(entries, base);
    this.#snapshot = snapshot;
    this.#handedOver = snapshot?.index ?? 0;
    this.#commitIndex = Math.max(this.#handedOver, Math.min(commitIndex, this.log.lastIndex()));
  }

  get commitIndex(): number {
    return this.#commitIndex;
  }
  /** Up to where the state machine has been given entries. */
  get handedOver(): number {
    return this.#handedOver;
  }
  /** The last snapshot of what was decided. */
  get snapshot(): Snapshot | undefined {
    return this.#snapshot;
  }

  /** All up to `index` is decided. */
  commit(index: number): void {
    this.#commitIndex = Math.max(this.#commitIndex, index);
  }

  /** Takes a leader's entries where they follow on what this log holds. */
  accept({ prevLogIndex, prevLogTerm, entries, commitIndex }: AppendRequest): AppendOutcome {
    const { base } = this.log;
    const matchIndex = prevLogIndex + entries.length;
    const termThere = prevLogIndex < base.index ? prevLogTerm : this.log.termAt(prevLogIndex);
    if (termThere !== prevLogTerm) {
      return {
        conflictIndex:
          termThere === undefined ? this.log.lastIndex() + 1 : this.log.firstIndexOfTermAt(prevLogIndex),
      };
    }
    // What lies before the base is decided, and so the same everywhere.
    this.#take(entries.filter(({ index }) => index > base.index));
    this.commit(Math.min(commitIndex, matchIndex));
    return { matchIndex: Math.max(matchIndex, Math.min(base.index, this.#commitIndex)) };
  }

  /**
   * Takes entries that a neighbour knows to be decided. What is decided never changes, so whatever stands against it
   * here is not. False when they do not follow on what this log holds.
   */
  adopt(prevLogIndex: number, prevLogTerm: number, entries: readonly Entry[]): boolean {
    if (this.log.termAt(prevLogIndex) !== prevLogTerm) return false;
    this.#take(entries);
    this.commit(prevLogIndex + entries.length);
    return true;
  }

  /** Decided entries from `nextIndex` on, for a neighbour that follows; undefined when this node has none to give. */
  decided(
    nextIndex: number,
  ):
    | { readonly prevLogIndex: number; readonly prevLogTerm: number; readonly entries: readonly Entry[] }
    | undefined {
    if (nextIndex <= this.log.base.index || nextIndex > this.#commitIndex) return undefined;
    const prevLogIndex = nextIndex - 1;
    const entries = this.log.batch(nextIndex).filter(({ index }) => index <= this.#commitIndex);
    return { prevLogIndex, prevLogTerm: this.log.termAt(prevLogIndex) ?? 0, entries };
  }

  /** Keeps `text` as the snapshot of all that was handed over, and lets go of entries that nobody should need any more. */
  compact(text: string): void {
    const index = this.#handedOver;
    const term = this.log.termAt(index);
    if (term === undefined) throw new Error(`raft: no entry ${index} to make a snapshot of`);
    this.#snapshot = { index, term, text };
    this.log.compact(index - trailingEntries);
    this.#compacted = true;
  }

  /**
   * Takes another's snapshot in place of what this node lacks. Entries behind it stay where the log holds its last entry.
   * False when it brings nothing new.
   */
  install(snapshot: Snapshot, configuration: Configuration): boolean {
    if (snapshot.index <= this.#commitIndex) return false;
    const { index, term } = snapshot;
    if (this.log.termAt(index) === term) this.log.compact(index);
    else this.log.restart({ index, term, configuration });
    this.#snapshot = snapshot;
    this.#commitIndex = index;
    this.#handedOver = index;
    this.#compacted = true;
    return true;
  }

  /** What has changed since the last call and must be saved; undefined when nothing has. */
  takeChanges(): Pick<Save, 'truncateFrom' | 'entries' | 'compaction'> | undefined {
    const unsaved = this.log.takeUnsaved();
    const compacted = this.#compacted;
    this.#compacted = false;
    if (!unsaved && !compacted) return undefined;
    const { truncateFrom = 0, entries = [] } = unsaved ?? {};
    const snapshot = compacted ? this.#snapshot : undefined;
    return { truncateFrom, entries, ...(snapshot ? { compaction: { snapshot, base: this.log.base } } : {}) };
  }

  /** What was decided since the last call, in order. */
  takeDecided(): readonly Entry[] {
    const decided = this.log.slice(this.#handedOver + 1, this.#commitIndex - this.#handedOver);
    this.#handedOver = this.#commitIndex;
    return decided;
  }

  /** Entries that follow on one that is known to be equal; what contradicts them here goes. */
  #take(entries: readonly Entry[]): void {
    for (const entry of entries) {
      const term = this.log.termAt(entry.index);
      if (term === entry.term) continue;
      if (term !== undefined) {
        if (entry.index <= this.#commitIndex)
          throw new Error(`raft: committed entry ${entry.index} is contradicted`);
        this.log.truncate(entry.index);
      }
      this.log.append(entry);
    }
  }
}
