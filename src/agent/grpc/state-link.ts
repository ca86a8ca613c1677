// Questions about state copies to one peer over gRPC: follow it, fetch contents and manifests. What it sends is checked as
// far as it can be without knowing more; nothing is kept here.
import { setImmediate as nextTurn } from 'node:timers/promises';
import type { ClientDuplexStream } from '@grpc/grpc-js';
import type { BlobPiece__Output } from '../../api/gen/clusteros/v1/BlobPiece.ts';
import type { FollowStateRequest } from '../../api/gen/clusteros/v1/FollowStateRequest.ts';
import type { StateManifest__Output } from '../../api/gen/clusteros/v1/StateManifest.ts';
import type { CopyName, Manifest, StateFile } from '../../integrations/state-copy/manifest.ts';
import { blobBytesPerCallMax, blobSilenceMs, blobsPerCallMax } from '../limits.ts';
import type { FollowerWord } from '../state-feed.ts';
import type { PeerAddress } from './peer-calls.ts';
import type { PeerClient } from './peer-client.ts';
import type { GrpcPeerTransport } from './peer-transport.ts';
import { ManifestAssembly } from './state-codec.ts';

export interface FollowEvents {
  /** What the peer shows. */
  readonly onManifest: (manifest: Manifest) => void;
  /** Any sign of life. */
  readonly onHeard: () => void;
  /** Once; nothing comes after it. */
  readonly onEnd: (reason: string) => void;
}

/** A connection to one peer for one role's copies. Contract of an implementation: each call rejects when the peer cannot be asked. */
export interface StateLink {
  /** Follows the peer. Gives how to tell it what is held here. */
  follow(word: FollowerWord, events: FollowEvents): Promise<(word: FollowerWord) => void>;
  /** Fetches the contents of `files`, and hands each to `take` unverified. Resolves with how many were gone. */
  contents(
    files: readonly StateFile[],
    take: (file: StateFile, content: Uint8Array) => Promise<void>,
  ): Promise<number>;
  describe(timeoutMs: number): Promise<CopyName | undefined>;
  manifest(): Promise<Manifest | undefined>;
  /** Ends all that is under way. */
  close(): void;
}

interface Role {
  readonly service: string;
  readonly role: string;
}

type Cancellable = { cancel(): void; once(event: 'close' | 'end' | 'error', listener: () => void): unknown };

export class GrpcStateLink implements StateLink {
  readonly #client: Promise<PeerClient>;
  readonly #role: Role;
  readonly #setTimer: (delayMs: number, run: () => void) => () => void;
  readonly #calls = new Set<Cancellable>();
  #closed = false;

  constructor(
    transport: Pick<GrpcPeerTransport, 'client'>,
    { id, address }: PeerAddress,
    options: Role & { readonly setTimer: (delayMs: number, run: () => void) => () => void },
  ) {
    this.#client = transport.client(address, id);
    this.#client.catch(() => {});
    this.#role = { service: options.service, role: options.role };
    this.#setTimer = options.setTimer;
  }

