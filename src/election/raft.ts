// Raft for one node (Ongaro and Ousterhout, "In Search of an Understandable Consensus Algorithm", extended version),
// with pre-vote, check-quorum, leader stickiness, read-index and joint configuration changes (Ongaro's dissertation).
// A pure state machine: it collects what must be saved and what must be sent; its caller saves first.
import type { Entry, Payload } from './command.ts';
import {
  campaignTimeoutMs,
  electionTimeoutMaxMs,
  electionTimeoutMinMs,
  entriesPerAppendMax,
  heartbeatMs,
  lostLeaderMs,
  lostLeaderTurnMs,
  proposalsMax,
  readsMax,
  trailingEntries,
  transferTimeoutMs,
} from './limits.ts';
import type { ElectionMessage, Role, Save } from './messages.ts';
import { type Configuration, isQuorum, isVoter, membersOf, quorumIndex } from './quorum.ts';
import { type LogBase, noBase, RaftLog } from './raft-log.ts';
import type { Snapshot } from './snapshot.ts';

/** What a node finds on its disk: everything it may have promised. */
export interface Saved {
  readonly clusterId: string;
  readonly term: number;
  readonly votedFor: string;
  readonly commitIndex: number;
  /** The last snapshot; it holds at least what lies before `base`. */
  readonly snapshot: Snapshot | undefined;
  readonly base: LogBase;
  /** Contiguous from behind `base`. */
  readonly entries: readonly Entry[];
}

export const nothingSaved: Saved = {
  ...{ clusterId: '', term: 0, votedFor: '', commitIndex: 0, snapshot: undefined, base: noBase, entries: [] },
};

/** What the leader knows of another's log. */
interface Progress {
  nextIndex: number;
  matchIndex: number;
  ackedRound: number;
  ackedAtMs: number;
}

interface Answer {
  readonly request: number;
  readonly index: number;
  readonly refused?: string;
}

export interface RaftOutput {
  readonly save: Save | undefined;
  readonly sends: readonly { readonly to: string; readonly message: ElectionMessage }[];
  /** Ids of those that need the snapshot, and the heartbeat round that its offer stands for. */
  readonly lacking: readonly string[];
  readonly round: number;
  readonly committed: readonly Entry[];
  readonly answers: readonly Answer[];
}

type VoteRequest = Extract<ElectionMessage, { kind: 'vote-request' }>;
type VoteReply = Extract<ElectionMessage, { kind: 'vote-reply' }>;
type TimeoutNow = Extract<ElectionMessage, { kind: 'timeout-now' }>;
type AppendRequest = Extract<ElectionMessage, { kind: 'append-request' }>;
type SnapshotOffer = Extract<ElectionMessage, { kind: 'snapshot-offer' }>;
type AppendReply = Extract<ElectionMessage, { kind: 'append-reply' }>;

export class Raft {
  readonly id: string;
  readonly #random: () => number;
  readonly #log: RaftLog;
  #clusterId: string;
  #term: number;
  #votedFor: string;
  #commitIndex: number;
  #handedOver: number;
  #snapshot: Snapshot | undefined;
  #compacted = false;
  #role: Role = 'follower';
  #leader = '';
  #heardLeaderAtMs = Number.NEGATIVE_INFINITY;
  #electionAtMs: number;
  #electionTimeoutMs = electionTimeoutMaxMs;
  #votes = new Set<string>();
  #progress = new Map<string, Progress>();
  #heartbeatAtMs = 0;
  #quorumCheckAtMs = 0;
  #round = 0;
  #termStartIndex = 0;
  #proposals = new Map<number, number>();
  #reads: { readonly request: number; readonly index: number; readonly round: number }[] = [];
  /** A hand-over under way. */
  #transfer: { readonly request: number; readonly target: string; readonly untilMs: number } | undefined;
  #mustSave = false;
  #sends: { to: string; message: ElectionMessage }[] = [];
  /** Who needs entries that this leader no longer holds. */
  #lacking: string[] = [];
  #answers: Answer[] = [];

