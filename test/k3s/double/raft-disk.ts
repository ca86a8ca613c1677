// The log of one member on its disk: one file of JSON lines, the first of which may be a state that stands for all before it.
// A line that a kill cut off is ignored, as it was never answered for.
import {
  closeSync,
  existsSync,
  mkdirSync,
  openSync,
  readFileSync,
  renameSync,
  writeFileSync,
  writeSync,
} from 'node:fs';
import { dirname } from 'node:path';
import type { Op, SavedState } from './state.ts';

export interface Entry {
  readonly index: number;
  readonly term: number;
  /** Null: the first entry of a leader. */
  readonly op: Op | null;
}

export interface Base {
  readonly index: number;
  readonly term: number;
  readonly state: SavedState;
}

export interface Vow {
  readonly term: number;
  readonly votedFor: string;
}

type Line =
  | { readonly base: Base; readonly memberId: string }
  | { readonly promise: Vow }
  | { readonly commit: number }
  | { readonly entry: Entry };

export class RaftDisk {
  readonly file: string;
  memberId = '';
  base: Base | undefined;
  promise: Vow = { term: 0, votedFor: '' };
  entries: Entry[] = [];
  /** How far it was known to be decided: a member must know its own place in the cluster when it starts alone. */
  commit = 0;
  #descriptor: number | undefined;

  /** Reads what is there; makes nothing. */
  constructor(file: string) {
    this.file = file;
    if (!existsSync(file)) return;
    for (const text of readFileSync(file, 'utf8').split('\n')) {
      let line: Line;
      try {
        line = JSON.parse(text) as Line;
      } catch {
        continue; // the last one, cut off
      }
      if ('base' in line) {
        this.base = line.base;
        this.memberId = line.memberId;
        this.entries = [];
      } else if ('promise' in line) this.promise = line.promise;
      else if ('commit' in line) this.commit = line.commit;
      else {
        // An entry of a later leader takes the place of what stood there and behind it.
        this.entries = this.entries.filter(entry => entry.index < line.entry.index);
        this.entries.push(line.entry);
      }
    }
  }

  savePromise(promise: Vow): void {
    this.promise = promise;
    this.#append({ promise });
  }

  saveCommit(commit: number): void {
    this.commit = commit;
    this.#append({ commit });
  }

  append(entries: readonly Entry[]): void {
    for (const entry of entries) this.#append({ entry });
  }

  /** Writes the whole file anew: a state, the promise, and the entries behind the state. */
  rewrite(memberId: string, base: Base, entries: readonly Entry[]): void {
    this.base = base;
    this.memberId = memberId;
    const lines: Line[] = [
      { base, memberId },
      { promise: this.promise },
      { commit: Math.max(this.commit, base.index) },
      ...entries.map(entry => ({ entry })),
    ];
    mkdirSync(dirname(this.file), { recursive: true, mode: 0o700 });
    writeFileSync(`${this.file}.tmp`, lines.map(line => `${JSON.stringify(line)}\n`).join(''), {
      mode: 0o600,
    });
    this.close();
    renameSync(`${this.file}.tmp`, this.file);
  }

  close(): void {
    if (this.#descriptor !== undefined) closeSync(this.#descriptor);
    this.#descriptor = undefined;
  }

  #append(line: Line): void {
    this.#descriptor ??= openSync(this.file, 'a', 0o600);
    writeSync(this.#descriptor, `${JSON.stringify(line)}\n`);
  }
}
