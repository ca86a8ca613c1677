// Looks at a state folder while its owner writes to it: which files there are and what is in them. Reads only what may
// have changed. A file that is being replaced is waited for, then its former version stands for it.
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import {
  changeTimeGrainMs,
  copyDepthMax,
  copyFileBytesMax,
  copyFilesMax,
  missingLookMs,
  missingLooksMax,
  stateReadsAtOnce,
  steadyReadsMax,
} from '../limits.ts';
import type { Disk, FileLook } from './disk.ts';
import type { StateFile } from './manifest.ts';
import { atOnce, sha256Of } from './pieces.ts';

/** How the owner of a state folder writes it. */
export interface FolderRules {
  /** Names, in whatever folder, that are no part of the state. */
  readonly excluded: (name: string) => boolean;
  /** The former version of `X` is kept as `X` with this behind it, such as `.old`. */
  readonly formerSuffix: string;
}

interface Known {
  readonly file: StateFile;
  readonly identity: string;
  /** Written long enough before it was read that a further change would show. */
  readonly settled: boolean;
}

interface Folder {
  /** By name. */
  readonly files: ReadonlyMap<string, Known>;
  readonly folders: ReadonlySet<string>;
}

const nothing: Folder = { files: new Map(), folders: new Set() };

export class FolderScan {
  readonly #disk: Disk;
  readonly #root: string;
  readonly #rules: FolderRules;
  readonly #wallMs: () => number;
  readonly #onFolder: (folder: string) => void;
  readonly #onFolderGone: (folder: string) => void;
  readonly #onContent: (sha256: string, content: Buffer) => void;
  /** By path relative to the root; the root is ''. */
  readonly #folders = new Map<string, Folder>();
  readonly #files = new Map<string, StateFile>();
  #changed = false;

  constructor(options: {
    readonly disk: Disk;
    readonly root: string;
    readonly rules: FolderRules;
    readonly wallMs: () => number;
    /** Told before a folder is read, so that no change between a look and a watch is lost. */
    readonly onFolder: (folder: string) => void;
    readonly onFolderGone: (folder: string) => void;
    readonly onContent: (sha256: string, content: Buffer) => void;
  }) {
    this.#disk = options.disk;
    this.#root = options.root;
    this.#rules = options.rules;
    this.#wallMs = options.wallMs;
    this.#onFolder = options.onFolder;
    this.#onFolderGone = options.onFolderGone;
    this.#onContent = options.onContent;
  }

  /** What the last look found. */
  get files(): ReadonlyMap<string, StateFile> {
    return this.#files;
  }