  constructor(id: string, saved: Saved, random: () => number, nowMs: number) {
    this.id = id;
    this.#random = random;
    this.#log = new RaftLog(saved.entries, saved.base);
    this.#snapshot = saved.snapshot;
    this.#handedOver = saved.snapshot?.index ?? 0;
    this.#clusterId = saved.clusterId;
    this.#term = saved.term;
    this.#votedFor = saved.votedFor;
    this.#commitIndex = Math.max(this.#handedOver, Math.min(saved.commitIndex, this.#log.lastIndex()));
    this.#electionAtMs = nowMs + this.#drawElectionTimeoutMs();
  }

  get clusterId(): string {
    return this.#clusterId;
  }
  get term(): number {
    return this.#term;
  }
  get role(): Role {
    return this.#role;
  }
  /** Id of the leader this node follows; empty when it knows none. */
  get leader(): string {
    return this.#leader;
  }
  get commitIndex(): number {
    return this.#commitIndex;
  }
  get lastIndex(): number {
    return this.#log.lastIndex();
  }
  /** The configuration in force: the latest in the log, committed or not. */
  get configuration(): Configuration {
    return this.#log.configuration().configuration;
  }
  /** True for a leader that has committed in its own term: only then does it know all that was decided before. */
  get ready(): boolean {
    return this.#role === 'leader' && this.#commitIndex >= this.#termStartIndex;
  }
  /** True while a change of configuration is under way. */
  get reconfiguring(): boolean {
    const { index, configuration } = this.#log.configuration();
    return index > this.#commitIndex || configuration.outgoing.length > 0;
  }

  /** True while some leader's appends come in; a node without a place in the configuration gets none. */
  led(nowMs: number): boolean {
    return this.#role === 'leader' || nowMs < this.#heardLeaderAtMs + electionTimeoutMaxMs;
  }

