// The in-memory twin of Copies: whoever follows has what the holder has, at once, as long as both run.
import type { Copies, CopyName, CopyPeer } from '../../src/integrations/copies.ts';
import { isNewer } from '../../src/integrations/state-copy/manifest.ts';
import type { MemoryHost } from './memory-host.ts';

interface Copy extends CopyName {
  readonly files: ReadonlyMap<string, string>;
}

/** All nodes that copy from each other, by id. */
export class CopyWorld {
  readonly nodes = new Map<string, MemoryCopies>();
  /** What their disks keep over a restart. */
  readonly disks = new Map<string, Copy>();
}

export class MemoryCopies implements Copies {
  readonly #world: CopyWorld;
  readonly #host: MemoryHost;
  #held: { readonly token: number; readonly folder: string } | undefined;
  readonly #id: string;
  #holder: string | undefined;
  #generation = 0;

  constructor(world: CopyWorld, id: string, host: MemoryHost) {
    this.#world = world;
    this.#host = host;
    this.#id = id;
    world.nodes.set(id, this);
  }

  get #copy(): Copy | undefined {
    return this.#world.disks.get(this.#id);
  }
  set #copy(copy: Copy | undefined) {
    if (copy) this.#world.disks.set(this.#id, copy);
  }

  async hold(token: number, folder: string): Promise<void> {
    this.follow(undefined);
    this.#held = { token, folder };
  }

  async recover(): Promise<void> {}

  async release(): Promise<void> {
    this.#copy = this.state() ?? this.#copy;
    this.#held = undefined;
  }

  follow(holder: CopyPeer | undefined): void {
    this.#holder = holder?.id;
    if (holder) this.#held = undefined;
  }

  newest(): CopyName | undefined {
    const held = this.#world.nodes.get(this.#holder ?? '')?.state();
    if (held && held.token >= (this.#copy?.token ?? 0)) this.#copy = held;
    return this.#copy;
  }

  async newestFrom(
    peers: readonly CopyPeer[],
  ): Promise<{ readonly copy: CopyName | undefined; readonly missed: readonly never[] }> {
    this.newest();
    for (const { id } of peers) {
      const peer = this.#world.nodes.get(id);
      const theirs = peer?.state() ?? peer?.copy();
      if (theirs && isNewer(theirs, this.#copy)) this.#copy = theirs;
    }
    return { copy: this.#copy, missed: [] };
  }

  async materialise(folder: string): Promise<void> {
    if (!this.#copy) throw new Error('there is no whole copy');
    for (const path of this.#host.files.keys())
      if (path.startsWith(`${folder}/`)) this.#host.files.delete(path);
    for (const [path, content] of this.#copy.files) this.#host.put(`${folder}/${path}`, content);
  }

  copy(): Copy | undefined {
    return this.#copy;
  }

  /** What this node holds now. */
  state(): Copy | undefined {
    if (!this.#held) return undefined;
    const inside = `${this.#held.folder}/`;
    this.#generation += 1;
    const files = [...this.#host.files.keys()]
      .filter(path => path.startsWith(inside))
      .map((path): [string, string] => [path.slice(inside.length), this.#host.text(path)]);
    return { token: this.#held.token, generation: this.#generation, files: new Map(files) };
  }
}
