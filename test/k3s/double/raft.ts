// The consensus below the double's etcd: Raft with pre-votes, learners and a leader that steps down without a majority, kept
// small: configurations hold when they are applied, one change at a time, as in etcd. Writes go through the leader, reads wait
// for what it had committed. Saves before it answers. Never touches a socket: messages go through `Transport`.
import { control, tuning } from './control.ts';
import { logEntriesMax } from './limits.ts';
import type { Base, Entry, RaftDisk } from './raft-disk.ts';
import { RaftLog } from './raft-log.ts';
import {
  learnerRefuses,
  type Message,
  noLeader,
  type Reply,
  type Transport,
  timedOut,
} from './raft-messages.ts';
import { Followers, Milestones } from './raft-progress.ts';
import { type Member, type Op, type Outcome, State } from './state.ts';

interface Waiter {
  readonly index: number;
  readonly term: number;
  readonly settle: (outcome: Outcome) => void;
}

export class Raft {
  readonly id: string;
  readonly state: State;
  leader: string | undefined;
  commit = 0;
  applied = 0;
  readonly #disk: RaftDisk;
  readonly #transport: Transport;
  readonly #log: RaftLog;
  #role: 'follower' | 'candidate' | 'leader' = 'follower';
  #heardAtMs = performance.now();
  #electionAtMs = 0;
  readonly #followers = new Followers();
  #waiters: Waiter[] = [];
  readonly #reached = new Milestones();
  #timer: NodeJS.Timeout | undefined;
  #onRemoved: () => void = () => {};

  /** @param disk holds an id, and a state unless it is that of a newcomer */
  constructor(disk: RaftDisk, transport: Transport) {
    this.id = disk.memberId;
    this.#disk = disk;
    this.#transport = transport;
    this.state = new State(disk.base?.state);
    this.#log = new RaftLog(disk);
    this.commit = this.applied = this.#log.baseIndex;
    for (const { index, op } of disk.entries) {
      if (index > disk.commit) break;
      if (op !== null) this.state.apply(op, index);
      this.commit = this.applied = index;
    }
    this.#reached.tell(this.applied);
  }

  start(): void {
    this.#resetElection();
    const [only] = this.state.voters;
    if (this.state.voters.length === 1 && only?.id === this.id) this.#electAlone();
    this.#timer = setInterval(() => this.#tick(), tuning().heartbeatMs);
  }

