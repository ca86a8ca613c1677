// Raft for one node (Ongaro and Ousterhout, "In Search of an Understandable Consensus Algorithm", extended version),
// with pre-vote, check-quorum, leader stickiness, read-index and joint configuration changes (Ongaro's dissertation).
// A pure state machine: it collects what must be saved and what must be sent; its caller saves first.
import type { Entry, Payload } from './command.ts';
import { type Answer, Leading } from './leading.ts';
import { Lease } from './lease.ts';
import {
  campaignTimeoutMs,
  electionTimeoutMaxMs,
  electionTimeoutMinMs,
  heartbeatMs,
  lostLeaderMs,
  lostLeaderTurnMs,
  payloadBytesMax,
  unfitElectionTimeouts,
} from './limits.ts';
import type { ElectionMessage, Role, Save } from './messages.ts';
import type { Progress } from './progress.ts';
import { type Configuration, isQuorum, isVoter, membersOf, quorumIndex } from './quorum.ts';
import { bytesOf, type RaftLog } from './raft-log.ts';
import { type AppendOutcome, Replica, type Saved } from './replica.ts';
import type { Snapshot } from './snapshot.ts';

export interface RaftOutput {
  /** Appends that need not wait for `save`: a leader may send while it writes, because it counts itself only afterwards (dissertation, section 10.2.1). */
  readonly early: readonly { readonly to: string; readonly message: ElectionMessage }[];
  readonly save: Save | undefined;
  readonly sends: readonly { readonly to: string; readonly message: ElectionMessage }[];
  /** Ids of those that need the snapshot, and the heartbeat round that its offer stands for. */
  readonly lacking: readonly string[];
  readonly round: number;
  readonly committed: readonly Entry[];
  readonly answers: readonly Answer[];
  /** Followers that lack what they had acknowledged to this leader. */
  readonly forgetful: readonly string[];
}

type VoteRequest = Extract<ElectionMessage, { kind: 'vote-request' }>;
type VoteReply = Extract<ElectionMessage, { kind: 'vote-reply' }>;
type TimeoutNow = Extract<ElectionMessage, { kind: 'timeout-now' }>;
type LogLost = Extract<ElectionMessage, { kind: 'log-lost' }>;
type AppendRequest = Extract<ElectionMessage, { kind: 'append-request' }>;
type SnapshotOffer = Extract<ElectionMessage, { kind: 'snapshot-offer' }>;
type AppendReply = Extract<ElectionMessage, { kind: 'append-reply' }>;

export class Raft {
  readonly id: string;
  readonly #random: () => number;
  readonly #replica: Replica;
  readonly #log: RaftLog;
  #clusterId: string;
  #term: number;
  #votedFor: string;
  #role: Role = 'follower';
  #leader = '';
  #heardLeaderAtMs: number;
  #electionAtMs: number;
  #electionTimeoutMs = electionTimeoutMaxMs;
  #votes = new Set<string>();
  /** While it leads, and only then. */
  #leading: Leading | undefined;
  /** False while something is wrong with this machine that would make it a bad leader. */
  #fit = true;
  #mustSave = false;
  #sends: { to: string; message: ElectionMessage }[] = [];
  /** Who needs entries that this leader no longer holds. */
  #lacking: string[] = [];
  #forgetful: string[] = [];
  readonly #lease = new Lease();
  #lostFrom: number | undefined;
  /** False for a log that is as it was never written. */
  #remembers: boolean;
  #answers: Answer[] = [];

  constructor(id: string, saved: Saved, random: () => number, nowMs: number) {
    this.id = id;
    this.#random = random;
    this.#replica = new Replica(saved);
    this.#log = this.#replica.log;
    this.#clusterId = saved.clusterId;
    this.#term = saved.term;
    this.#votedFor = saved.votedFor;
    this.#remembers = saved.clusterId !== '';
    // Whoever leads may speak first.
    this.#heardLeaderAtMs = nowMs;
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
    return this.#replica.commitIndex;
  }
  /** What was decided of the log, and what is kept of it. */
  get replica(): Pick<Replica, 'snapshot' | 'handedOver' | 'decided' | 'compact'> {
    return this.#replica;
  }
  /** The configuration as of the last entry that the state machine was given. */
  get appliedConfiguration(): Configuration {
    return this.#log.configurationAt(this.#replica.handedOver);
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
    return this.#leading !== undefined && this.commitIndex >= this.#leading.termStartIndex;
  }
  /** True while a change of configuration is under way. */
  get reconfiguring(): boolean {
    const { index, configuration } = this.#log.configuration();
    return index > this.commitIndex || configuration.outgoing.length > 0;
  }

