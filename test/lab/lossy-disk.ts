// A disk that keeps only what was synced: the shim of fixtures/lossy-disk.c notes what an agent made durable, and `losePower`
// takes away the rest once that agent was killed. The shim's first lines say what it stands for and what it does not model.
import {
  existsSync,
  linkSync,
  lstatSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  truncateSync,
} from 'node:fs';
import { join } from 'node:path';

/** The environment of a program whose writes below `folder` are watched; both folders as the program names them. */
export function lossyDiskEnvironment(
  shim: string,
  folder: string,
  journal: string,
  { lies = false }: { readonly lies?: boolean } = {},
): Record<string, string> {
  return {
    LD_PRELOAD: shim,
    LOSSY_DISK_FOLDER: folder,
    LOSSY_DISK_JOURNAL: journal,
    ...(lies ? { LOSSY_DISK_LIES: '1' } : {}),
  };
}

export interface LossyDiskOptions {
  /** What the shim watches, as the program and as this process name it. */
  readonly folder: string;
  readonly outside: string;
  /** Where the shim writes its journal, as this process names it. */
  readonly journal: string;
}

/** What was lost with the power, for people and for tests that want something to be lost. */
export interface Lost {
  readonly bytes: number;
  /** Files made, renamed or removed that are as before. */
  readonly names: number;
  /** Times that something was made durable. */
  readonly syncs: number;
}

/** How much is lost of what was not synced. */
export interface Loss {
  /** How many of so many last changes of names. */
  readonly names: (changes: number) => number;
  /** How many of the so many bytes of one file. */
  readonly bytes: (unsynced: number) => number;
}

export const everything: Loss = { names: changes => changes, bytes: unsynced => unsynced };
/** The names are there, and nothing is in the files. */
export const bytesOnly: Loss = { names: () => 0, bytes: unsynced => unsynced };

/** Any number of names; of each file all, or by an even chance any part. */
export function byChance(random: () => number): Loss {
  const upTo = (most: number) => Math.floor(random() * (most + 1));
  return { names: upTo, bytes: unsynced => (random() < 0.5 ? unsynced : upTo(unsynced)) };
}

interface NameChange {
  readonly act: 'make' | 'rename' | 'remove';
  readonly path: string;
  readonly to: string;
  readonly grave: string;
}

export class LossyDisk {
  readonly #options: LossyDiskOptions;
  /** Durable length of each file, by its inode number. */
  readonly #durable = new Map<number, number>();

  constructor(options: LossyDiskOptions) {
    this.#options = options;
    mkdirSync(options.outside, { recursive: true });
    mkdirSync(options.journal, { recursive: true });
    this.settle();
  }

  /** All that is in the folder now is durable: a program is about to be started. */
  settle(): void {
    const { outside, journal } = this.#options;
    rmSync(journal, { recursive: true });
    mkdirSync(journal);
    this.#durable.clear();
    for (const file of filesIn(outside)) this.#durable.set(lstatSync(file).ino, lstatSync(file).size);
  }

  /** Takes away what was not synced when the program was killed; then all that is left is durable. */
  losePower({ names, bytes }: Loss): Lost {
    const { pending, syncs } = this.#readJournal();
    const undone = names(pending.length);
    for (const change of pending.slice(pending.length - undone).reverse()) this.#undo(change);
    let gone = 0;
    for (const file of filesIn(this.#options.outside)) {
      const { ino, size } = lstatSync(file);
      const unsynced = Math.max(0, size - (this.#durable.get(ino) ?? 0));
      const lost = unsynced === 0 ? 0 : bytes(unsynced);
      if (lost > 0) truncateSync(file, size - lost);
      gone += lost;
    }
    this.settle();
    return { bytes: gone, names: undone, syncs };
  }

  /** Notes durable lengths. @returns the changes of names after the last sync */
  #readJournal(): { readonly pending: readonly NameChange[]; readonly syncs: number } {
    const path = join(this.#options.journal, 'journal');
    const lines = existsSync(path) ? readFileSync(path, 'utf8').split('\n').slice(0, -1) : [];
    let pending: NameChange[] = [];
    let syncs = 0;
    for (const line of lines) {
      const [act, first = '', second = '', third = ''] = line.split('\t');
      if (act === 'sync') {
        this.#durable.set(Number(first), Number(second));
        pending = [];
        syncs += 1;
      } else if (act === 'rename') pending.push({ act, path: first, to: second, grave: third });
      else if (act === 'make' || act === 'remove') pending.push({ act, path: first, to: '', grave: second });
      else throw new Error(`the journal of the lossy disk holds "${line}"`);
    }
    return { pending, syncs };
  }

  #undo({ act, path, to, grave }: NameChange): void {
    const { folder, outside, journal } = this.#options;
    const here = (name: string) => `${outside}${name.slice(folder.length)}`;
    const dug = join(journal, grave);
    if (act === 'make') rmSync(here(path), { recursive: true, force: true });
    else if (act === 'rename') renameSync(here(to), here(path));
    // A grave is missing where there was nothing to bury.
    if (act !== 'make' && !grave.startsWith('0-') && existsSync(dug))
      linkSync(dug, here(act === 'rename' ? to : path));
  }
}

function filesIn(folder: string): string[] {
  return readdirSync(folder, { recursive: true, withFileTypes: true })
    .filter(entry => entry.isFile())
    .map(entry => join(entry.parentPath, entry.name));
}
