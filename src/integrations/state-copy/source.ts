// The holder's side of state copies: notices what changes in the state folder, makes a new generation of it, and keeps
// its contents at hand for the candidates. Never writes to the folder.
import { join } from 'node:path';
import {
  copyBytesMax,
  copyFileBytesMax,
  stateLookMs,
  stateLookShare,
  stateMemoryBytesMax,
  stateQuietMaxMs,
  stateQuietMs,
} from '../limits.ts';
import type { Disk } from './disk.ts';
import { FolderWatches } from './folder-watches.ts';
import type { Generations } from './generations.ts';
import type { Manifest, StateFile } from './manifest.ts';
import { sha256Of } from './pieces.ts';
import { type FolderRules, FolderScan } from './scan.ts';

export interface SourceOptions {
  readonly disk: Disk;
  readonly folder: string;
  readonly token: number;
  readonly rules: FolderRules;
  readonly generations: Generations;
  readonly nowMs: () => number;
  readonly wallMs: () => number;
  readonly setTimer: (delayMs: number, run: () => void) => () => void;
  /** Told each new generation. */
  readonly onManifest: (manifest: Manifest) => void;
}

export class StateSource {
  readonly #options: SourceOptions;
  readonly #scan: FolderScan;
  readonly #watches: FolderWatches;
  /** By hash, the ones read last at the end. */
  readonly #contents = new Map<string, Buffer>();
  #contentBytes = 0;
  #manifest: Manifest | undefined;
  #former: Manifest | undefined;
  #paths: { readonly of: Manifest; readonly byHash: ReadonlyMap<string, string> } | undefined;
  #dirty: Set<string> | 'all' = 'all';
  #dirtySinceMs: number | undefined;
  #rootInode = '';
  /** Something is different from the newest generation. */
  #unpublished = true;
  #trouble: string | undefined;
  #looking: Promise<void> | undefined;
  #cancelLook: () => void = () => {};
  #cancelPoll: () => void = () => {};
  #ended = false;

