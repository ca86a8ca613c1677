// Manifests of state copies on the wire: in pieces below gRPC's limit, and as a change of the one before where there is one.
// What comes from a peer is checked here, file by file and as a whole.
import { setImmediate as nextTurn } from 'node:timers/promises';
import type { StateManifest, StateManifest__Output } from '../../api/gen/clusteros/v1/StateManifest.ts';
import { copyFilesMax } from '../../integrations/limits.ts';
import {
  checkFile,
  checkName,
  checkWhole,
  type Manifest,
  ManifestError,
  type StateFile,
} from '../../integrations/state-copy/manifest.ts';
import { inPieces } from '../../integrations/state-copy/pieces.ts';
import { manifestEntriesPerMessage } from '../limits.ts';

/** The messages that carry `manifest` to one who has received `base`; at least one. Others get their turn between them. */
export async function* messagesOf(
  manifest: Manifest,
  base: Manifest | undefined,
): AsyncGenerator<StateManifest> {
  const { token, generation, atMs } = manifest;
  const from = base?.token === token ? base : undefined;
  const changed: StateFile[] = [];
  const removed: string[] = [];
  await inPieces(manifest.files.values(), file => {
    const former = from?.files.get(file.path);
    if (former === undefined || !isSame(former, file)) changed.push(file);
  });
  if (from)
    await inPieces(from.files.keys(), path => {
      if (!manifest.files.has(path)) removed.push(path);
    });
  let [nextFile, nextRemoved] = [0, 0];
  let more: boolean;
  do {
    const files = changed.slice(nextFile, nextFile + manifestEntriesPerMessage);
    nextFile += files.length;
    const gone = removed.slice(nextRemoved, nextRemoved + manifestEntriesPerMessage - files.length);
    nextRemoved += gone.length;
    more = nextFile < changed.length || nextRemoved < removed.length;
    yield {
      ...{ token, generation, atMs, base: from?.generation ?? 0, removed: gone, more },
      files: files.map(file => ({ ...file, sha256: Buffer.from(file.sha256, 'hex') })),
    };
    if (more) await nextTurn();
  } while (more);
}

function isSame(a: StateFile, b: StateFile): boolean {
  return a === b || (a.sha256 === b.sha256 && a.mode === b.mode && a.bytes === b.bytes);
}

/** Puts the pieces of one stream together. */
export class ManifestAssembly {
  #last: Manifest | undefined;
  #files: Map<string, StateFile> | undefined;

  /** @returns the manifest when `message` was its last piece. Rejects with ManifestError for one that must not be used: then the stream is of no more use */
  async add(message: StateManifest__Output): Promise<Manifest | undefined> {
    const { token, generation, atMs, base, more } = message;
    checkName({ token, generation });
    this.#files ??= new Map(this.#filesOf(token, base));
    for (const path of message.removed) this.#files.delete(path);
    for (const { path, bytes, mode, sha256 } of message.files) {
      const file = { path, bytes, mode, sha256: Buffer.from(sha256).toString('hex') };
      checkFile(file);
      this.#files.set(path, file);
    }
    if (this.#files.size > copyFilesMax) throw new ManifestError(`more than ${copyFilesMax} files`);
    if (more) return undefined;
    const manifest = { token, generation, atMs, files: this.#files };
    this.#files = undefined;
    await checkWhole(manifest);
    this.#last = manifest;
    return manifest;
  }

  #filesOf(token: number, base: number): ReadonlyMap<string, StateFile> {
    if (base === 0) return new Map();
    if (this.#last?.token === token && this.#last.generation === base) return this.#last.files;
    throw new ManifestError(`it changes the generation ${base}, which did not come`);
  }
}
