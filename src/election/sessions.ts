// Exactly once: what each client last had decided, kept in the decided state itself, so that a command that is asked for
// again (its answer was lost with the leader) changes nothing and gets the same answer (Ongaro's dissertation, section 6.3).
import { sessionsMax } from './limits.ts';

/** Names one request of one client. A client numbers its requests, ascending, and asks for one at a time. */
export interface Session {
  /** Unpredictable, and of one client only. */
  readonly client: string;
  readonly seq: number;
}

/** The last request of a client. */
export interface Decided extends Session {
  /** Of the entry that decided it. */
  readonly index: number;
  /** Empty when it was done. */
  readonly refused: string;
}

/** One for each client, in the order in which they were decided. A list, because an object of so many random keys is slow to copy. */
export type Sessions = readonly Decided[];

/** What became of this very request, or `stale-request` for one before the client's last; undefined for a new one. */
export function earlierOutcome(sessions: Sessions, { client, seq }: Session): string | undefined {
  const last = sessions.find(each => each.client === client);
  if (!last || seq > last.seq) return undefined;
  return seq === last.seq ? last.refused : 'stale-request';
}

/** The sessions after a request was decided. Of too many clients the one whose last request is the oldest is forgotten. */
export function withOutcome(
  sessions: Sessions,
  { client, seq }: Session,
  index: number,
  refused: string,
): Sessions {
  const others = sessions.filter(each => each.client !== client);
  return [...others.slice(Math.max(0, others.length + 1 - sessionsMax)), { client, seq, index, refused }];
}
