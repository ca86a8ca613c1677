// What two membership cores say to each other, what goes into a core and what comes out of it. The shell encodes
// messages; the cores see only these values.
import type { CarriedRecord, MemberDescription, MemberRecord } from './member.ts';
import type { KnockOutcome } from './prober.ts';

export type MembershipMessage =
  | {
      readonly kind: 'ping';
      readonly seq: number;
      /** Digest of the sender's table. */
      readonly digest: number;
      /** The sender's round trip to the receiver in milliseconds (0 when unknown), and the share it lost: both ends judge one link. */
      readonly rttMs: number;
      readonly loss: number;
      readonly records: readonly CarriedRecord[];
    }
  | {
      readonly kind: 'ack';
      readonly seq: number;
      readonly digest: number;
      readonly records: readonly CarriedRecord[];
    }
  /** "Please probe `subject` for me." */
  | { readonly kind: 'ping-request'; readonly seq: number; readonly subject: string }
  /** The helper's answer; `reached: false` is Lifeguard's NACK. */
  | {
      readonly kind: 'ping-report';
      readonly seq: number;
      readonly subject: string;
      readonly reached: boolean;
    }
  /** `buckets` names those of which the sender has sent all it knows: it wants to hear what it lacks. Empty for mere news. */
  | {
      readonly kind: 'records';
      readonly records: readonly CarriedRecord[];
      readonly buckets: readonly number[];
    }
  /** The digest of each bucket of the sender's table. */
  | { readonly kind: 'buckets'; readonly digests: readonly number[] }
  /** "Another process runs with your identity": told to the later boot by whoever met both. */
  | { readonly kind: 'twin'; readonly epoch: number; readonly address: string };

export type MembershipInput =
  /** Time has passed; asked for by `nextWakeMs`. */
  | { readonly kind: 'tick' }
  /** A stream to `id`, which runs in boot `epoch`, is ready in both directions. */
  | { readonly kind: 'up'; readonly id: string; readonly address: string; readonly epoch: number }
  /** The stream to `id` ended: `reset` by surprise, `closed` by intent of one side. */
  | { readonly kind: 'down'; readonly id: string; readonly reason: 'reset' | 'closed' }
  /** A process of an earlier boot of `id` runs beside the one this node has a stream to. */
  | { readonly kind: 'outdated'; readonly id: string; readonly address: string; readonly epoch: number }
  /** A dial ended without a stream; `refused` when the machine is there and nobody listens. */
  | { readonly kind: 'unreachable'; readonly address: string; readonly refused: boolean }
  | { readonly kind: 'knocked'; readonly address: string; readonly outcome: KnockOutcome }
  /** The address turned out to be this node's own. */
  | { readonly kind: 'own-address'; readonly address: string }
  | { readonly kind: 'message'; readonly from: string; readonly message: MembershipMessage }
  /** What this node says of itself has changed. */
  | { readonly kind: 'describe'; readonly change: Partial<MemberDescription> }
  /** Addresses where peers may be; replaces the former list. */
  | { readonly kind: 'candidates'; readonly addresses: readonly string[] }
  /** Members that need a stream for other reasons (Raft), and those never to forget (admitted); replaces the former lists. */
  | { readonly kind: 'hold'; readonly streams: readonly string[]; readonly members: readonly string[] }
  | { readonly kind: 'leave' };

export type MembershipEffect =
  | { readonly kind: 'send'; readonly to: string; readonly message: MembershipMessage }
  | { readonly kind: 'dial'; readonly address: string }
  /** Opens a bare TCP connection and closes it: is the machine there? The outcome comes as `knocked`. */
  | { readonly kind: 'knock'; readonly address: string }
  /** Closes the stream by intent. */
  | { readonly kind: 'disconnect'; readonly id: string }
  /** Records to keep in the table store; a cache, so nothing waits for it. */
  | { readonly kind: 'save'; readonly records: readonly MemberRecord[] }
  | { readonly kind: 'forget'; readonly id: string }
  | { readonly kind: 'changed'; readonly before: MemberRecord | undefined; readonly after: MemberRecord }
  /** This node was accused and has spoken up. */
  | { readonly kind: 'refuted'; readonly accusers: readonly string[] }
  /** Something a peer said was not believed. */
  | { readonly kind: 'rejected'; readonly from: string; readonly subject: string; readonly reason: Rejection }
  /** This node did not attend for so long; others were not blamed for it. */
  | { readonly kind: 'lapsed'; readonly durationMs: number }
  /** Two processes run with one identity: a clone, or a disk from a backup. `yields` when it is this very node that must stop. */
  | {
      readonly kind: 'twin';
      readonly id: string;
      readonly epoch: number;
      readonly address: string;
      readonly yields: boolean;
    };

/** Why something a peer said changes nothing. */
export type Rejection =
  | 'oversized'
  | 'malformed'
  | 'absurd'
  | 'wrong-key'
  | 'bad-signature'
  | 'forged-accusation'
  | 'forgotten'
  | 'table-full';
