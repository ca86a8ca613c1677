// What goes into the election and what comes out of it. The shell encodes messages; the core sees only these values.
import type { ClusterState } from './cluster-state.ts';
import type { Command, Entry } from './command.ts';
import type { Configuration } from './quorum.ts';
import type { LogBase } from './raft-log.ts';
import type { Session } from './sessions.ts';
import type { Snapshot } from './snapshot.ts';

interface Envelope {
  /** Messages of another cluster are refused and told of. */
  readonly clusterId: string;
  readonly term: number;
}

/** Which snapshot: two with the same name hold the same bytes. */
export interface SnapshotName {
  readonly index: number;
  /** CRC-32 of its bytes, 8 hex digits. */
  readonly checksum: string;
}

export type ElectionMessage =
  | (Envelope & {
      readonly kind: 'vote-request';
      readonly preVote: boolean;
      /** The leader itself has asked for this campaign: whoever hears it may vote all the same. */
      readonly transfer: boolean;
      readonly lastLogIndex: number;
      readonly lastLogTerm: number;
    })
  | (Envelope & { readonly kind: 'vote-reply'; readonly preVote: boolean; readonly granted: boolean })
  /** "Campaign at once": the leader hands over to the receiver (dissertation, section 3.10). */
  | (Envelope & { readonly kind: 'timeout-now' })
  /** "You have acknowledged all up to `matchIndex`, and hold less now": from the leader. */
  | (Envelope & { readonly kind: 'log-lost'; readonly matchIndex: number })
  | (Envelope & {
      readonly kind: 'append-request';
      readonly prevLogIndex: number;
      readonly prevLogTerm: number;
      readonly entries: readonly Entry[];
      readonly commitIndex: number;
      /** The leader's heartbeat round, echoed: check-quorum and read-index count on it. */
      readonly round: number;
      /** The last round of which the receiver's answer had come when this was sent. */
      readonly echo: number;
      /** The last round that a majority has answered; 0 while the leader may not know all that was decided before it. */
      readonly confirmed: number;
    })
  | (Envelope & {
      readonly kind: 'append-reply';
      readonly success: boolean;
      /** On success the last index known to equal the leader's. */
      readonly matchIndex: number;
      /** On refusal where the leader should try next. */
      readonly conflictIndex: number;
      readonly round: number;
    })
  /** "Here is all that was decided up to `index`": instead of entries that the sender no longer holds. */
  | (Envelope &
      SnapshotName & {
        readonly kind: 'snapshot-offer';
        /** Term of the entry at `index`. */
        readonly lastTerm: number;
        readonly bytes: number;
        /** True from the leader, as its heartbeat; false from a neighbour, as an answer to a fetch. */
        readonly leads: boolean;
        readonly round: number;
      })
  /** "Give me that snapshot from `offset` on." */
  | (SnapshotName & {
      readonly kind: 'snapshot-request';
      readonly clusterId: string;
      readonly offset: number;
    })
  | (SnapshotName & {
      readonly kind: 'snapshot-chunk';
      readonly clusterId: string;
      readonly offset: number;
      readonly data: Uint8Array;
    })
  /** How far the sender's decided state goes; told to neighbours, for those without a place in the configuration. */
  | (Envelope & { readonly kind: 'commit-notice'; readonly commitIndex: number; readonly leader: string })
  /** "Give me decided entries from here on." */
  | { readonly kind: 'fetch-request'; readonly clusterId: string; readonly nextIndex: number }
  | {
      readonly kind: 'fetch-reply';
      readonly clusterId: string;
      readonly prevLogIndex: number;
      readonly prevLogTerm: number;
      /** Decided, every one. */
      readonly entries: readonly Entry[];
      readonly commitIndex: number;
    };