  /** How many entries `id` lacks, as far as this leader knows. */
  lagOf(id: string): number {
    return (
      this.#log.lastIndex() -
      (id === this.id ? this.#log.lastIndex() : (this.#progress.get(id)?.matchIndex ?? 0))
    );
  }

  nextWakeMs(): number {
    return this.#role === 'leader'
      ? Math.min(
          ...[this.#heartbeatAtMs, this.#quorumCheckAtMs],
          this.#transfer?.untilMs ?? Number.POSITIVE_INFINITY,
        )
      : this.#electionAtMs;
  }

  /** Starts a log of this node's own: it is the only voter and leads from term 1. Only for a node without any cluster. */
  found(clusterId: string, first: readonly Payload[], nowMs: number): void {
    if (this.#clusterId !== '' || this.#log.lastIndex() > 0)
      throw new Error('raft: only a fresh node can found a cluster');
    this.#clusterId = clusterId;
    this.#term = 1;
    this.#votedFor = this.id;
    this.#mustSave = true;
    const configuration: Configuration = { voters: [this.id], outgoing: [], learners: [] };
    this.#append({ kind: 'configuration', configuration });
    for (const payload of first) this.#append(payload);
    this.#lead(nowMs);
  }

  tick(nowMs: number): void {
    if (this.#role === 'leader') {
      if (this.#quorumCheckAtMs <= nowMs) this.#checkQuorum(nowMs);
      if (this.#transfer && this.#transfer.untilMs <= nowMs) this.#endTransfer('target-silent');
      if (this.#role === 'leader' && this.#heartbeatAtMs <= nowMs) this.#heartbeat(nowMs);
      return;
    }
    if (this.#electionAtMs > nowMs) return;
    this.#leader = '';
    if (this.#clusterId !== '' && isVoter(this.configuration, this.id)) this.#campaign(true, nowMs);
    else this.#electionAtMs = nowMs + this.#drawElectionTimeoutMs();
  }

  receive(from: string, message: ElectionMessage, nowMs: number): void {
    switch (message.kind) {
      case 'vote-request':
        this.#onVoteRequest(from, message, nowMs);
        break;
      case 'vote-reply':
        this.#onVoteReply(from, message, nowMs);
        break;
      case 'timeout-now':
        this.#onTimeoutNow(from, message, nowMs);
        break;
      case 'append-request':
        this.#onAppendRequest(from, message, nowMs);
        break;
      case 'append-reply':
        this.#onAppendReply(from, message, nowMs);
        break;
      case 'snapshot-offer':
        this.#onSnapshotOffer(from, message, nowMs);
        break;
      case 'snapshot-request':
      case 'snapshot-chunk':
      case 'commit-notice':
      case 'fetch-request':
      case 'fetch-reply':
        throw new Error(`raft: ${message.kind} is not for it`);
    }
  }

  /** Appends a payload on the leader; the answer comes with the commit. `request` 0 asks for no answer. */
  propose(request: number, payload: Payload, nowMs: number): void {
    const full = this.#proposals.size >= proposalsMax;
    const refused =
      this.#role !== 'leader' ? 'not-leader' : this.#transfer ? 'handing-over' : full ? 'busy' : undefined;
    if (refused !== undefined) {
      if (request !== 0) this.#answers.push({ request, index: 0, refused });
      return;
    }
    const index = this.#append(payload);
    if (request !== 0) this.#proposals.set(index, request);
    this.#replicate();
    this.#advanceCommit(nowMs);
  }

  /** Proposes a configuration: by one joint step when the voters change, at once when only learners do. False when it cannot be now. */
  reconfigure(voters: readonly string[], learners: readonly string[], nowMs: number): boolean {
    if (!this.ready || this.reconfiguring || this.#transfer) return false;
    const present = this.configuration.voters;
    const same = voters.length === present.length && voters.every(id => present.includes(id));
    const configuration: Configuration = { voters, outgoing: same ? [] : present, learners };
    this.propose(0, { kind: 'configuration', configuration }, nowMs);
    return true;
  }

  /** Confirms leadership by a round of heartbeats (read-index, dissertation section 6.4). */
  read(request: number, nowMs: number): void {
    const refused = this.#role !== 'leader' ? 'not-leader' : undefined;
    if (refused !== undefined || this.#reads.length >= readsMax) {
      this.#answers.push({ request, index: 0, refused: refused ?? 'busy' });
      return;
    }
    // One that has only just been elected knows what was decided before it once it has decided something itself.
    const index = Math.max(this.#commitIndex, this.#termStartIndex);
    this.#reads.push({ request, index, round: this.#round + 1 });
    this.#heartbeat(nowMs);
  }

  /**
   * Hands leadership over: no more proposals, the target gets what it lacks, and then the word to campaign at once. Answered
   * (unless `request` is 0) when this node has stepped down, or refused after `transferTimeoutMs` with this node leading on.
   * @param target a voter; empty for the one that is furthest
   */
  transfer(request: number, target: string, nowMs: number): void {
    const chosen = target === '' ? this.#furthestVoter(nowMs) : target;
    const refused =
      this.#role !== 'leader'
        ? 'not-leader'
        : this.#transfer
          ? 'busy'
          : chosen === this.id
            ? 'already-leader'
            : chosen === undefined || !this.configuration.voters.includes(chosen)
              ? 'no-such-voter'
              : undefined;
    if (refused !== undefined || chosen === undefined) {
      if (request !== 0) this.#answers.push({ request, index: 0, refused: refused ?? 'no-such-voter' });
      return;
    }
    this.#transfer = { request, target: chosen, untilMs: nowMs + transferTimeoutMs };
    this.#urgeTarget();
  }

  /**
   * The stream to a member was reset. Where that is the leader this node holds to it no longer and asks for pre-votes
   * soon; they are granted by a majority only if a majority has lost it, so a broken path deposes nobody.
   */
  lost(id: string, nowMs: number): void {
    if (id !== this.#leader || this.#role !== 'follower' || !isVoter(this.configuration, this.id)) return;
    this.#heardLeaderAtMs = Number.NEGATIVE_INFINITY;
    const others = this.configuration.voters.filter(voter => voter !== id);
    const turn = others.filter(voter => voter < this.id).length;
    const delayMs = lostLeaderMs + lostLeaderTurnMs * (turn + 0.25 * this.#random());
    this.#electionAtMs = Math.min(this.#electionAtMs, nowMs + delayMs);
  }

  /** The last snapshot of what was decided. */
  get snapshot(): Snapshot | undefined {
    return this.#snapshot;
  }

  /** Up to where the state machine has been given entries. */
  get handedOver(): number {
    return this.#handedOver;
  }

  /** The configuration as of the last entry that the state machine was given. */
  get appliedConfiguration(): Configuration {
    return this.#log.configurationAt(this.#handedOver);
  }

  /** Keeps `text` as the snapshot of all that was handed over, and lets go of entries that nobody should need any more. */
  compact(text: string): void {
    const index = this.#handedOver;
    const term = this.#log.termAt(index);
    if (term === undefined) throw new Error(`raft: no entry ${index} to make a snapshot of`);
    this.#snapshot = { index, term, text };
    this.#log.compact(index - trailingEntries);
    this.#compacted = true;
  }

  /**
   * Takes another's snapshot in place of what this node lacks. Entries behind it stay where the log holds its last entry.
   * False when it brings nothing new.
   */
  install(clusterId: string, snapshot: Snapshot, configuration: Configuration): boolean {
    if (this.#role === 'leader' || snapshot.index <= this.#commitIndex) return false;
    const { index, term } = snapshot;
    if (this.#log.termAt(index) === term) this.#log.compact(index);
    else this.#log.restart({ index, term, configuration });
    this.#clusterId = clusterId;
    this.#snapshot = snapshot;
    this.#commitIndex = index;
    this.#handedOver = index;
    this.#compacted = true;
    return true;
  }

  /** Decided entries from `nextIndex` on, for a neighbour that follows; undefined when this node has none to give. */
  decided(
    nextIndex: number,
  ):
    | { readonly prevLogIndex: number; readonly prevLogTerm: number; readonly entries: readonly Entry[] }
    | undefined {
    if (nextIndex <= this.#log.base.index || nextIndex > this.#commitIndex) return undefined;
    const prevLogIndex = nextIndex - 1;
    const count = Math.min(entriesPerAppendMax, this.#commitIndex - prevLogIndex);
    return {
      ...{ prevLogIndex, prevLogTerm: this.#log.termAt(prevLogIndex) ?? 0 },
      entries: this.#log.slice(nextIndex, count),
    };
  }

  /**
   * Takes entries that a neighbour knows to be decided. What is decided never changes, so whatever stands against it
   * here is not; no promise is made and no answer given. Only for a node that does not lead.
   */
  adopt(clusterId: string, prevLogIndex: number, prevLogTerm: number, entries: readonly Entry[]): void {
    if (this.#role === 'leader' || this.#log.termAt(prevLogIndex) !== prevLogTerm) return;
    if (this.#clusterId === '') {
      this.#clusterId = clusterId;
      this.#mustSave = true;
    }
    this.#take(entries);
    this.#commitIndex = Math.max(this.#commitIndex, prevLogIndex + entries.length);
  }

  /** What has come of the inputs since the last call. The caller makes `save` durable before it does anything else. */
  take(): RaftOutput {
    const unsaved = this.#log.takeUnsaved();
    let save: Save | undefined;
    // The commit index alone is not worth an fsync: it rides on the next write.
    if (unsaved || this.#mustSave || this.#compacted) {
      save = {
        ...{
          clusterId: this.#clusterId,
          term: this.#term,
          votedFor: this.#votedFor,
          commitIndex: this.#commitIndex,
        },
        ...{ truncateFrom: unsaved?.truncateFrom ?? 0, entries: unsaved?.entries ?? [] },
        ...(this.#compacted && this.#snapshot
          ? { compaction: { snapshot: this.#snapshot, base: this.#log.base } }
          : {}),
      };
    }
    this.#mustSave = false;
    this.#compacted = false;
    const committed = this.#log.slice(this.#handedOver + 1, this.#commitIndex - this.#handedOver);
    this.#handedOver = this.#commitIndex;
    const lacking = [...new Set(this.#lacking)];
    const output = {
      ...{ save, sends: this.#sends, committed, answers: this.#answers },
      ...{ lacking, round: this.#round },
    };
    this.#sends = [];
    this.#lacking = [];
    this.#answers = [];
    return output;
  }

  /** A new one for each role, vote and timeout; a heartbeat only begins it anew. */
  #drawElectionTimeoutMs(): number {
    this.#electionTimeoutMs =
      electionTimeoutMinMs + this.#random() * (electionTimeoutMaxMs - electionTimeoutMinMs);
    return this.#electionTimeoutMs;
  }

  #append(payload: Payload): number {
    const entry: Entry = { index: this.#log.lastIndex() + 1, term: this.#term, payload };
    this.#log.append(entry);
    for (const id of membersOf(this.configuration)) this.#follow(id);
    return entry.index;
  }

  /** Keeps progress for `id` from now on. */
  #follow(id: string): Progress {
    const known = this.#progress.get(id);
    if (known) return known;
    const fresh: Progress = {
      nextIndex: this.#log.lastIndex() + 1,
      matchIndex: 0,
      ackedRound: 0,
      ackedAtMs: 0,
    };
    this.#progress.set(id, fresh);
    return fresh;
  }

  #stepDown(term: number, nowMs: number): void {
    if (term > this.#term) {
      this.#term = term;
      this.#votedFor = '';
      this.#mustSave = true;
    }
    if (this.#role === 'leader') {
      for (const request of this.#proposals.values())
        this.#answers.push({ request, index: 0, refused: 'leadership-lost' });
      for (const { request } of this.#reads)
        this.#answers.push({ request, index: 0, refused: 'leadership-lost' });
      this.#proposals.clear();
      this.#reads = [];
      this.#endTransfer(undefined);
    }
    this.#role = 'follower';
    this.#leader = '';
    this.#votes.clear();
    this.#electionAtMs = nowMs + this.#drawElectionTimeoutMs();
  }

  /** @param transfer the leader has asked for it */
  #campaign(preVote: boolean, nowMs: number, transfer = false): void {
    this.#role = preVote ? 'pre-candidate' : 'candidate';
    this.#leader = '';
    if (!preVote) {
      this.#term += 1;
      this.#votedFor = this.id;
      this.#mustSave = true;
    }
    this.#votes = new Set([this.id]);
    this.#electionAtMs = nowMs + campaignTimeoutMs * (1 + this.#random());
    if (this.#wonVotes(nowMs)) return;
    const { voters, outgoing } = this.configuration;
    for (const to of new Set([...voters, ...outgoing])) {
      if (to === this.id) continue;
      this.#send(to, {
        ...{
          kind: 'vote-request',
          clusterId: this.#clusterId,
          term: this.#term + (preVote ? 1 : 0),
          ...{ preVote, transfer },
        },
        ...{ lastLogIndex: this.#log.lastIndex(), lastLogTerm: this.#log.lastTerm() },
      });
    }
  }

  #wonVotes(nowMs: number): boolean {
    if (!isQuorum(this.configuration, this.#votes)) return false;
    if (this.#role === 'pre-candidate') this.#campaign(false, nowMs);
    else this.#lead(nowMs);
    return true;
  }

  #lead(nowMs: number): void {
    this.#role = 'leader';
    this.#leader = this.id;
    this.#progress = new Map();
    this.#quorumCheckAtMs = nowMs + electionTimeoutMinMs;
    this.#round = 0;
    this.#termStartIndex = this.#append({ kind: 'noop' });
    for (const progress of this.#progress.values()) {
      progress.nextIndex = this.#termStartIndex;
      progress.ackedAtMs = nowMs;
    }
    this.#heartbeat(nowMs);
    this.#advanceCommit(nowMs);
  }

  #checkQuorum(nowMs: number): void {
    this.#quorumCheckAtMs = nowMs + electionTimeoutMinMs;
    const answering = new Set([this.id]);
    for (const [id, { ackedAtMs }] of this.#progress)
      if (ackedAtMs > nowMs - electionTimeoutMinMs) answering.add(id);
    if (!isQuorum(this.configuration, answering)) this.#stepDown(this.#term, nowMs);
  }

  #heartbeat(nowMs: number): void {
    this.#heartbeatAtMs = nowMs + heartbeatMs;
    this.#round += 1;
    this.#replicate();
    this.#answerReads();
  }

  #replicate(): void {
    for (const id of membersOf(this.configuration)) if (id !== this.id) this.#sendAppend(id);
  }

  #sendAppend(to: string): void {
    const progress = this.#follow(to);
    const prevLogIndex = progress.nextIndex - 1;
    if (prevLogIndex < this.#log.base.index) {
      this.#lacking.push(to);
      return;
    }
    const entries = this.#log.slice(progress.nextIndex, entriesPerAppendMax);
    this.#send(to, {
      ...{ kind: 'append-request', clusterId: this.#clusterId, term: this.#term },
      ...{ prevLogIndex, prevLogTerm: this.#log.termAt(prevLogIndex) ?? 0, entries },
      ...{ commitIndex: this.#commitIndex, round: this.#round },
    });
  }

  #furthestVoter(nowMs: number): string | undefined {
    const answering = this.configuration.voters.filter(
      id => (this.#progress.get(id)?.ackedAtMs ?? 0) > nowMs - electionTimeoutMinMs,
    );
    const matchOf = (id: string) => this.#progress.get(id)?.matchIndex ?? 0;
    return answering.sort((a, b) => matchOf(b) - matchOf(a) || (a < b ? -1 : 1))[0];
  }

  /** Tells the target of a hand-over to campaign once it has all there is. */
  #urgeTarget(): void {
    const target = this.#transfer?.target;
    if (target === undefined) return;
    if (this.#progress.get(target)?.matchIndex === this.#log.lastIndex())
      this.#send(target, { kind: 'timeout-now', clusterId: this.#clusterId, term: this.#term });
    else this.#sendAppend(target);
  }

  #endTransfer(refused: string | undefined): void {
    const request = this.#transfer?.request;
    this.#transfer = undefined;
    if (request !== undefined && request !== 0)
      this.#answers.push({ request, index: 0, ...(refused === undefined ? {} : { refused }) });
  }

  #onTimeoutNow(from: string, message: TimeoutNow, nowMs: number): void {
    if (message.term !== this.#term || from !== this.#leader || this.#role !== 'follower') return;
    if (isVoter(this.configuration, this.id)) this.#campaign(false, nowMs, true);
  }

  #onVoteRequest(from: string, message: VoteRequest, nowMs: number): void {
    if (this.#clusterId === '') return;
    // Who hears a leader helps nobody to depose it; not even a higher term counts (dissertation, section 4.2.3).
    const led =
      this.#role === 'leader' ||
      (this.#leader !== '' && nowMs < this.#heardLeaderAtMs + electionTimeoutMinMs);
    if (led && !message.transfer) return;
    const { lastLogIndex, lastLogTerm } = message;
    const lastTerm = this.#log.lastTerm();
    const upToDate =
      lastLogTerm > lastTerm || (lastLogTerm === lastTerm && lastLogIndex >= this.#log.lastIndex());
    if (message.preVote) {
      const granted = message.term > this.#term && upToDate;
      const term = granted ? message.term : this.#term;
      this.#send(from, { kind: 'vote-reply', clusterId: this.#clusterId, term, preVote: true, granted });
      return;
    }
    if (message.term > this.#term) this.#stepDown(message.term, nowMs);
    const free = this.#votedFor === '' || this.#votedFor === from;
    const granted = message.term === this.#term && free && upToDate;
    if (granted) {
      this.#votedFor = from;
      this.#mustSave = true;
      this.#electionAtMs = nowMs + this.#drawElectionTimeoutMs();
    }
    this.#send(from, {
      kind: 'vote-reply',
      clusterId: this.#clusterId,
      term: this.#term,
      preVote: false,
      granted,
    });
  }

  #onVoteReply(from: string, message: VoteReply, nowMs: number): void {
    if (message.term > this.#term && !(message.preVote && message.granted)) {
      this.#stepDown(message.term, nowMs);
      return;
    }
    // A late pre-vote must never be counted as a vote (canonical/raft#196).
    const expected = message.preVote ? 'pre-candidate' : 'candidate';
    const term = message.preVote ? this.#term + 1 : this.#term;
    if (!message.granted || this.#role !== expected || message.term !== term) return;
    this.#votes.add(from);
    this.#wonVotes(nowMs);
  }

  #onAppendRequest(from: string, message: AppendRequest, nowMs: number): void {
    const { round, prevLogIndex, entries } = message;
    if (!this.#heed(from, message, nowMs)) {
      this.#reply(from, round, { conflictIndex: this.#log.lastIndex() + 1 });
      return;
    }
    const { base } = this.#log;
    // What lies before the base is decided, and so the same everywhere.
    const known = entries.filter(({ index }) => index <= base.index).length;
    const matchIndex = prevLogIndex + entries.length;
    const termThere = prevLogIndex < base.index ? message.prevLogTerm : this.#log.termAt(prevLogIndex);
    if (termThere !== message.prevLogTerm) {
      const conflictIndex =
        termThere === undefined ? this.#log.lastIndex() + 1 : this.#log.firstIndexOfTermAt(prevLogIndex);
      this.#reply(from, round, { conflictIndex });
      return;
    }
    this.#take(entries.slice(known));
    this.#commitIndex = Math.max(this.#commitIndex, Math.min(message.commitIndex, matchIndex));
    this.#reply(from, round, { matchIndex: Math.max(matchIndex, Math.min(base.index, this.#commitIndex)) });
  }

  /** The leader lacks the entries this node would need next. Its offer is a heartbeat; the snapshot itself goes another way. */
  #onSnapshotOffer(from: string, message: SnapshotOffer, nowMs: number): void {
    if (!this.#heed(from, message, nowMs))
      this.#reply(from, message.round, { conflictIndex: this.#log.lastIndex() + 1 });
    // What is committed here up to the snapshot's end is what the leader holds, too.
    else
      this.#reply(from, message.round, {
        matchIndex: message.index <= this.#commitIndex ? message.index : 0,
      });
  }

  /** Takes the sender for the leader of its term; false when that term is past. */
  #heed(
    from: string,
    message: { readonly clusterId: string; readonly term: number },
    nowMs: number,
  ): boolean {
    if (this.#clusterId === '') {
      this.#clusterId = message.clusterId;
      this.#mustSave = true;
    }
    if (message.term < this.#term) return false;
    if (message.term === this.#term && this.#role === 'leader')
      throw new Error(`raft: two leaders in term ${this.#term}`);
    if (message.term > this.#term || this.#role !== 'follower') this.#stepDown(message.term, nowMs);
    this.#leader = from;
    this.#heardLeaderAtMs = nowMs;
    this.#electionAtMs = nowMs + this.#electionTimeoutMs;
    return true;
  }

  #reply(
    to: string,
    round: number,
    outcome: { readonly matchIndex: number } | { readonly conflictIndex: number },
  ): void {
    const success = 'matchIndex' in outcome;
    this.#send(to, {
      ...{ kind: 'append-reply', clusterId: this.#clusterId, term: this.#term, success, round },
      matchIndex: success ? outcome.matchIndex : 0,
      conflictIndex: success ? 0 : outcome.conflictIndex,
    });
  }

  /** Entries that follow on one that is known to be equal; what contradicts them here goes. */
  #take(entries: readonly Entry[]): void {
    for (const entry of entries) {
      const term = this.#log.termAt(entry.index);
      if (term === entry.term) continue;
      if (term !== undefined) {
        if (entry.index <= this.#commitIndex)
          throw new Error(`raft: committed entry ${entry.index} is contradicted`);
        this.#log.truncate(entry.index);
      }
      this.#log.append(entry);
    }
  }

  #onAppendReply(from: string, message: AppendReply, nowMs: number): void {
    if (message.term > this.#term) {
      this.#stepDown(message.term, nowMs);
      return;
    }
    const progress = this.#progress.get(from);
    if (this.#role !== 'leader' || message.term < this.#term || !progress) return;
    progress.ackedAtMs = nowMs;
    progress.ackedRound = Math.max(progress.ackedRound, message.round);
    this.#answerReads();
    if (!message.success) {
      const nextIndex = Math.max(
        progress.matchIndex + 1,
        Math.min(message.conflictIndex, progress.nextIndex - 1),
      );
      if (nextIndex === progress.nextIndex) return;
      progress.nextIndex = nextIndex;
      this.#sendAppend(from);
      return;
    }
    const advanced = message.matchIndex > progress.matchIndex;
    progress.matchIndex = Math.max(progress.matchIndex, message.matchIndex);
    progress.nextIndex = Math.max(progress.nextIndex, progress.matchIndex + 1);
    if (!advanced) return;
    this.#advanceCommit(nowMs);
    if (from === this.#transfer?.target) this.#urgeTarget();
    else if (progress.nextIndex <= this.#log.lastIndex()) this.#sendAppend(from);
  }

  #advanceCommit(nowMs: number): void {
    if (this.#role !== 'leader') return;
    const reached = (id: string) =>
      id === this.id ? this.#log.lastIndex() : (this.#progress.get(id)?.matchIndex ?? 0);
    const index = quorumIndex(this.configuration, reached);
    // Only entries of the own term are committed by counting (Raft, section 5.4.2).
    if (index <= this.#commitIndex || this.#log.termAt(index) !== this.#term) return;
    const before = this.#commitIndex;
    this.#commitIndex = index;
    for (const entry of this.#log.slice(before + 1, index - before)) {
      const request = this.#proposals.get(entry.index);
      this.#proposals.delete(entry.index);
      if (request !== undefined) this.#answers.push({ request, index: entry.index });
    }
    this.#answerReads();
    const latest = this.#log.configuration();
    if (latest.index <= index && latest.configuration.outgoing.length > 0) {
      this.propose(
        0,
        { kind: 'configuration', configuration: { ...latest.configuration, outgoing: [] } },
        nowMs,
      );
    } else if (latest.index <= index && !isVoter(latest.configuration, this.id)) {
      this.#stepDown(this.#term, nowMs);
    } else {
      this.#replicate();
    }
  }

  #answerReads(): void {
    if (!this.ready) return;
    const waiting = this.#reads;
    this.#reads = [];
    for (const read of waiting) {
      const confirmed = new Set([this.id]);
      for (const [id, { ackedRound }] of this.#progress) if (ackedRound >= read.round) confirmed.add(id);
      if (isQuorum(this.configuration, confirmed))
        this.#answers.push({ request: read.request, index: read.index });
      else this.#reads.push(read);
    }
  }

  #send(to: string, message: ElectionMessage): void {
    this.#sends.push({ to, message });
  }
}
