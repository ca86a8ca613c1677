// Copies of the state folder of one role that one node holds alone: on the holder they are given out, on the candidates
// taken in, and one that is given the role puts the newest in place. Who holds the role is decided elsewhere.
import { join } from 'node:path';
import { idsOf } from '../integrations/host.ts';
import { type Disk, realDisk } from '../integrations/state-copy/disk.ts';
import { Generations } from '../integrations/state-copy/generations.ts';
import { type CopyName, isNewer, type Manifest } from '../integrations/state-copy/manifest.ts';
import { recoverPlacement } from '../integrations/state-copy/placement.ts';
import type { FolderRules } from '../integrations/state-copy/scan.ts';
import { StateSource } from '../integrations/state-copy/source.ts';
import { CopyStore } from '../integrations/state-copy/store.ts';
import type { PeerAddress } from './grpc/peer-calls.ts';
import type { StateLink } from './grpc/state-link.ts';
import type { StateAnswers } from './grpc/state-service.ts';
import { describeCopyTimeoutMs, releaseAckMs } from './limits.ts';
import { type FollowerStatus, StateFeed } from './state-feed.ts';
import { bring, type FollowingStatus, StateFollower } from './state-follower.ts';

export interface StateCopiesOptions {
  readonly service: string;
  readonly role: string;
  /** Where the copy is kept; made if need be. */
  readonly folder: string;
  readonly rules: FolderRules;
  /** A connection to a peer for this role's copies; see GrpcStateLink. */
  readonly link: (peer: PeerAddress) => StateLink;
  /** Whether the member `id` may have copies. */
  readonly admits: (id: string) => boolean;
  readonly nowMs: () => number;
  readonly wallMs: () => number;
  readonly setTimer: (delayMs: number, run: () => void) => () => void;
  /** Told when a generation of the holder has become the copy here. */
  readonly onCommitted?: (copy: CopyName & { readonly atMs: number }) => void;
  /** Told each new generation of the folder that is held. */
  readonly onGeneration?: (name: CopyName) => void;
}

export interface StateCopiesStatus {
  /** What is given out; undefined while nothing is held, `generation` 0 before the first look. */
  readonly holding: (CopyName & { readonly trouble: string | undefined }) | undefined;
  readonly copy: (CopyName & { readonly atMs: number }) | undefined;
  /** Why there is no copy though there was one, for people. */
  readonly damage: string | undefined;
  readonly following: FollowingStatus;
}

export interface Newest {
  /** What the store holds now; undefined for nothing. */
  readonly copy: CopyName | undefined;
  /** Whom it came from; undefined when it was here already. */
  readonly from: string | undefined;
  /** Who did not say what they have. */
  readonly silent: readonly string[];
  /** Who has a newer copy that could not be had. */
  readonly missed: readonly (CopyName & { readonly id: string })[];
}

export class StateCopies implements StateAnswers {
  readonly service: string;
  readonly role: string;
  readonly feed: StateFeed;
  readonly #options: StateCopiesOptions;
  readonly #disk: Disk;
  readonly #store: CopyStore;
  readonly #generations: Generations;
  readonly #follower: StateFollower;
  #source: { readonly token: number; readonly folder: string; readonly of: StateSource } | undefined;
  #lane: Promise<unknown> = Promise.resolve();

  private constructor(options: StateCopiesOptions, disk: Disk, store: CopyStore, generations: Generations) {
    const { service, role, link, nowMs, setTimer } = options;
    this.service = service;
    this.role = role;
    this.#options = options;
    this.#disk = disk;
    this.#store = store;
    this.#generations = generations;
    this.feed = new StateFeed({ nowMs, setTimer });
    const onCommitted = options.onCommitted ?? (() => {});
    this.#follower = new StateFollower({ store, link, nowMs, setTimer, onCommitted });
  }

  /** Reads the copy that is there. A damaged one is none; see `status().damage`. */
  static async open(options: StateCopiesOptions): Promise<StateCopies> {
    const disk = realDisk();
    const store = await CopyStore.open(options.folder, disk);
    const file = join(options.folder, 'generations');
    return new StateCopies(options, disk, store, await Generations.open(disk, file, options.wallMs));
  }

  admits(id: string): boolean {
    return this.#options.admits(id);
  }

  newest(): Manifest | undefined {
    const held = this.#source?.of.manifest;
    const copy = this.#store.manifest;
    return held && isNewer(held, copy) ? held : copy;
  }