/** What membership says of the others: advice, never a decision. */
export interface MemberAdvice {
  readonly id: string;
  readonly name: string;
  readonly alive: boolean;
  /** It is dead, or has said farewell. */
  readonly gone: boolean;
  /** Tells its hardware from other hardware; empty when the machine has no number of its own. */
  readonly machine: string;
  /** Empty for a member that belongs to no cluster yet. */
  readonly clusterId: string;
  readonly clusterSize: number;
  /** What is wrong with it though it is alive, such as `degraded` or `disk-full`; empty when nothing is. */
  readonly trouble: string;
  /** What makes it a poor choice for good, such as `wireless`; empty when nothing does. */
  readonly handicap: string;
  /** What its program knows: commands up to this level. */
  readonly level: number;
  /** Ids of clusters that its own has taken the place of. */
  readonly formerClusters: readonly string[];
  /** The operator's tag `site`; empty when there is none. */
  readonly site: string;
}

export type ElectionInput =
  | { readonly kind: 'tick' }
  | { readonly kind: 'message'; readonly from: string; readonly message: ElectionMessage }
  /** What membership sees now, and whether an address where a peer may be has not been met; replaces the former advice. */
  | { readonly kind: 'advice'; readonly members: readonly MemberAdvice[]; readonly awaitsStrangers: boolean }
  /** Members with an open stream; replaces the former list. */
  | { readonly kind: 'neighbours'; readonly ids: ReadonlySet<string> }
  /** Asks the leader to decide `command`; answered under `request`. */
  | {
      readonly kind: 'propose';
      readonly request: number;
      readonly command: Command;
      readonly session?: Session;
    }
  /** Whether this machine can do a leader's work, as far as its own health goes. */
  | { readonly kind: 'fitness'; readonly fit: boolean }
  /** Asks for proof that this node still leads; answered under `request`. */
  | { readonly kind: 'read'; readonly request: number }
  /** The stream to a member was reset: its process has ended, or the way to it is broken. */
  | { readonly kind: 'lost'; readonly id: string }
  /** The leader shall hand over to `target`, or to whom it finds best when that is empty; answered under `request`. */
  | { readonly kind: 'transfer'; readonly request: number; readonly target: string };

export type Role = 'follower' | 'pre-candidate' | 'candidate' | 'leader';

/** What must be durable before anything that follows it is done. One atomic write. */
export interface Save {
  readonly clusterId: string;
  readonly term: number;
  readonly votedFor: string;
  readonly commitIndex: number;
  /** Entries from this index on are gone before `entries` are added; 0 when nothing is cut. */
  readonly truncateFrom: number;
  readonly entries: readonly Entry[];
  /** A new snapshot, and where the log begins from now on: entries up to there go. */
  readonly compaction?: { readonly snapshot: Snapshot; readonly base: LogBase };
}

export type ElectionEffect =
  | { readonly kind: 'save'; readonly save: Save }
  /** This node gives up its cluster, which was only itself or has been recovered elsewhere: its log is set aside and it is fresh again. */
  | { readonly kind: 'abandon'; readonly clusterId: string; readonly inFavourOf: string }
  | { readonly kind: 'send'; readonly to: string; readonly message: ElectionMessage }
  /** This node has no place in its cluster any more: an operator took it out, its program is too old, or its disk has forgotten. */
  | { readonly kind: 'expelled'; readonly reason: 'removed' | 'outgrown' | 'log-lost'; readonly text: string }
  | { readonly kind: 'role'; readonly role: Role; readonly term: number; readonly leader: string }
  | {
      readonly kind: 'applied';
      /** The last entry that `state` holds. */
      readonly index: number;
      /** Empty when `state` comes from a snapshot. */
      readonly entries: readonly Entry[];
      readonly state: ClusterState;
      readonly configuration: Configuration;
    }
  /** At `baseMs` nothing had been decided that this node has not applied since; it counts for who holds a role alone. */
  | { readonly kind: 'lease'; readonly baseMs: number }
  | { readonly kind: 'answer'; readonly request: number; readonly index: number; readonly refused?: string }
  /** Something an operator should know; said once for each change of `text`. */
  | {
      readonly kind: 'notice';
      readonly reason: 'founded' | 'waiting' | Conflict;
      readonly text: string;
    };

/** Something between nodes that only an operator can mend. */
export type Conflict = 'two-clusters' | 'foreign-cluster' | 'too-old' | 'log-lost';