  async follow(word: FollowerWord, events: FollowEvents): Promise<(word: FollowerWord) => void> {
    const call: ClientDuplexStream<FollowStateRequest, StateManifest__Output> = this.#track(
      (await this.#open()).followState(),
    );
    let ended = false;
    const end = (reason: string) => {
      if (ended) return;
      ended = true;
      call.cancel();
      events.onEnd(reason);
    };
    const assembly = new ManifestAssembly();
    // One piece after the other, though each may take some turns.
    let lane = Promise.resolve();
    call.on('data', (message: StateManifest__Output) => {
      if (ended) return;
      events.onHeard();
      if (message.beat) return;
      // The next one is not even decoded before others had their turn.
      call.pause();
      lane = lane
        .then(async () => {
          const manifest = ended ? undefined : await assembly.add(message);
          if (manifest && !ended) events.onManifest(manifest);
          await nextTurn();
          call.resume();
        })
        .catch(error => end(String(error.message)));
    });
    call.on('error', error => end(error.message));
    call.on('end', () => end('it has ended the stream'));
    const say = (later: FollowerWord) => {
      if (!ended) call.write({ ...this.#role, ...later.held, done: later.done });
    };
    say(word);
    return say;
  }

  async contents(
    files: readonly StateFile[],
    take: (file: StateFile, content: Uint8Array) => Promise<void>,
  ): Promise<number> {
    let gone = 0;
    for (const batch of batchesOf(files)) gone += await this.#batch(batch, take);
    return gone;
  }

  async describe(timeoutMs: number): Promise<CopyName | undefined> {
    const client = await this.#open();
    return new Promise((resolve, reject) => {
      client.describeCopy({ ...this.#role }, { deadline: Date.now() + timeoutMs }, (error, reply) => {
        if (!reply) reject(error ?? new Error('there was no answer'));
        else if (reply.token === 0 && reply.generation === 0) resolve(undefined);
        else resolve({ token: reply.token, generation: reply.generation });
      });
    });
  }

  async manifest(): Promise<Manifest | undefined> {
    const call = this.#track((await this.#open()).fetchManifest({ ...this.#role }));
    const assembly = new ManifestAssembly();
    let manifest: Manifest | undefined;
    for await (const message of this.#watched<StateManifest__Output>(call))
      manifest = await assembly.add(message);
    return manifest;
  }

  close(): void {
    this.#closed = true;
    for (const call of this.#calls) call.cancel();
    this.#calls.clear();
    this.#client.then(
      client => client.close(),
      () => {},
    );
  }

  async #open(): Promise<PeerClient> {
    const client = await this.#client;
    if (this.#closed) throw new Error('the connection was closed');
    return client;
  }

  #track<Call extends Cancellable>(call: Call): Call {
    this.#calls.add(call);
    for (const event of ['close', 'end', 'error'] as const) call.once(event, () => this.#calls.delete(call));
    return call;
  }

  async #batch(
    files: readonly StateFile[],
    take: (file: StateFile, content: Uint8Array) => Promise<void>,
  ): Promise<number> {
    const sha256 = files.map(file => Buffer.from(file.sha256, 'hex'));
    const call = this.#track((await this.#open()).fetchBlob({ ...this.#role, sha256 }));
    let [next, gone, bytes] = [0, 0, 0];
    let pieces: Uint8Array[] = [];
    for await (const piece of this.#watched<BlobPiece__Output>(call)) {
      const file = files[next];
      bytes += piece.data.length;
      if (!file || bytes > file.bytes) {
        call.cancel();
        throw new Error('more came than was asked for');
      }
      pieces.push(piece.data);
      if (!piece.last) continue;
      if (piece.gone) gone += 1;
      else await take(file, pieces.length === 1 ? piece.data : Buffer.concat(pieces));
      [next, bytes, pieces] = [next + 1, 0, []];
    }
    if (next < files.length) throw new Error('less came than was asked for');
    return gone;
  }

  /** What a call brings; given up when nothing comes for long. */
  async *#watched<Message>(call: AsyncIterable<Message> & Cancellable): AsyncGenerator<Message> {
    let cancelTimer = this.#setTimer(blobSilenceMs, () => call.cancel());
    try {
      for await (const message of call) {
        cancelTimer();
        yield message;
        cancelTimer = this.#setTimer(blobSilenceMs, () => call.cancel());
      }
    } finally {
      cancelTimer();
    }
  }
}

function* batchesOf(files: readonly StateFile[]): Generator<readonly StateFile[]> {
  let batch: StateFile[] = [];
  let bytes = 0;
  for (const file of files) {
    if (batch.length > 0 && (batch.length >= blobsPerCallMax || bytes + file.bytes > blobBytesPerCallMax)) {
      yield batch;
      [batch, bytes] = [[], 0];
    }
    batch.push(file);
    bytes += file.bytes;
  }
  if (batch.length > 0) yield batch;
}
