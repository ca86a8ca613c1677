// How a node without a place in the configuration keeps up: neighbours tell how far they are, and it fetches what is
// decided from one that is ahead. So the leader speaks to a handful, however large the cluster. Only ever hands on
// decided entries; votes on nothing.
import {
  fetchTimeoutMs,
  noticeRepeatMs,
  noticeWindowMs,
  snapshotRetryMs,
  snapshotTriesMax,
} from './limits.ts';
import type { ElectionMessage } from './messages.ts';
import { isMember } from './quorum.ts';
import type { Raft } from './raft.ts';

interface Send {
  readonly to: string;
  readonly message: ElectionMessage;
}

export class Following {
  #neighbours: ReadonlySet<string> = new Set();
  readonly #ahead = new Map<string, number>();
  #absent: ReadonlySet<string> = new Set();
  #heard = { term: 0, leader: '' };
  #told = '';
  #noticeAtMs = Number.POSITIVE_INFINITY;
  #repeatAtMs = 0;
  #turn = 0;
  #asked: { readonly id: string; readonly untilMs: number } | undefined;
  #sends: Send[] = [];

  /** The leader and its term by the word of neighbours; what this node itself hears from a leader counts for more. */
  get heard(): { readonly term: number; readonly leader: string } {
    const { term, leader } = this.#heard;
    return this.#absent.has(leader) ? { term, leader: '' } : this.#heard;
  }

  nextWakeMs(): number {
    const repeatMs = this.#neighbours.size > 0 ? this.#repeatAtMs : Number.POSITIVE_INFINITY;
    return Math.min(this.#noticeAtMs, repeatMs, this.#asked?.untilMs ?? Number.POSITIVE_INFINITY);
  }

  /** The neighbours have changed: new ones are told how far this node is. */
  meet(neighbours: ReadonlySet<string>, raft: Raft): void {
    for (const id of this.#ahead.keys()) if (!neighbours.has(id)) this.#ahead.delete(id);
    const fresh = [...neighbours].filter(id => !this.#neighbours.has(id));
    this.#neighbours = neighbours;
    if (raft.clusterId === '') return;
    for (const to of fresh) this.#sends.push({ to, message: this.#notice(raft) });
  }

  /** Members that are not alive: none of them leads, whatever others say. What is told to neighbours does not depend on it. */
  absent(ids: ReadonlySet<string>): void {
    this.#absent = ids;
  }

  /** Forgets everything: this node has given up its cluster. */
  reset(): void {
    this.#heard = { term: 0, leader: '' };
    this.#ahead.clear();
    this.#asked = undefined;
    this.#told = '';
  }

  noticed(
    from: string,
    message: Extract<ElectionMessage, { kind: 'commit-notice' }>,
    raft: Raft,
    nowMs: number,
  ): void {
    const { term, leader, commitIndex } = message;
    // A node that belongs to no cluster yet may hear of several; whom it follows is decided by the log it takes.
    const newer = term > this.#heard.term || (term === this.#heard.term && leader !== '');
    if (raft.clusterId !== '' && newer) this.#heard = { term, leader };
    this.#ahead.set(from, commitIndex);
    this.#fetch(message.clusterId, raft, nowMs);
  }

  /** False when this node no longer holds what is asked for, but a snapshot of it. */
  requested(from: string, nextIndex: number, raft: Raft): boolean {
    const { clusterId, commitIndex } = raft;
    const { snapshot } = raft.replica;
    const decided = raft.replica.decided(nextIndex);
    if (decided)
      this.#sends.push({ to: from, message: { kind: 'fetch-reply', clusterId, commitIndex, ...decided } });
    return decided !== undefined || nextIndex > (snapshot?.index ?? 0);
  }

  /** Instead of entries a snapshot comes, which takes longer. */
  offered(from: string, nowMs: number): void {
    if (this.#asked?.id === from)
      this.#asked = { id: from, untilMs: nowMs + snapshotRetryMs * snapshotTriesMax };
  }

  /** It has come. */
  installed(): void {
    this.#asked = undefined;
  }

  fetched(
    from: string,
    message: Extract<ElectionMessage, { kind: 'fetch-reply' }>,
    raft: Raft,
    nowMs: number,
  ): void {
    const { clusterId, prevLogIndex, prevLogTerm, entries, commitIndex } = message;
    if (prevLogIndex + entries.length > commitIndex) return;
    if (this.#asked?.id === from) this.#asked = undefined;
    this.#ahead.set(from, commitIndex);
    raft.adopt(clusterId, prevLogIndex, prevLogTerm, entries);
    this.#fetch(clusterId, raft, nowMs);
  }

  /** What is due, and what is to be sent. Called after every input. */
  take(raft: Raft, nowMs: number): readonly Send[] {
    if (this.#asked && this.#asked.untilMs <= nowMs) {
      this.#ahead.delete(this.#asked.id);
      this.#asked = undefined;
    }
    if (raft.clusterId !== '') this.#fetch(raft.clusterId, raft, nowMs);
    const news = `${raft.clusterId} ${raft.commitIndex} ${raft.term} ${raft.leader} ${this.#heard.term} ${this.#heard.leader}`;
    if (raft.clusterId !== '' && news !== this.#told) {
      this.#told = news;
      this.#noticeAtMs = Math.min(this.#noticeAtMs, nowMs + noticeWindowMs);
    }
    // Who has a place in the configuration hears from the leader itself.
    const followers = () => [...this.#neighbours].filter(id => !isMember(raft.configuration, id));
    if (this.#noticeAtMs <= nowMs) {
      this.#noticeAtMs = Number.POSITIVE_INFINITY;
      for (const to of followers()) this.#sends.push({ to, message: this.#notice(raft) });
    }
    if (this.#repeatAtMs <= nowMs) {
      this.#repeatAtMs = nowMs + noticeRepeatMs;
      this.#turn += 1;
      const inTurn = raft.clusterId === '' ? [] : followers();
      const to = inTurn[this.#turn % inTurn.length];
      // A notice may have been dropped, and there may be no other news for hours.
      if (to !== undefined) this.#sends.push({ to, message: this.#notice(raft) });
    }
    const sends = this.#sends;
    this.#sends = [];
    return sends;
  }

  #notice({ clusterId, term, leader, commitIndex }: Raft): ElectionMessage {
    const best = leader !== '' && term >= this.#heard.term ? { term, leader } : this.#heard;
    return { kind: 'commit-notice', clusterId, commitIndex, ...best };
  }

  #fetch(clusterId: string, raft: Raft, nowMs: number): void {
    if (this.#asked || (isMember(raft.configuration, raft.id) && raft.led(nowMs))) return;
    for (const [id, commitIndex] of this.#ahead) {
      if (commitIndex <= raft.commitIndex) continue;
      this.#asked = { id, untilMs: nowMs + fetchTimeoutMs };
      this.#sends.push({
        to: id,
        message: { kind: 'fetch-request', clusterId, nextIndex: raft.commitIndex + 1 },
      });
      return;
    }
  }
}