  async content(sha256: string): Promise<Uint8Array | undefined> {
    const source = this.#source?.of;
    const content = (await source?.content(sha256)) ?? (await this.#store.content(sha256));
    if (!content) source?.poke();
    return content;
  }

  /** Gives out copies of `folder` as the holder under `token`, until `release`. Ends what a crash has left of a `materialise`. Resolves after the first look; calling it again changes nothing. */
  hold(token: number, folder: string): Promise<void> {
    return this.#inTurn(async () => {
      if (this.#source?.token === token && this.#source.folder === folder) return;
      this.#source?.of.close();
      this.#follower.follow(undefined);
      const { rules, nowMs, wallMs, setTimer, onGeneration } = this.#options;
      const source = new StateSource({
        ...{
          disk: this.#disk,
          folder,
          token,
          rules,
          nowMs,
          wallMs,
          setTimer,
          generations: this.#generations,
        },
        onManifest: manifest => {
          if (this.#source?.of !== source) return;
          this.feed.show(manifest);
          onGeneration?.({ token, generation: manifest.generation });
        },
      });
      this.#source = { token, folder, of: source };
      await recoverPlacement(this.#disk, folder);
      await source.start();
    });
  }

  /**
   * Looks at the folder a last time, keeps that generation as the copy here and waits a moment until the candidates have it,
   * then gives out nothing more. To be called when nothing writes to the folder any more.
   * @returns the last generation and the candidates that hold it; undefined when there was none
   */
  release(): Promise<(CopyName & { readonly heldBy: readonly string[] }) | undefined> {
    return this.#inTurn(async () => {
      const source = this.#source?.of;
      if (!source) return undefined;
      const last = await source.stop();
      const heldBy = last
        ? (await Promise.all([this.feed.heldByAll(last, releaseAckMs), this.#keep(source, last)]))[0]
        : [];
      this.#source = undefined;
      this.feed.show(undefined);
      return last && { token: last.token, generation: last.generation, heldBy };
    });
  }

  /** Keeps up with `holder` from now on, or with nobody. Not while this node holds the role. */
  follow(holder: PeerAddress | undefined): void {
    this.#follower.follow(holder);
  }

  /** Brings the copy up to the newest that one of `peers` has, as far as that can be done within `timeoutMs`. */
  async newestFrom(peers: readonly PeerAddress[], timeoutMs: number): Promise<Newest> {
    const links = peers.map(peer => ({ id: peer.id, link: this.#options.link(peer) }));
    const askMs = Math.min(describeCopyTimeoutMs, timeoutMs);
    const silent: string[] = [];
    const offers: { readonly id: string; readonly link: StateLink; readonly name: CopyName }[] = [];
    const missed: (CopyName & { readonly id: string })[] = [];
    let from: string | undefined;
    const cancel = this.#options.setTimer(timeoutMs, () => {
      for (const { link } of links) link.close();
    });
    await Promise.all(
      links.map(async ({ id, link }) => {
        try {
          const name = await link.describe(askMs);
          if (name) offers.push({ id, link, name });
        } catch {
          silent.push(id);
        }
      }),
    );
    offers.sort((a, b) => (isNewer(a.name, b.name) ? -1 : 1));
    for (const { id, link, name } of offers) {
      if (!isNewer(name, this.#store.manifest)) break;
      if (await this.#takeFrom(link)) from = id;
      else missed.push({ id, ...name });
    }
    cancel();
    for (const { link } of links) link.close();
    const held = this.#store.manifest;
    const copy = held && { token: held.token, generation: held.generation };
    return { copy, from, silent, missed: missed.filter(name => isNewer(name, copy)) };
  }

  /**
   * Puts the copy in the place of the folder `target`, owned by the user `owner`; see CopyStore. Nothing may use the folder.
   * @throws Error when there is no copy or it cannot be written
   */
  async materialise(target: string, owner: string | undefined): Promise<CopyName> {
    const { token, generation } = await this.#store.materialise(
      target,
      owner === undefined ? undefined : await idsOf(owner),
    );
    return { token, generation };
  }

  /** Ends what a crash has left of a `materialise`. To be called before anything uses or makes `target`. */
  recover(target: string): Promise<void> {
    return recoverPlacement(this.#disk, target);
  }

  followers(): readonly FollowerStatus[] {
    return this.feed.followers();
  }

  status(): StateCopiesStatus {
    const { manifest, damage } = this.#store;
    const source = this.#source;
    return {
      holding: source && {
        token: source.token,
        generation: source.of.manifest?.generation ?? 0,
        trouble: source.of.trouble,
      },
      copy: manifest && { token: manifest.token, generation: manifest.generation, atMs: manifest.atMs },
      damage,
      following: this.#follower.status,
    };
  }

  /** Ends at once; what is on the disk stays. */
  close(): void {
    this.#source?.of.close();
    this.#source = undefined;
    this.#follower.follow(undefined);
    this.feed.close();
  }

  async #takeFrom(link: StateLink): Promise<boolean> {
    try {
      const manifest = await link.manifest();
      if (!manifest || (await bring(this.#store, link, manifest)) > 0) return false;
      await this.#store.commit(manifest);
      return true;
    } catch {
      return false;
    }
  }

  /** The last state of the role's own folder becomes the copy here, so that it can be had also after this agent starts anew. */
  async #keep(source: StateSource, last: Manifest): Promise<void> {
    if (!isNewer(last, this.#store.manifest)) return;
    try {
      for (const { sha256 } of await this.#store.lacking(last)) {
        const content = await source.content(sha256);
        if (!content) return;
        await this.#store.put(sha256, content);
      }
      await this.#store.commit(last);
    } catch {
      // The candidates have theirs; the store has read again what it holds.
    }
  }

  #inTurn<T>(act: () => Promise<T>): Promise<T> {
    const turn = this.#lane.then(act);
    this.#lane = turn.catch(() => {});
    return turn;
  }
}
