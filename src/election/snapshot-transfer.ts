// Snapshots from one node to another, in pieces: who lacks entries that were compacted away is offered a snapshot and
// asks for it piece by piece, so that it can go on where it stopped, from another node too. Knows nothing of their content.
import { snapshotBytesMax, snapshotChunkBytes, snapshotRetryMs, snapshotTriesMax } from './limits.ts';
import type { ElectionMessage, SnapshotName } from './messages.ts';
import type { Snapshot } from './snapshot.ts';

type Offer = Extract<ElectionMessage, { readonly kind: 'snapshot-offer' }>;
type Chunk = Extract<ElectionMessage, { readonly kind: 'snapshot-chunk' }>;
type Request = Extract<ElectionMessage, { readonly kind: 'snapshot-request' }>;

interface Send {
  readonly to: string;
  readonly message: ElectionMessage;
}

interface Incoming extends SnapshotName {
  readonly term: number;
  readonly bytes: Uint8Array;
  received: number;
  from: string;
  tries: number;
  /** Infinity while nobody is asked. */
  retryAtMs: number;
}

export class SnapshotTransfer {
  readonly #checksum: (bytes: Uint8Array) => string;
  #incoming: Incoming | undefined;
  #served: { readonly snapshot: Snapshot; readonly bytes: Uint8Array; readonly checksum: string } | undefined;
  #sends: Send[] = [];

  /** @param checksum of all the bytes of a snapshot, 8 hex digits */
  constructor(checksum: (bytes: Uint8Array) => string) {
    this.#checksum = checksum;
  }

  nextWakeMs(): number {
    return this.#incoming?.retryAtMs ?? Number.POSITIVE_INFINITY;
  }

  /** The offer of a snapshot that this node holds. */
  offerOf(snapshot: Snapshot): {
    readonly index: number;
    readonly lastTerm: number;
    readonly bytes: number;
    readonly checksum: string;
  } {
    const { bytes, checksum } = this.#serve(snapshot);
    return { index: snapshot.index, lastTerm: snapshot.term, bytes: bytes.length, checksum };
  }

  /** `from` offers a snapshot. One that is under way goes on; of two the later one is wanted. */
  offered(
    from: string,
    { index, lastTerm, bytes, checksum, clusterId }: Offer,
    commitIndex: number,
    nowMs: number,
  ): void {
    if (index <= commitIndex || bytes > snapshotBytesMax) return;
    const present = this.#incoming;
    if (present?.index === index && present.checksum === checksum) {
      if (present.retryAtMs < Number.POSITIVE_INFINITY && present.from !== from) return;
      if (present.retryAtMs < Number.POSITIVE_INFINITY) return;
      present.from = from;
      present.tries = 0;
    } else if (present && present.index > index && present.retryAtMs < Number.POSITIVE_INFINITY) return;
    else {
      const fresh = { index, checksum, term: lastTerm, bytes: new Uint8Array(bytes), received: 0 };
      this.#incoming = { ...fresh, from, tries: 0, retryAtMs: nowMs };
    }
    this.#ask(clusterId, nowMs);
  }

  /** Asks again for what has not come. */
  tick(clusterId: string, nowMs: number): void {
    const incoming = this.#incoming;
    if (!incoming || incoming.retryAtMs > nowMs) return;
    // What has come stays: the next offer of the same snapshot goes on from there.
    if (incoming.tries >= snapshotTriesMax) incoming.retryAtMs = Number.POSITIVE_INFINITY;
    else this.#ask(clusterId, nowMs);
  }

  /** `from` asks for a piece. */
  requested(
    from: string,
    { index, checksum, offset }: Request,
    clusterId: string,
    snapshot: Snapshot | undefined,
  ): void {
    if (!snapshot || snapshot.index !== index) return;
    const { bytes, checksum: own } = this.#serve(snapshot);
    if (own !== checksum || offset >= bytes.length) return;
    const data = bytes.slice(offset, offset + snapshotChunkBytes);
    this.#sends.push({
      to: from,
      message: { kind: 'snapshot-chunk', clusterId, index, checksum, offset, data },
    });
  }

  /** A piece has come. Gives the snapshot when it was the last one and all is as it should be. */
  arrived(
    from: string,
    { index, checksum, offset, data, clusterId }: Chunk,
    nowMs: number,
  ): Snapshot | undefined {
    const incoming = this.#incoming;
    if (incoming?.index !== index || incoming.checksum !== checksum || incoming.from !== from)
      return undefined;
    if (offset !== incoming.received || data.length === 0 || offset + data.length > incoming.bytes.length)
      return undefined;
    incoming.bytes.set(data, offset);
    incoming.received += data.length;
    incoming.tries = 0;
    if (incoming.received < incoming.bytes.length) {
      this.#ask(clusterId, nowMs);
      return undefined;
    }
    this.#incoming = undefined;
    // Damaged on the way, or the sender lies: the next offer begins anew.
    if (this.#checksum(incoming.bytes) !== checksum) return undefined;
    return { index, term: incoming.term, text: Buffer.from(incoming.bytes).toString('utf8') };
  }

  /** What is to be sent since the last call. */
  take(): readonly Send[] {
    const sends = this.#sends;
    this.#sends = [];
    return sends;
  }

  /** Forgets what has come: this node has given up its cluster. */
  reset(): void {
    this.#incoming = undefined;
    this.#served = undefined;
  }

  #ask(clusterId: string, nowMs: number): void {
    const incoming = this.#incoming;
    if (!incoming) return;
    incoming.tries += 1;
    incoming.retryAtMs = nowMs + snapshotRetryMs;
    const { index, checksum, received } = incoming;
    this.#sends.push({
      to: incoming.from,
      message: { kind: 'snapshot-request', clusterId, index, checksum, offset: received },
    });
  }

  #serve(snapshot: Snapshot): { readonly bytes: Uint8Array; readonly checksum: string } {
    if (this.#served?.snapshot !== snapshot) {
      const bytes = new Uint8Array(Buffer.from(snapshot.text, 'utf8'));
      this.#served = { snapshot, bytes, checksum: this.#checksum(bytes) };
    }
    return this.#served;
  }
}
