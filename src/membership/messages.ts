// What two membership cores say to each other. The shell encodes it; the cores see only these values.
import type { MemberRecord } from './member.ts';

export type MembershipMessage =
  | { readonly kind: 'ping'; readonly seq: number; readonly records: readonly MemberRecord[] }
  | { readonly kind: 'ack'; readonly seq: number; readonly records: readonly MemberRecord[] }
  /** "Please probe `subject` for me." */
  | { readonly kind: 'ping-request'; readonly seq: number; readonly subject: string }
  /** The helper's answer; `reached: false` is Lifeguard's NACK. */
  | {
      readonly kind: 'ping-report';
      readonly seq: number;
      readonly subject: string;
      readonly reached: boolean;
    }
  /** `full` asks for nothing back; it tells that this is the sender's whole table. */
  | { readonly kind: 'records'; readonly records: readonly MemberRecord[]; readonly full: boolean }
  | { readonly kind: 'digest'; readonly digest: number; readonly members: number };

export type MembershipInput =
  /** Time has passed; asked for by `nextWakeMs`. */
  | { readonly kind: 'tick' }
  /** A stream to `id` is ready in both directions. */
  | { readonly kind: 'up'; readonly id: string; readonly address: string }
  /** The stream to `id` ended: `reset` by surprise, `closed` by intent of one side. */
  | { readonly kind: 'down'; readonly id: string; readonly reason: 'reset' | 'closed' }
  | { readonly kind: 'unreachable'; readonly address: string }
  /** The address turned out to be this node's own. */
  | { readonly kind: 'own-address'; readonly address: string }
  | { readonly kind: 'message'; readonly from: string; readonly message: MembershipMessage }
  /** What this node says of itself has changed. */
  | { readonly kind: 'describe'; readonly change: Partial<import('./member.ts').MemberDescription> }
  /** Addresses where peers may be; replaces the former list. */
  | { readonly kind: 'candidates'; readonly addresses: readonly string[] }
  | { readonly kind: 'leave' };

export type MembershipEffect =
  | { readonly kind: 'send'; readonly to: string; readonly message: MembershipMessage }
  | { readonly kind: 'dial'; readonly address: string }
  /** Records to keep in the table store; a cache, so nothing waits for it. */
  | { readonly kind: 'save'; readonly records: readonly MemberRecord[] }
  | { readonly kind: 'changed'; readonly before: MemberRecord | undefined; readonly after: MemberRecord }
  /** This node was accused and has spoken up. */
  | { readonly kind: 'refuted'; readonly accusers: readonly string[] }
  /** Somebody vouches for a later boot of this very identity: a clone, or a disk from a backup. */
  | { readonly kind: 'identity-conflict'; readonly record: MemberRecord };