  /** True while some leader's appends come in; a node without a place in the configuration gets none. */
  led(nowMs: number): boolean {
    return this.#role === 'leader' || nowMs < this.#heardLeaderAtMs + electionTimeoutMaxMs;
  }

  /** How many entries `id` lacks, as far as this leader knows; no number is enough for one that has acknowledged nothing yet. */
  lagOf(id: string): number {
    if (id === this.id) return 0;
    const matchIndex = this.#leading?.matchOf(id) ?? 0;
    return matchIndex === 0 ? Number.POSITIVE_INFINITY : this.#log.lastIndex() - matchIndex;
  }

  nextWakeMs(): number {
    return this.#leading?.nextWakeMs() ?? this.#electionAtMs;
  }

  /** Starts a log of this node's own: it is the only voter and leads from term 1. Only for a node without any cluster. */
  found(clusterId: string, first: readonly Payload[], nowMs: number): void {
    if (this.#clusterId !== '' || this.#log.lastIndex() > 0)
      throw new Error('raft: only a fresh node can found a cluster');
    this.#clusterId = clusterId;
    this.#remembers = true;
    this.#term = 1;
    this.#votedFor = this.id;
    this.#mustSave = true;
    const configuration: Configuration = { voters: [this.id], outgoing: [], learners: [] };
    this.#append({ kind: 'configuration', configuration });
    for (const payload of first) this.#append(payload);
    this.#lead(nowMs);
  }

  tick(nowMs: number): void {
    if (this.#leading) {
      this.#answers.push(...this.#leading.endLateTransfer(nowMs));
      if (this.#leading.quorumCheckAtMs <= nowMs) this.#checkQuorum(this.#leading, nowMs);
      if (this.#leading && this.#leading.heartbeatAtMs <= nowMs) this.#heartbeat(this.#leading, nowMs);
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
      case 'log-lost':
        this.#onLogLost(from, message);
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
    const leading = this.#leading;
    const tooLarge = bytesOf(payload) > payloadBytesMax ? 'too-large' : undefined;
    const refused = leading ? (tooLarge ?? leading.proposalRefused) : 'not-leader';
    if (!leading || refused !== undefined) {
      this.#refuse(request, refused ?? 'not-leader');
      return;
    }
    const index = this.#append(payload);
    if (request !== 0) leading.awaitCommit(request, index);
    this.#replicate(leading, nowMs);
    this.#advanceCommit(leading, nowMs);
  }

  /** Proposes a configuration: by one joint step when the voters change, at once when only learners do. False when it cannot be now. */
  reconfigure(voters: readonly string[], learners: readonly string[], nowMs: number): boolean {
    if (!this.ready || this.reconfiguring || this.#leading?.successor !== undefined) return false;
    const present = this.configuration.voters;
    const same = voters.length === present.length && voters.every(id => present.includes(id));
    const configuration: Configuration = { voters, outgoing: same ? [] : present, learners };
    this.propose(0, { kind: 'configuration', configuration }, nowMs);
    return true;
  }

  /** Nothing had been decided then that this node has not been told of since (Lease). */
  get leaseBaseMs(): number {
    return this.#lease.baseMs;
  }

  /** From which entry on this node lacks what it had acknowledged, by the word of its leader; undefined while all is well. */
  get lostFrom(): number | undefined {
    return this.#lostFrom;
  }

  /** Confirms leadership by a round of heartbeats (read-index, dissertation section 6.4). */
  read(request: number, nowMs: number): void {
    const leading = this.#leading;
    if (!leading) {
      this.#refuse(request, 'not-leader');
      return;
    }
    // One that has only just been elected knows what was decided before it once it has decided something itself.
    const index = Math.max(this.commitIndex, leading.termStartIndex);
    if (leading.awaitConfirmation(request, index)) this.#heartbeat(leading, nowMs);
    else this.#refuse(request, 'busy');
  }

  /**
   * Hands leadership over: no more proposals, the target gets what it lacks, and then the word to campaign at once. Answered
   * (unless `request` is 0) when this node has stepped down, or refused after `transferTimeoutMs` with this node leading on.
   * @param target a voter; empty for the one that is furthest
   */
  transfer(request: number, target: string, nowMs: number): void {
    const leading = this.#leading;
    const { voters } = this.configuration;
    const chosen = target === '' ? leading?.furthest(voters, nowMs) : target;
    if (!leading) this.#refuse(request, 'not-leader');
    else if (leading.successor !== undefined) this.#refuse(request, 'busy');
    else if (chosen === this.id) this.#refuse(request, 'already-leader');
    else if (chosen === undefined || !voters.includes(chosen)) this.#refuse(request, 'no-such-voter');
    else {
      leading.beginTransfer(request, chosen, nowMs);
      this.#urgeSuccessor(leading, nowMs);
    }
  }

  /**
   * Whether this machine can do a leader's work. One that can no longer hands over; it asks for votes only when the
   * others have had their turn and none leads, because a bad leader is better than none.
   */
  setFit(fit: boolean, nowMs: number): void {
    if (fit === this.#fit) return;
    this.#fit = fit;
    if (fit || !this.#leading) return;
    this.transfer(0, '', nowMs);
  }

  /**
   * The stream to a member was reset. Where that is the leader this node holds to it no longer and asks for pre-votes
   * soon; they are granted by a majority only if a majority has lost it, so a broken path deposes nobody.
   */
  lost(id: string, nowMs: number): void {
    if (id !== this.#leader || this.#role !== 'follower' || !isVoter(this.configuration, this.id)) return;
    this.#heardLeaderAtMs = Number.NEGATIVE_INFINITY;
    if (!this.#fit) return;
    const others = this.configuration.voters.filter(voter => voter !== id);
    const turn = others.filter(voter => voter < this.id).length;
    const delayMs = lostLeaderMs + lostLeaderTurnMs * (turn + 0.25 * this.#random());
    this.#electionAtMs = Math.min(this.#electionAtMs, nowMs + delayMs);
  }

  /** Takes another's snapshot in place of what this node lacks. False when it brings nothing new. */
  install(clusterId: string, snapshot: Snapshot, configuration: Configuration): boolean {
    if (this.#leading || !this.#replica.install(snapshot, configuration)) return false;
    this.#clusterId = clusterId;
    this.#recognise(this.configuration);
    return true;
  }

  /** Takes entries that a neighbour knows to be decided; no promise is made and no answer given. Only for a node that does not lead. */
  adopt(clusterId: string, prevLogIndex: number, prevLogTerm: number, entries: readonly Entry[]): void {
    if (this.#leading || !this.#replica.adopt(prevLogIndex, prevLogTerm, entries)) return;
    this.#recognise(this.configuration);
    if (this.#clusterId !== '') return;
    this.#clusterId = clusterId;
    this.#mustSave = true;
  }

  /** What has come of the inputs since the last call. The caller makes `save` durable before it does anything else. */
  take(): RaftOutput {
    const durableIndex = this.#log.savedIndex();
    const changes = this.#replica.takeChanges();
    let save: Save | undefined;
    // The commit index alone is not worth an fsync: it rides on the next write.
    if (changes || this.#mustSave) {
      const { truncateFrom, entries, compaction } = changes ?? { truncateFrom: 0, entries: [] };
      save = {
        ...{ clusterId: this.#clusterId, term: this.#term, votedFor: this.#votedFor },
        ...{ commitIndex: this.commitIndex, truncateFrom, entries },
        ...(compaction ? { compaction } : {}),
      };
    }
    const isEarly = (message: ElectionMessage) =>
      message.kind === 'append-request' && !this.#mustSave && message.commitIndex <= durableIndex;
    const early = save ? this.#sends.filter(({ message }) => isEarly(message)) : [];
    const sends = early.length > 0 ? this.#sends.filter(({ message }) => !isEarly(message)) : this.#sends;
    this.#mustSave = false;
    const output = {
      ...{ early, save, sends, committed: this.#replica.takeDecided(), answers: this.#answers },
      ...{ lacking: [...new Set(this.#lacking)], round: this.#leading?.round ?? 0 },
      forgetful: this.#forgetful,
    };
    this.#sends = [];
    this.#lacking = [];
    this.#forgetful = [];
    this.#answers = [];
    return output;
  }

  /** A new one for each role, vote and timeout; a heartbeat only begins it anew. */
  #drawElectionTimeoutMs(): number {
    const drawnMs = electionTimeoutMinMs + this.#random() * (electionTimeoutMaxMs - electionTimeoutMinMs);
    this.#electionTimeoutMs = drawnMs + (this.#fit ? 0 : unfitElectionTimeouts * electionTimeoutMaxMs);
    return this.#electionTimeoutMs;
  }

  #append(payload: Payload): number {
    const entry: Entry = { index: this.#log.lastIndex() + 1, term: this.#term, payload };
    this.#log.append(entry);
    return entry.index;
  }

  #refuse(request: number, refused: string): void {
    if (request !== 0) this.#answers.push({ request, index: 0, refused });
  }

  #stepDown(term: number, nowMs: number): void {
    if (term > this.#term) {
      this.#term = term;
      this.#votedFor = '';
      this.#mustSave = true;
    }
    if (this.#leading) this.#answers.push(...this.#leading.end());
    this.#leading = undefined;
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
    const leading = new Leading(this.id, this.#append({ kind: 'noop' }), nowMs);
    this.#leading = leading;
    this.#heartbeat(leading, nowMs);
    this.#advanceCommit(leading, nowMs);
  }

  #checkQuorum(leading: Leading, nowMs: number): void {
    leading.quorumCheckAtMs = nowMs + electionTimeoutMinMs;
    if (!leading.hasQuorum(this.configuration, nowMs)) this.#stepDown(this.#term, nowMs);
  }

  #heartbeat(leading: Leading, nowMs: number): void {
    leading.heartbeatAtMs = nowMs + heartbeatMs;
    leading.beginRound(nowMs);
    this.#replicate(leading, nowMs);
    // Who leads alone sends to nobody, and has the majority's answer at once.
    this.#confirmed(leading);
    this.#answerReads(leading);
  }

  #replicate(leading: Leading, nowMs: number): void {
    for (const id of membersOf(this.configuration))
      if (id !== this.id) this.#sendAppend(leading, id, this.#progressOf(leading, id, nowMs));
  }

  #progressOf(leading: Leading, id: string, nowMs: number): Progress {
    return leading.follow(id, this.#log.lastIndex(), nowMs);
  }

  /** Sends what `to` lacks, as far as may be on its way to it; without entries it is a heartbeat. */
  #sendAppend(leading: Leading, to: string, progress: Progress): void {
    const { nextIndex } = progress;
    const prevLogIndex = nextIndex - 1;
    if (prevLogIndex < this.#log.base.index) {
      this.#lacking.push(to);
      return;
    }
    const entries = progress.full ? [] : this.#log.batch(nextIndex);
    const bytes = entries.reduce((sum, { payload }) => sum + bytesOf(payload), 0);
    progress.sent(entries.length, bytes, leading.round);
    this.#send(to, {
      ...{ kind: 'append-request', clusterId: this.#clusterId, term: this.#term },
      ...{ prevLogIndex, prevLogTerm: this.#log.termAt(prevLogIndex) ?? 0, entries },
      ...{ commitIndex: this.commitIndex, round: leading.round },
      ...{ echo: progress.ackedRound, confirmed: this.#confirmed(leading).round },
    });
  }

  /** The last round that proves something: a leader that has decided nothing itself may not know all that was decided before. */
  #confirmed(leading: Leading): { readonly round: number; readonly atMs: number } {
    if (!this.ready) return { round: 0, atMs: Number.NEGATIVE_INFINITY };
    const confirmed = leading.confirmedRound(this.configuration);
    this.#lease.at(confirmed.atMs);
    return confirmed;
  }

  /** Tells the successor to campaign once it has all there is. */
  #urgeSuccessor(leading: Leading, nowMs: number): void {
    const { successor } = leading;
    if (successor === undefined) return;
    if (leading.matchOf(successor) === this.#log.lastIndex())
      this.#send(successor, { kind: 'timeout-now', clusterId: this.#clusterId, term: this.#term });
    else this.#sendAppend(leading, successor, this.#progressOf(leading, successor, nowMs));
  }

  #onTimeoutNow(from: string, message: TimeoutNow, nowMs: number): void {
    if (message.term !== this.#term || from !== this.#leader || this.#role !== 'follower') return;
    if (isVoter(this.configuration, this.id)) this.#campaign(false, nowMs, true);
  }

  #onLogLost(from: string, message: LogLost): void {
    if (message.term !== this.#term || from !== this.#leader) return;
    if (message.matchIndex > this.#log.lastIndex()) this.#lostFrom = this.#log.lastIndex() + 1;
  }

  /**
   * Nobody votes before it has acknowledged something. A node with an empty log that finds itself among the voters has done
   * so, and no longer knows what, nor for whom it has voted.
   */
  #recognise({ voters, outgoing }: Configuration): void {
    if (!this.#remembers && [...voters, ...outgoing].includes(this.id)) this.#lostFrom = 1;
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
    const heeded = this.#heed(from, message, nowMs);
    const outcome = heeded ? this.#replica.accept(message) : { conflictIndex: this.#log.lastIndex() + 1 };
    if (heeded) this.#lease.heard(message.term, message, nowMs);
    if (heeded && this.commitIndex >= message.commitIndex) this.#lease.confirmed(message.confirmed);
    this.#reply(from, message.round, outcome);
  }

  /** The leader lacks the entries this node would need next. Its offer is a heartbeat; the snapshot itself goes another way. */
  #onSnapshotOffer(from: string, message: SnapshotOffer, nowMs: number): void {
    if (!this.#heed(from, message, nowMs))
      this.#reply(from, message.round, { conflictIndex: this.#log.lastIndex() + 1 });
    // What is committed here up to the snapshot's end is what the leader holds, too.
    else
      this.#reply(from, message.round, {
        matchIndex: message.index <= this.commitIndex ? message.index : 0,
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

  #reply(to: string, round: number, outcome: AppendOutcome): void {
    const success = 'matchIndex' in outcome;
    if (success && outcome.matchIndex > 0 && !this.#remembers) {
      this.#recognise(this.configuration);
      this.#remembers = true;
    }
    this.#send(to, {
      ...{ kind: 'append-reply', clusterId: this.#clusterId, term: this.#term, success, round },
      matchIndex: success ? outcome.matchIndex : 0,
      conflictIndex: success ? 0 : outcome.conflictIndex,
    });
  }

  #onAppendReply(from: string, message: AppendReply, nowMs: number): void {
    if (message.term > this.#term) {
      this.#stepDown(message.term, nowMs);
      return;
    }
    const leading = this.#leading;
    const progress = leading?.progressOf(from);
    if (!leading || !progress || message.term < this.#term) return;
    progress.heard(message.round, nowMs);
    this.#confirmed(leading);
    this.#answerReads(leading);
    if (!message.success) {
      if (progress.hasForgotten(message.conflictIndex, message.round)) {
        const { matchIndex } = progress;
        this.#forgetful.push(from);
        this.#send(from, { kind: 'log-lost', clusterId: this.#clusterId, term: this.#term, matchIndex });
      } else if (progress.conflicted(message.conflictIndex, message.round))
        this.#sendAppend(leading, from, progress);
      return;
    }
    if (!progress.matched(message.matchIndex, leading.round)) return;
    this.#advanceCommit(leading, nowMs);
    if (this.#leading !== leading) return;
    if (from === leading.successor) this.#urgeSuccessor(leading, nowMs);
    else if (progress.nextIndex <= this.#log.lastIndex() && !progress.full)
      this.#sendAppend(leading, from, progress);
  }

  #advanceCommit(leading: Leading, nowMs: number): void {
    const reached = (id: string) => (id === this.id ? this.#log.lastIndex() : leading.matchOf(id));
    const index = quorumIndex(this.configuration, reached);
    // Only entries of the own term are committed by counting (Raft, section 5.4.2).
    if (index <= this.commitIndex || this.#log.termAt(index) !== this.#term) return;
    this.#replica.commit(index);
    this.#answers.push(...leading.committed(index));
    this.#answerReads(leading);
    const latest = this.#log.configuration();
    const decided = latest.index <= index;
    if (decided && latest.configuration.outgoing.length > 0) {
      const configuration = { ...latest.configuration, outgoing: [] };
      this.propose(0, { kind: 'configuration', configuration }, nowMs);
    } else if (decided && !isVoter(latest.configuration, this.id)) this.#stepDown(this.#term, nowMs);
    else this.#replicate(leading, nowMs);
  }

  #answerReads(leading: Leading): void {
    if (this.ready) this.#answers.push(...leading.confirmed(this.configuration));
  }

  #send(to: string, message: ElectionMessage): void {
    this.#sends.push({ to, message });
  }
}
