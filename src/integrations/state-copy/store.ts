// A candidate's copy of a state folder: whole and of one generation, or none. What is not what it was written as is never
// used. One change at a time; each survives a crash at any moment as either the old copy or the new one.
import { join } from 'node:path';
import type { Disk, Owner } from './disk.ts';
import { checkWhole, isNewer, type Manifest, type StateFile } from './manifest.ts';
import { type StoredManifest, storedManifestFrom, textOf } from './manifest-file.ts';
import { DamageError, Packs, packNumber } from './packs.ts';
import { inPieces, sha256Of } from './pieces.ts';
import { place } from './placement.ts';

const manifestName = 'manifest';

export class CopyStore {
  readonly #disk: Disk;
  readonly #folder: string;
  #manifest: Manifest | undefined;
  #packs: Packs;
  #damage: string | undefined;
  #lane: Promise<unknown> = Promise.resolve();

  private constructor(disk: Disk, folder: string) {
    this.#disk = disk;
    this.#folder = folder;
    this.#packs = new Packs(disk, folder, new Map(), []);
  }

  /** Makes the folder if need be, and reads all that is in it once. A damaged copy is none; see `damage`. */
  static async open(folder: string, disk: Disk): Promise<CopyStore> {
    const store = new CopyStore(disk, folder);
    await disk.makeFolder(folder, { mode: 0o700 });
    await store.#load();
    return store;
  }

  /** The copy that is there; undefined for none. */
  get manifest(): Manifest | undefined {
    return this.#manifest;
  }

  /** Why there is no copy though there was one, for people. */
  get damage(): string | undefined {
    return this.#damage;
  }

  /** Files of `manifest` whose contents are not here yet, one for each content. */
  async lacking(manifest: Manifest): Promise<readonly StateFile[]> {
    const { places } = this.#packs;
    const lacking = new Map<string, StateFile>();
    await inPieces(manifest.files.values(), file => {
      if (!places.has(file.sha256)) lacking.set(file.sha256, file);
    });
    return [...lacking.values()];
  }

  /** Takes a content for a later `commit`. @throws Error when it does not have that hash */
  async put(sha256: string, content: Uint8Array): Promise<void> {
    if ((await sha256Of(content)) !== sha256) throw new Error(`a content does not have the hash ${sha256}`);
    await this.#inTurn(() => this.#packs.put(sha256, content));
  }

  /**
   * Makes `manifest` the copy. When this resolves it survives a power cut.
   * @throws Error when it is no newer than the copy, a content is lacking, or the manifest breaks a rule, or the disk fails: then the former copy stands
   */
  async commit(manifest: Manifest): Promise<void> {
    await this.#inTurn(async () => {
      if (!isNewer(manifest, this.#manifest)) throw new Error('the copy that is there is as new, or newer');
      await checkWhole(manifest);
      const needed = new Set<string>();
      await inPieces(manifest.files.values(), ({ sha256 }) => {
        needed.add(sha256);
      });
      await this.#packs.gather(needed);
      await this.#packs.sync();
      await this.#writeManifest({ manifest, places: this.#packs.places });
      this.#manifest = manifest;
      this.#damage = undefined;
      await this.#packs.discard(needed);
    });
  }

  /** A content of the copy; undefined when the copy has none such, or it turns out to be damaged. */
  async content(sha256: string): Promise<Uint8Array | undefined> {
    // Twice: it may be brought into another pack meanwhile.
    for (const _attempt of [1, 2]) {
      const packs = this.#packs;
      const place = packs.places.get(sha256);
      if (!place || !packs.written(sha256)) return undefined;
      try {
        return await packs.read(sha256);
      } catch (error) {
        const same = packs === this.#packs && packs.places.get(sha256) === place;
        if (same && error instanceof DamageError) this.#lane = this.#lane.then(() => this.#load());
        if (same) return undefined;
      }
    }
    return undefined;
  }

  /**
   * Puts the copy in the place of the folder `target`, which nothing may use meanwhile; what was there is kept beside it. A
   * crash leaves the one or the other, once `recoverPlacement` has run.
   * @throws Error when there is no copy, or the disk fails; DamageError when the copy is damaged: then it is gone
   */
  async materialise(target: string, owner: Owner | undefined): Promise<Manifest> {
    return this.#inTurn(async () => {
      const manifest = this.#manifest;
      if (!manifest) throw new Error(`there is no copy${this.#damage ? `: ${this.#damage}` : ''}`);
      const content = (sha256: string) => this.#packs.read(sha256);
      await place(this.#disk, { manifest, content, target, owner });
      return manifest;
    });
  }

  /** One change after the other. After one that failed the disk is read anew: what is in memory may be more than is there. */
  #inTurn<T>(change: () => Promise<T>): Promise<T> {
    const turn = this.#lane.then(async () => {
      try {
        return await change();
      } catch (error) {
        await this.#load();
        throw error;
      }
    });
    this.#lane = turn.catch(() => {});
    return turn;
  }

  async #writeManifest(stored: StoredManifest): Promise<void> {
    const path = join(this.#folder, manifestName);
    const fresh = `${path}.new`;
    const text = await textOf(stored);
    await this.#disk.remove(fresh);
    await this.#disk.write(fresh, text, { mode: 0o600 });
    await this.#disk.sync(fresh);
    await this.#disk.rename(fresh, path);
    await this.#disk.sync(this.#folder);
  }

  /** Never rejects: what cannot be read is no copy. Files are left as they are until the next commit. */
  async #load(): Promise<void> {
    this.#manifest = undefined;
    this.#damage = undefined;
    let present: number[] = [];
    try {
      present = await this.#packsPresent();
      const path = join(this.#folder, manifestName);
      const bytes = (await this.#disk.look(path))?.bytes;
      if (bytes === undefined) {
        this.#packs = new Packs(this.#disk, this.#folder, new Map(), present);
        return;
      }
      const { manifest, places } = await storedManifestFrom(await this.#disk.readPart(path, 0, bytes));
      this.#packs = new Packs(this.#disk, this.#folder, places, present);
      await this.#packs.verify();
      this.#manifest = manifest;
    } catch (error) {
      const what = error instanceof Error ? error.message : String(error);
      this.#damage = `the copy in ${this.#folder} cannot be used: ${what}`;
      this.#packs = new Packs(this.#disk, this.#folder, new Map(), present);
    }
  }

  async #packsPresent(): Promise<number[]> {
    const entries = (await this.#disk.list(this.#folder)) ?? [];
    return entries.flatMap(({ name }) => packNumber(name) ?? []);
  }
}