  /**
   * Looks at the folders `dirty` (paths relative to the root, which is ''), or at all; whatever is new below them too.
   * @returns whether anything is different from the look before; folders in which a file was being written, to be looked at again
   * @throws Error when the root is not there, or when a file cannot be read or is too large
   */
  async look(
    dirty: Iterable<string> | 'all',
  ): Promise<{ readonly changed: boolean; readonly unsteady: readonly string[] }> {
    const deep = dirty === 'all';
    const queue = deep ? [''] : [...dirty];
    const unsteady: string[] = [];
    this.#changed = false;
    await atOnce(stateReadsAtOnce, queue, async folder => {
      for (const inner of await this.#visit(folder, unsteady))
        if (deep || !this.#folders.has(inner)) queue.push(inner);
    });
    if (this.#files.size > copyFilesMax)
      throw new Error(`${this.#root} holds ${this.#files.size} files, more than ${copyFilesMax}`);
    return { changed: this.#changed, unsteady };
  }

  /** Looks at one folder. Gives the folders in it. */
  async #visit(folder: string, unsteady: string[]): Promise<readonly string[]> {
    this.#onFolder(folder);
    const former = this.#folders.get(folder) ?? nothing;
    const found = await (folder === ''
      ? this.#foundAtTop(former, unsteady)
      : this.#found(folder, former, unsteady));
    if (!found) {
      if (folder === '') throw new Error(`there is no folder ${this.#root}`);
      this.#forget(folder);
      return [];
    }
    this.#keep(folder, former, found);
    return folder.split('/').length > copyDepthMax
      ? []
      : [...found.folders].map(name => pathOf(folder, name));
  }

  #keep(folder: string, former: Folder, found: Folder): void {
    this.#folders.set(folder, found);
    for (const [name, { file }] of former.files) if (!found.files.has(name)) this.#drop(file.path);
    for (const { file } of found.files.values()) {
      const present = this.#files.get(file.path);
      if (present?.sha256 === file.sha256 && present.mode === file.mode) continue;
      this.#files.set(file.path, file);
      this.#changed = true;
    }
    for (const name of former.folders) if (!found.folders.has(name)) this.#forget(pathOf(folder, name));
  }

  #drop(path: string): void {
    if (this.#files.delete(path)) this.#changed = true;
  }

  #forget(folder: string): void {
    const { files, folders } = this.#folders.get(folder) ?? nothing;
    this.#folders.delete(folder);
    this.#onFolderGone(folder);
    for (const { file } of files.values()) this.#drop(file.path);
    for (const name of folders) this.#forget(pathOf(folder, name));
  }

  /** The root, in which files are replaced: one that has just been taken away is looked for again. */
  async #foundAtTop(former: Folder, unsteady: string[]): Promise<Folder | undefined> {
    const { formerSuffix } = this.#rules;
    let found = await this.#found('', former, unsteady);
    const missing = () => {
      const names = new Set(former.files.keys());
      for (const name of found?.files.keys() ?? [])
        if (name.endsWith(formerSuffix)) names.add(name.slice(0, -formerSuffix.length));
      return [...names].filter(name => found?.files.has(name) === false);
    };
    for (let looks = 0; found && missing().length > 0 && looks < missingLooksMax; looks++) {
      await pause(missingLookMs);
      found = await this.#found('', found, unsteady);
    }
    if (!found) return undefined;
    const files = new Map(found.files);
    for (const path of missing()) {
      const version = files.get(`${path}${formerSuffix}`);
      if (version) files.set(path, { file: { ...version.file, path }, identity: '', settled: false });
    }
    return { files, folders: found.folders };
  }

  async #found(folder: string, former: Folder, unsteady: string[]): Promise<Folder | undefined> {
    const entries = await this.#disk.list(join(this.#root, folder));
    if (!entries) return undefined;
    const files = new Map<string, Known>();
    const folders = new Set<string>();
    // A file's former version is the same inode under another name.
    const versions = new Map([...former.files.values()].map(known => [known.identity, known]));
    for (const { name, kind } of entries) {
      if (this.#rules.excluded(name)) continue;
      if (kind === 'folder') folders.add(name);
      if (kind !== 'file') continue;
      const known = await this.#known(pathOf(folder, name), versions);
      if (known === 'unsteady') unsteady.push(folder);
      const kept = known === 'unsteady' ? former.files.get(name) : known;
      if (kept) files.set(name, kept);
    }
    return { files, folders };
  }

  async #known(path: string, versions: ReadonlyMap<string, Known>): Promise<Known | 'unsteady' | undefined> {
    const full = join(this.#root, path);
    // The first time there is nothing to compare with.
    const look = versions.size === 0 ? undefined : await this.#disk.look(full);
    const version = look && versions.get(look.identity);
    if (version?.settled) {
      const { file } = version;
      if (file.path === path && file.mode === look?.mode) return version;
      return { ...version, file: { ...file, path, mode: look?.mode ?? file.mode } };
    }
    for (let reads = 0; reads < steadyReadsMax; reads++) {
      const startedMs = this.#wallMs();
      const read = await this.#disk.read(full, copyFileBytesMax);
      if (!read) return undefined;
      if (read.steady) return this.#knownFrom(path, read.content, read.look, startedMs);
    }
    return 'unsteady';
  }

  async #knownFrom(path: string, content: Buffer, look: FileLook, readMs: number): Promise<Known> {
    const sha256 = await sha256Of(content);
    this.#onContent(sha256, content);
    return {
      file: { path, bytes: content.length, mode: look.mode, sha256 },
      identity: look.identity,
      settled: readMs - look.changedMs > changeTimeGrainMs,
    };
  }
}

function pathOf(folder: string, name: string): string {
  return folder === '' ? name : `${folder}/${name}`;
}
