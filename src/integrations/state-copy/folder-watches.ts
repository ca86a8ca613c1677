// Watches on a folder and those in it, a bounded number: beyond it the one longest there is given up for a new one, never the
// root or those right in it. Collects the folders in which something may have changed.
import { join } from 'node:path';
import { watchedFoldersMax } from '../limits.ts';
import type { Disk } from './disk.ts';

export class FolderWatches {
  readonly #disk: Disk;
  readonly #root: string;
  readonly #excluded: (name: string) => boolean;
  readonly #onChange: (folder: string) => void;
  /** By path relative to the root, oldest first. */
  readonly #shallow = new Map<string, () => void>();
  readonly #deep = new Map<string, () => void>();

  constructor(options: {
    readonly disk: Disk;
    readonly root: string;
    readonly excluded: (name: string) => boolean;
    readonly onChange: (folder: string) => void;
  }) {
    this.#disk = options.disk;
    this.#root = options.root;
    this.#excluded = options.excluded;
    this.#onChange = options.onChange;
  }

  add(folder: string): void {
    const watches = this.#watchesOf(folder);
    if (watches.has(folder)) return;
    if (watches.size >= watchedFoldersMax) {
      const [oldest] = watches.keys();
      if (watches === this.#shallow || oldest === undefined) return;
      this.drop(oldest);
    }
    const end = this.#disk.watch(join(this.#root, folder), name => {
      if (name === undefined || !this.#excluded(name)) this.#onChange(folder);
    });
    if (end) watches.set(folder, end);
  }

  drop(folder: string): void {
    const watches = this.#watchesOf(folder);
    watches.get(folder)?.();
    watches.delete(folder);
  }

  /** Ends all. */
  clear(): void {
    for (const watches of [this.#shallow, this.#deep]) {
      for (const end of watches.values()) end();
      watches.clear();
    }
  }

  #watchesOf(folder: string): Map<string, () => void> {
    return folder.includes('/') ? this.#deep : this.#shallow;
  }
}
