// What members of a cluster say to each other, and how: the words between raft.ts and whatever carries them.
import type { Base, Entry } from './raft-disk.ts';
import type { Member, Op, Outcome } from './state.ts';

export type Message =
  | {
      readonly kind: 'vote';
      readonly term: number;
      readonly isPre: boolean;
      readonly lastIndex: number;
      readonly lastTerm: number;
    }
  | {
      readonly kind: 'append';
      readonly term: number;
      readonly prevIndex: number;
      readonly prevTerm: number;
      readonly entries: readonly Entry[];
      readonly commit: number;
      readonly base?: Base;
    }
  | { readonly kind: 'propose'; readonly op: Op }
  | { readonly kind: 'read' };

export interface Reply {
  readonly term: number;
  readonly ok: boolean;
  /** Of an append: how far the logs agree, or where to try again. Of a read: what to wait for. */
  readonly index?: number;
  readonly outcome?: Outcome;
  readonly error?: string;
}

export interface Transport {
  /** @returns undefined when there is no answer; 'removed' when the other says that we are no member any more */
  send(to: Member, message: Message): Promise<Reply | 'removed' | undefined>;
}

export const timedOut = 'etcdserver: request timed out';
export const noLeader = 'etcdserver: no leader';
export const learnerRefuses = 'etcdserver: rpc not supported for learner';