  constructor(options: SourceOptions) {
    this.#options = options;
    const { disk, folder: root, rules, wallMs } = options;
    const watches = new FolderWatches({
      ...{ disk, root, excluded: rules.excluded },
      onChange: folder => this.#changedIn(folder),
    });
    this.#watches = watches;
    this.#scan = new FolderScan({
      ...{ disk, root, rules, wallMs },
      onFolder: folder => watches.add(folder),
      onFolderGone: folder => watches.drop(folder),
      onContent: (sha256, content) => this.#remember(sha256, content),
    });
  }

  /** The newest generation; undefined until there is one. */
  get manifest(): Manifest | undefined {
    return this.#manifest;
  }

  /** Why there is no new generation, for people; undefined while all is well. */
  get trouble(): string | undefined {
    return this.#trouble;
  }

  /** Begins. Resolves after the first look. */
  async start(): Promise<void> {
    await this.#look();
  }

  /** Looks at all of it soon: a content that was promised is gone. */
  poke(): void {
    this.#dirty = 'all';
    this.#soon();
  }

  /** Looks a last time, at all of it, and ends. Resolves with the last generation. */
  async stop(): Promise<Manifest | undefined> {
    this.#ended = true;
    this.#cancelLook();
    this.#cancelPoll();
    await this.#looking;
    this.#dirty = 'all';
    await this.#lookOnce();
    this.#watches.clear();
    return this.#manifest;
  }

  /** Ends without another look. */
  close(): void {
    this.#ended = true;
    this.#cancelLook();
    this.#cancelPoll();
    this.#watches.clear();
  }

  /** A content of the newest generation or the one before; undefined when it is gone. */
  async content(sha256: string): Promise<Uint8Array | undefined> {
    const kept = this.#contents.get(sha256);
    if (kept) return kept;
    const { disk, folder, rules } = this.#options;
    const path = this.#pathOf(sha256);
    if (path === undefined) return undefined;
    for (const place of [path, `${path}${rules.formerSuffix}`]) {
      const read = await disk.read(join(folder, place), copyFileBytesMax);
      if (read && (await sha256Of(read.content)) === sha256) return read.content;
    }
    return undefined;
  }

  #pathOf(sha256: string): string | undefined {
    if (!this.#manifest) return undefined;
    if (this.#paths?.of !== this.#manifest) {
      const byHash = new Map<string, string>();
      for (const manifest of [this.#former, this.#manifest])
        for (const file of manifest?.files.values() ?? []) byHash.set(file.sha256, file.path);
      this.#paths = { of: this.#manifest, byHash };
    }
    return this.#paths.byHash.get(sha256);
  }

  #remember(sha256: string, content: Buffer): void {
    this.#discard(sha256);
    if (content.length > stateMemoryBytesMax) return;
    this.#contents.set(sha256, content);
    this.#contentBytes += content.length;
    for (const oldest of this.#contents.keys()) {
      if (this.#contentBytes <= stateMemoryBytesMax) break;
      this.#discard(oldest);
    }
  }

  #discard(sha256: string): void {
    this.#contentBytes -= this.#contents.get(sha256)?.length ?? 0;
    this.#contents.delete(sha256);
  }

  #changedIn(folder: string): void {
    if (this.#dirty !== 'all') this.#dirty.add(folder);
    this.#soon();
  }

  #soon(): void {
    if (this.#ended || this.#looking) return;
    const { nowMs, setTimer } = this.#options;
    this.#dirtySinceMs ??= nowMs();
    const leftMs = this.#dirtySinceMs + stateQuietMaxMs - nowMs();
    this.#cancelLook();
    this.#cancelLook = setTimer(Math.max(0, Math.min(stateQuietMs, leftMs)), () => this.#look());
  }

  async #look(): Promise<void> {
    if (this.#looking) return this.#looking;
    this.#cancelLook();
    const { nowMs, setTimer } = this.#options;
    const startedMs = nowMs();
    const whole = this.#dirty === 'all';
    this.#looking = this.#lookOnce();
    await this.#looking;
    this.#looking = undefined;
    if (this.#ended) return;
    if (whole) {
      this.#cancelPoll();
      const delayMs = Math.max(stateLookMs, (nowMs() - startedMs) * stateLookShare);
      this.#cancelPoll = setTimer(delayMs, () => this.poke());
    }
    // What changed while it was looked at.
    if (this.#dirty === 'all' || this.#dirty.size > 0) this.#soon();
  }

  /** Never rejects: what goes wrong is told as trouble; the regular look comes back to it. */
  async #lookOnce(): Promise<void> {
    const dirty = this.#dirty;
    this.#dirty = new Set();
    this.#dirtySinceMs = undefined;
    try {
      if (dirty === 'all') await this.#renewWatches();
      const { changed, unsteady } = await this.#scan.look(dirty);
      if (this.#dirty instanceof Set) for (const folder of unsteady) this.#dirty.add(folder);
      this.#unpublished ||= changed;
      if (this.#unpublished) await this.#publish();
      this.#unpublished = false;
      this.#trouble = undefined;
    } catch (error) {
      this.#trouble = error instanceof Error ? error.message : String(error);
    }
  }

  /** The watches go with the folder, and another one may have taken its place. */
  async #renewWatches(): Promise<void> {
    const { disk, folder } = this.#options;
    const inode = (await disk.look(folder))?.inode ?? '';
    if (inode !== this.#rootInode) this.#watches.clear();
    this.#rootInode = inode;
  }

  async #publish(): Promise<void> {
    const { folder, token, generations, wallMs, onManifest } = this.#options;
    const files: ReadonlyMap<string, StateFile> = new Map(this.#scan.files);
    // Nothing has an empty state: its owner has not begun, or somebody has cleared it away. The copies stay as they are.
    if (files.size === 0) throw new Error(`${folder} is empty`);
    let bytes = 0;
    for (const file of files.values()) bytes += file.bytes;
    if (bytes > copyBytesMax) throw new Error(`${folder} holds ${bytes} bytes, more than ${copyBytesMax}`);
    const manifest = { token, generation: await generations.next(), atMs: wallMs(), files };
    const outdated = this.#former;
    this.#former = this.#manifest;
    this.#manifest = manifest;
    if (outdated) this.#forgetContentsOf(outdated);
    onManifest(manifest);
  }

  /** Lets go of contents that neither the newest generation has nor the one before. */
  #forgetContentsOf(outdated: Manifest): void {
    const hashes = new Set<string>();
    for (const file of outdated.files.values())
      if (this.#former?.files.get(file.path) !== file) hashes.add(file.sha256);
    if (hashes.size === 0) return;
    for (const manifest of [this.#former, this.#manifest])
      for (const file of manifest?.files.values() ?? []) hashes.delete(file.sha256);
    for (const sha256 of hashes) this.#discard(sha256);
  }
}
