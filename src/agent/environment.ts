// The ports between the agent and the world: time, chance, peers, disks. Production and the simulator each supply one.
// Types only; nothing here decides anything.
import type { LogStore } from '../election/log-store.ts';
import type { ElectionMessage } from '../election/messages.ts';
import type { Host } from '../integrations/host.ts';
import type { SignedClaim } from '../membership/member.ts';
import type { MembershipMessage } from '../membership/messages.ts';
import type { KnockOutcome } from '../membership/prober.ts';
import type { Seal } from '../membership/seal.ts';
import type { TableStore } from '../membership/table-store.ts';
import type { LogDisk } from './disk-watch.ts';

export type PeerMessage =
  | { readonly layer: 'membership'; readonly message: MembershipMessage }
  | { readonly layer: 'election'; readonly message: ElectionMessage };

/** Why an address could not be reached, as far as the handshake tells. `refused`: the machine is there and nobody listens. */
export type UnreachableReason =
  | 'no-answer'
  | 'refused'
  | 'key-refused'
  | 'clock'
  /** The network below says that no peer may be there. */
  | 'device'
  /** It is another device of the network below than it says, or than its record does. */
  | 'other-device'
  | 'protocol'
  | 'duplicate'
  /** The peer has a stream to a later boot of this node's identity. */
  | 'superseded';

export type TransportEvent =
  /** A stream to `id` is ready. Also told when a dial of `address` ended at an `id` that is connected already. */
  | { readonly kind: 'up'; readonly id: string; readonly address: string; readonly epoch: number }
  | { readonly kind: 'down'; readonly id: string; readonly reason: 'reset' | 'closed' }
  | {
      readonly kind: 'unreachable';
      readonly address: string;
      readonly reason: UnreachableReason;
      readonly detail: string;
      /** Whose key the handshake has proved, where it came so far. */
      readonly id?: string;
    }
  | { readonly kind: 'own-address'; readonly address: string }
  /** An earlier boot of `id` runs, though there is a stream to a later one: it was turned away. */
  | { readonly kind: 'outdated'; readonly id: string; readonly address: string; readonly epoch: number }
  /** Another process with this very identity: a clone. */
  | { readonly kind: 'twin'; readonly address: string; readonly epoch: number }
  | { readonly kind: 'knocked'; readonly address: string; readonly outcome: KnockOutcome }
  | { readonly kind: 'message'; readonly from: string; readonly message: PeerMessage }
  /** Somebody dialled us and was turned away. */
  | {
      readonly kind: 'turned-away';
      readonly address: string;
      readonly reason: UnreachableReason;
      readonly detail: string;
      /** As above. */
      readonly id?: string;
    };

/** What a node says first on a stream, beyond what the handshake proves. */
export interface Greeting {
  readonly epoch: number;
  /** Random for this boot: a clone that runs in the same epoch has another. */
  readonly boot: string;
  readonly name: string;
  /** HOST:PORT where it listens. */
  readonly address: string;
  /** What this node is on the network below, in that network's own words; absent when that has none. */
  readonly device?: string;
  /** Its record of itself, as it stands. */
  readonly record?: SignedClaim;
}

/** Streams to peers, each inside mTLS, at most one for a pair of nodes. Contract: test/contract/transport.suite.ts. */
export interface PeerTransport {
  /** Begins to listen and to tell events. Rejects with a StartError when the address cannot be had. */
  open(greeting: Greeting, onEvent: (event: TransportEvent) => void): Promise<void>;
  /** Tries once; the outcome is an event. */
  dial(address: string): void;
  /** Opens a bare TCP connection and closes it; the outcome is an event within `knockTimeoutMs`. */
  knock(address: string): void;
  /** Closes the stream to `id` by intent; the other side sees it as such. No event on this side. */
  disconnect(id: string): void;
  /** Sends, or drops when there is no stream or its buffer is full. Order within a stream is kept. */
  send(to: string, message: PeerMessage): void;
  /** Listens at `address` (HOST:PORT) from now on, and no more where it did. Rejects with a StartError when that address cannot be had: then all stays as it is. */
  move(address: string): Promise<void>;
  close(): Promise<void>;
}

export interface Environment {
  /** Monotonic, never set back. Milliseconds from an arbitrary start. */
  nowMs(): number;
  /** Wall clock, for people only. Milliseconds since 1970. */
  wallMs(): number;
  /** In [0, 1). */
  random(): number;
  /** Unpredictable bytes, for secrets. */
  secretBytes(count: number): Uint8Array;
  /**
   * Calls `run` once after `delayMs`, when all that had come in by then has been handed over: nobody is called silent
   * whose word lies unread. The result cancels it.
   */
  setTimer(delayMs: number, run: () => void): () => void;
  /** Signatures under this node's identity key. */
  readonly seal: Seal;
  readonly transport: PeerTransport;
  readonly tableStore: TableStore;
  readonly logStore: LogStore;
  readonly logDisk: LogDisk;
  readonly host: Host;
}