  stop(): void {
    clearInterval(this.#timer);
    this.#stepDown(this.term);
    this.#disk.close();
  }

  onRemoved(listener: () => void): void {
    this.#onRemoved = listener;
  }

  get term(): number {
    return this.#disk.promise.term;
  }
  get isLeader(): boolean {
    return this.#role === 'leader';
  }
  get lastIndex(): number {
    return this.#log.last.index;
  }
  get isLearner(): boolean {
    return this.state.members.get(this.id)?.isLearner ?? true;
  }

  /** Whether the member answered its leader lately; the leader itself always did. Only the leader knows. */
  isActive(id: string): boolean {
    return id === this.id || this.#followers.isActive(id);
  }

  /** Whether a member has all but the newest entries. Only the leader knows. */
  isInSync(id: string): boolean {
    return this.#followers.matchOf(id) >= this.lastIndex * 0.9;
  }

  /** Decides one change, through whoever leads. @throws Error in etcd's words */
  async propose(op: Op): Promise<Outcome> {
    const deadline = performance.now() + tuning().requestTimeoutMs;
    if (this.isLearner && this.state.members.has(this.id)) throw new Error(learnerRefuses);
    for (;;) {
      if (this.isLeader) return await this.#proposeHere(op, deadline);
      const leader = this.state.members.get(this.leader ?? '');
      if (leader !== undefined) {
        const reply = await this.#transport.send(leader, { kind: 'propose', op });
        // No answer leaves the fate of the change open, as with etcd: it is not tried again.
        if (reply === undefined || reply === 'removed') throw new Error(timedOut);
        if (reply.outcome !== undefined) {
          if (reply.outcome.ok) await this.#reached.until(reply.outcome.index, deadline);
          return reply.outcome;
        }
        if (reply.error !== undefined && reply.error !== noLeader) throw new Error(reply.error);
      }
      await this.#pause(deadline);
    }
  }

  /** Has another member decide a change; for a learner, that may not itself. */
  async forward(to: Member, op: Op): Promise<void> {
    await this.#transport.send(to, { kind: 'propose', op });
  }

  /** Returns when all is applied that was decided when it was called. @throws Error in etcd's words */
  async barrier(): Promise<void> {
    const deadline = performance.now() + tuning().requestTimeoutMs;
    if (this.isLearner && this.state.members.has(this.id)) throw new Error(learnerRefuses);
    for (;;) {
      if (this.isLeader && this.#hasMajority()) return;
      const leader = this.isLeader ? undefined : this.state.members.get(this.leader ?? '');
      if (leader !== undefined) {
        const reply = await this.#transport.send(leader, { kind: 'read' });
        if (reply !== undefined && reply !== 'removed' && reply.index !== undefined && reply.ok) {
          await this.#reached.until(reply.index, deadline);
          return;
        }
      }
      await this.#pause(deadline);
    }
  }

  /** What another member says. */
  async receive(from: string, message: Message): Promise<Reply> {
    switch (message.kind) {
      case 'vote':
        return this.#vote(from, message);
      case 'append':
        return this.#append(from, message);
      case 'read':
        return this.isLeader && this.#hasMajority()
          ? { term: this.term, ok: true, index: this.commit }
          : { term: this.term, ok: false };
      case 'propose': {
        if (!this.isLeader) return { term: this.term, ok: false, error: noLeader };
        try {
          const deadline = performance.now() + tuning().requestTimeoutMs;
          return { term: this.term, ok: true, outcome: await this.#proposeHere(message.op, deadline) };
        } catch (thrown) {
          return { term: this.term, ok: false, error: (thrown as Error).message };
        }
      }
    }
  }

  #tick(): void {
    const nowMs = performance.now();
    if (this.isLeader) {
      if (!this.#hasMajority()) this.#stepDown(this.term);
      else for (const id of this.state.members.keys()) void this.#replicate(id, true);
    } else if (!this.isLearner && nowMs >= this.#electionAtMs) void this.#campaign();
  }

  #hasMajority(): boolean {
    const voters = this.state.voters;
    return voters.filter(voter => this.isActive(voter.id)).length * 2 > voters.length;
  }

  #resetElection(): void {
    const { electionMs } = tuning();
    this.#electionAtMs = performance.now() + electionMs * (1 + Math.random());
  }

  async #campaign(): Promise<void> {
    this.#resetElection();
    this.leader = undefined;
    if (!(await this.#ask(true))) return;
    const before = this.term;
    this.#disk.savePromise({ term: before + 1, votedFor: this.id });
    this.#role = 'candidate';
    if ((await this.#ask(false)) && this.#role === 'candidate' && this.term === before + 1) this.#lead();
  }

  /** Asks all voters at once. @returns whether a majority agrees */
  async #ask(isPre: boolean): Promise<boolean> {
    const term = this.term + (isPre ? 1 : 0);
    const { last } = this.#log;
    const message: Message = { kind: 'vote', term, isPre, lastIndex: last.index, lastTerm: last.term };
    const voters = this.state.voters;
    if (!voters.some(voter => voter.id === this.id)) return false;
    let votes = 1;
    if (votes * 2 > voters.length) return true;
    return await new Promise<boolean>(resolve => {
      const others = voters.filter(voter => voter.id !== this.id);
      let left = others.length;
      for (const voter of others)
        void this.#send(voter, message).then(reply => {
          left -= 1;
          if (reply?.ok) votes += 1;
          if (votes * 2 > voters.length) resolve(true);
          else if (left === 0) resolve(false);
        });
    });
  }

  #electAlone(): void {
    this.#disk.savePromise({ term: this.term + 1, votedFor: this.id });
    this.#lead();
  }

  #lead(): void {
    this.#role = 'leader';
    this.leader = this.id;
    this.#followers.reset(
      this.state.voters.map(voter => voter.id),
      this.lastIndex,
    );
    this.#write(null);
  }

  #stepDown(term: number): void {
    if (term > this.term) this.#disk.savePromise({ term, votedFor: '' });
    if (this.isLeader) {
      this.leader = undefined;
      for (const waiter of this.#waiters.splice(0)) waiter.settle({ ok: false, error: timedOut });
    }
    this.#role = 'follower';
    this.#resetElection();
  }

  #vote(from: string, message: Extract<Message, { kind: 'vote' }>): Reply {
    const { last } = this.#log;
    const isUpToDate =
      message.lastTerm > last.term || (message.lastTerm === last.term && message.lastIndex >= last.index);
    const hearsLeader = this.isLeader || performance.now() - this.#heardAtMs < tuning().electionMs;
    if (message.isPre)
      return {
        term: this.term,
        ok: isUpToDate && message.term > this.term && !(hearsLeader && this.leader !== undefined),
      };
    if (message.term > this.term) this.#stepDown(message.term);
    const { term, votedFor } = this.#disk.promise;
    if (message.term < term || !isUpToDate || (votedFor !== '' && votedFor !== from))
      return { term, ok: false };
    this.#disk.savePromise({ term, votedFor: from });
    this.#resetElection();
    return { term, ok: true };
  }

  #append(from: string, message: Extract<Message, { kind: 'append' }>): Reply {
    if (message.term < this.term) return { term: this.term, ok: false };
    if (message.term > this.term || this.#role !== 'follower') this.#stepDown(message.term);
    this.leader = from;
    this.#heardAtMs = performance.now();
    this.#resetElection();
    if (message.base !== undefined) this.#install(message.base);
    const known = this.#log.termAt(message.prevIndex);
    if (known === undefined || known !== message.prevTerm)
      return { term: this.term, ok: false, index: Math.min(this.lastIndex, message.prevIndex - 1) };
    const news = message.entries.filter(entry => this.#log.termAt(entry.index) !== entry.term);
    this.#log.append(news);
    const agreed = message.prevIndex + message.entries.length;
    this.#commitTo(Math.min(message.commit, agreed));
    return { term: this.term, ok: true, index: agreed };
  }

  #install(base: Base): void {
    if (base.index <= this.applied) return;
    this.#log.replace(this.id, base);
    this.commit = this.applied = base.index;
    this.state.replace(base.state, base.index);
    this.#reached.tell(this.applied);
  }

  #isConnected(id: string): boolean {
    return id === this.id || this.#followers.isConnected(id);
  }

  /** etcd's checks before a change of members is written at all. */
  #refusal(op: Op): string | undefined {
    const voters = this.state.voters;
    if (op.kind === 'member-add') {
      const ordered = control().memberAddError;
      if (ordered !== undefined) return ordered;
      if (!voters.every(voter => this.#isConnected(voter.id))) return 'etcdserver: unhealthy cluster';
    }
    const leaving = op.kind === 'member-remove' ? voters.find(voter => voter.id === op.id) : undefined;
    if (leaving !== undefined) {
      const left = voters.filter(voter => voter !== leaving);
      const started = left.filter(voter => voter.name !== '').length;
      if (started < Math.floor(left.length / 2) + 1)
        return 'etcdserver: re-configuration failed due to not enough started members';
      // One that is away is no part of the majority that is there.
      const active = voters.filter(voter => this.#isConnected(voter.id)).length;
      if (this.#isConnected(leaving.id) && active - 1 < 1 + Math.floor((voters.length - 1) / 2))
        return 'etcdserver: unhealthy cluster';
    }
    if (op.kind === 'member-promote' && !this.isInSync(op.id))
      return 'etcdserver: can only promote a learner member which is in sync with leader';
    return undefined;
  }

  async #proposeHere(op: Op, deadline: number): Promise<Outcome> {
    const refusal = this.#refusal(op);
    if (refusal !== undefined) return { ok: false, error: refusal };
    return await new Promise<Outcome>((resolve, reject) => {
      const timer = setTimeout(
        () => settle({ ok: false, error: timedOut }),
        Math.max(0, deadline - performance.now()),
      );
      const settle = (outcome: Outcome) => {
        clearTimeout(timer);
        this.#waiters = this.#waiters.filter(each => each !== waiter);
        if (!outcome.ok && outcome.error === timedOut) reject(new Error(timedOut));
        else resolve(outcome);
      };
      const waiter: Waiter = { index: this.lastIndex + 1, term: this.term, settle };
      this.#waiters.push(waiter);
      this.#write(op);
    });
  }

  #write(op: Op | null): void {
    const entry: Entry = { index: this.lastIndex + 1, term: this.term, op };
    this.#log.append([entry]);
    this.#advance();
    for (const id of this.state.members.keys()) void this.#replicate(id, false);
  }

  /** Sends a member what it lacks, one message at a time. */
  async #replicate(id: string, isHeartbeat: boolean): Promise<void> {
    const member = this.state.members.get(id);
    if (member === undefined || id === this.id) return;
    const progress = this.#followers.of(id, this.lastIndex);
    if (progress.isSending) return;
    progress.isSending = true;
    const { term } = this;
    let mustSend = isHeartbeat;
    while (
      this.isLeader &&
      this.term === term &&
      (mustSend || progress.next <= this.lastIndex || progress.told < this.commit)
    ) {
      mustSend = false;
      const base = progress.next <= this.#log.baseIndex ? this.#currentBase() : undefined;
      if (base !== undefined) progress.next = base.index + 1;
      const entries = this.#log.from(progress.next);
      const prevIndex = progress.next - 1;
      const prevTerm = base?.term ?? this.#log.termAt(prevIndex) ?? 0;
      const { commit } = this;
      const reply = await this.#send(member, {
        kind: 'append',
        term,
        prevIndex,
        prevTerm,
        entries,
        commit,
        ...(base === undefined ? {} : { base }),
      });
      progress.isFailing = reply === undefined;
      if (reply === undefined || !this.isLeader) break;
      progress.heardAtMs = performance.now();
      if (reply.ok) {
        progress.told = commit;
        progress.match = Math.max(progress.match, reply.index ?? 0);
        progress.next = progress.match + 1;
        this.#advance();
      } else {
        progress.next = Math.max(1, Math.min(progress.next - 1, (reply.index ?? 0) + 1));
        if (progress.next <= this.#log.baseIndex) progress.next = this.#log.baseIndex;
        mustSend = true;
      }
    }
    progress.isSending = false;
  }

  #currentBase(): Base {
    return { index: this.applied, term: this.#log.termAt(this.applied) ?? 0, state: this.state.save() };
  }

  async #send(to: Member, message: Message): Promise<Reply | undefined> {
    const reply = await this.#transport.send(to, message);
    if (reply === 'removed') {
      this.#onRemoved();
      return undefined;
    }
    if (reply !== undefined && reply.term > this.term && !(message.kind === 'vote' && message.isPre))
      this.#stepDown(reply.term);
    return reply;
  }

  /** Commits what a majority of voters holds, if this leader wrote it. */
  #advance(): void {
    if (!this.isLeader) return;
    const held = this.state.voters
      .map(voter => (voter.id === this.id ? this.lastIndex : this.#followers.matchOf(voter.id)))
      .sort((one, other) => other - one);
    const index = held[Math.floor(held.length / 2)] ?? 0;
    if (index <= this.commit || this.#log.termAt(index) !== this.term) return;
    this.#commitTo(index);
    // At once, not with the next heartbeat: a follower that passed a write on waits for it.
    for (const id of this.state.members.keys()) void this.#replicate(id, false);
  }

  #commitTo(index: number): void {
    if (index <= this.commit) return;
    this.commit = index;
    this.#disk.saveCommit(index);
    while (this.applied < this.commit) {
      const entry = this.#log.at(this.applied + 1);
      if (entry === undefined) break;
      this.applied = entry.index;
      const outcome: Outcome =
        entry.op === null ? { ok: true, index: entry.index } : this.state.apply(entry.op, entry.index);
      for (const waiter of this.#waiters.filter(each => each.index === entry.index))
        waiter.settle(waiter.term === entry.term ? outcome : { ok: false, error: timedOut });
      if (entry.op?.kind === 'member-remove' && entry.op.id === this.id) setImmediate(this.#onRemoved);
    }
    this.#reached.tell(this.applied);
    if (this.#log.length > logEntriesMax) this.#log.compact(this.id, this.#currentBase());
    // A change of members may have made what was one too few a majority.
    this.#advance();
  }

  async #pause(deadline: number): Promise<void> {
    if (performance.now() >= deadline) throw new Error(timedOut);
    await new Promise(resolve => setTimeout(resolve, 100));
  }
}
