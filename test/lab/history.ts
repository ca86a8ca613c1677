// What clients of a cluster saw of their writes, and what was seen of its nodes meanwhile: the evidence that
// `history-checker.ts` judges. Only data; a test, or the lab, makes it.
import type { Payload } from '../../src/election/command.ts';
import type { Saved } from '../../src/election/replica.ts';

/** Something that is written and that one client alone writes, so that the order of its writes is known. */
export interface Write {
  /** "wish of <id>" or "voters wanted". */
  readonly register: string;
  readonly value: string;
  /** Names the request: asked for again it is decided once. Empty in a log from before requests had names. */
  readonly request: string;
}

/** Unknown: it may have been decided, or will be, or never. */
export type Outcome = 'acknowledged' | 'refused' | 'unknown';

/** One write as its client saw it, all tries together. A client begins no write before the one before has returned. */
export interface Operation extends Write {
  /** Where in the history it was begun and returned: later is greater, over all clients. */
  readonly invokedAt: number;
  readonly returnedAt: number;
  readonly outcome: Outcome;
  /** The answer in the agent's words, for people; empty when it was acknowledged. */
  readonly answer: string;
}

/** What a node's log held on its disk while the node was down. */
export interface Look {
  readonly node: string;
  readonly saved: Pick<Saved, 'clusterId' | 'term' | 'votedFor' | 'commitIndex' | 'base' | 'entries'>;
}

/** A node's word on who leads. */
export interface ToldLeader {
  readonly teller: string;
  readonly term: number;
  readonly leader: string;
}

export interface History {
  /** In the order in which they were begun. */
  readonly operations: readonly Operation[];
  /** In the order in which they were taken; the last one of each node is of the end. */
  readonly looks: readonly Look[];
  readonly leaders: readonly ToldLeader[];
  /** Up to here every node had decided everything at the end, by its own word. */
  readonly decidedIndex: number;
}

/** The client's write that is in an entry; undefined in an entry of another kind. */
export function writeIn(payload: Payload): Write | undefined {
  if (payload.kind !== 'command') return undefined;
  const { command, session } = payload;
  const request = session?.client ?? '';
  if (command.kind === 'wish') return { register: `wish of ${command.node}`, value: command.wish, request };
  if (command.kind === 'want-voters')
    return { register: 'voters wanted', value: String(command.count), request };
  return undefined;
}
