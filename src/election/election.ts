// WHO LEADS, AND WHAT WAS DECIDED: Raft, the state machine behind it, the birth of a cluster, and the choices that the
// leader makes by itself (admission, voters). A pure state machine like its parts: no clock, no disk, no socket.
import { type BirthPolicy, decideBirth, decideMeeting } from './birth.ts';
import { applyCommand, type ClusterState, knownLevel, unborn } from './cluster-state.ts';
import type { Entry, Payload } from './command.ts';
import { Following } from './following.ts';
import { Governor } from './governor.ts';
import {
  conflictsRememberedMax,
  discoveryWindowMs,
  leaderlessBeforeYieldMs,
  snapshotEntries,
} from './limits.ts';
import type {
  Conflict,
  ElectionEffect,
  ElectionInput,
  ElectionMessage,
  MemberAdvice,
  Role,
} from './messages.ts';
import { type Configuration, isMember } from './quorum.ts';
import { Raft } from './raft.ts';
import { nothingSaved, type Saved } from './replica.ts';
import { type Snapshot, type SnapshotContent, snapshotContent, snapshotText } from './snapshot.ts';
import { SnapshotTransfer } from './snapshot-transfer.ts';

export interface ElectionOptions {
  readonly id: string;
  readonly name: string;
  /** Name of the cluster this node would found. */
  readonly clusterName: string;
  readonly bootstrap: BirthPolicy;
  /** What this program knows; only the simulator has others. */
  readonly level?: number;
  /** What the log store held; `nothingSaved` only when it was never written. */
  readonly saved: Saved;
  readonly random: () => number;
  /** Of all the bytes of a snapshot, 8 hex digits. */
  readonly checksum: (bytes: Uint8Array) => string;
  readonly nowMs: number;
}

/** What a node without a cluster takes from one: its log, and who leads. */
const joiningMessages: ReadonlySet<ElectionMessage['kind']> = new Set([
  'append-request',
  'commit-notice',
  'fetch-reply',
  'snapshot-offer',
  'snapshot-chunk',
]);

/** Questions for what was decided; they move nobody. */
const readingMessages: ReadonlySet<ElectionMessage['kind']> = new Set(['fetch-request', 'snapshot-request']);

export class Election {
  readonly #options: ElectionOptions;
  readonly #following = new Following();
  readonly #snapshots: SnapshotTransfer;
  readonly #governor: Governor;
  #raft: Raft;
  #state: ClusterState = unborn;
  #restored = false;
  #members: readonly MemberAdvice[] = [];
  #freshInSight = '';
  #stableSinceMs: number;
  #unbornSinceMs: number;
  #awaitsStrangers = false;
  #expelled = false;
  #leaderlessSinceMs: number;
  /** When to look again whether another cluster has taken the place of this one. */
  #yieldAtMs = Number.POSITIVE_INFINITY;
  #told = { role: 'follower' as Role, term: -1, leader: '' };
  #noticed = '';
  #leaseToldMs = Number.NEGATIVE_INFINITY;
  readonly #conflicts = new Set<string>();
  #effects: ElectionEffect[] = [];

  constructor(options: ElectionOptions) {
    this.#options = options;
    this.#snapshots = new SnapshotTransfer(options.checksum);
    this.#governor = new Governor(options.id, this.#level, ({ id, name, level: its }, level) =>
      this.#conflict(
        ...(['too-old', id] as const),
        `${name} is not admitted: its program knows level ${its}, this cluster is at level ${level}; update ClusterOS on it`,
      ),
    );
    this.#raft = new Raft(options.id, options.saved, options.random, options.nowMs);
    const { snapshot } = options.saved;
    if (snapshot) this.#state = snapshotContent(snapshot.text).state;
    this.#stableSinceMs = options.nowMs;
    this.#unbornSinceMs = options.nowMs;
    this.#leaderlessSinceMs = options.nowMs;
    this.#yieldAtMs = options.nowMs + leaderlessBeforeYieldMs;
    this.#collect();
  }

  /** The decided state as far as this node knows it; what a restart finds again before the first input. */
  get state(): ClusterState {
    return this.#state;
  }
  get raft(): Pick<
    Raft,
    'clusterId' | 'term' | 'role' | 'leader' | 'commitIndex' | 'lastIndex' | 'configuration' | 'ready'
  > {
    return this.#raft;
  }

  nextWakeMs(): number {
    const following = Math.min(
      ...[this.#following.nextWakeMs(), this.#snapshots.nextWakeMs()],
      this.#yieldAtMs,
    );
    if (this.#raft.clusterId !== '') return Math.min(this.#raft.nextWakeMs(), following);
    return Math.min(this.#stableSinceMs + discoveryWindowMs, following);
  }

  /** Takes one input and returns what is to be done, in order; `save` first, and what follows it only once it is durable. */
  step(input: ElectionInput, nowMs: number): ElectionEffect[] {
    switch (input.kind) {
      case 'tick':
        this.#snapshots.tick(this.#raft.clusterId, nowMs);
        if (this.#raft.clusterId !== '') this.#raft.tick(nowMs);
        if (this.#yieldAtMs <= nowMs) this.#considerMeeting(nowMs);
        if (this.#raft.clusterId !== '') break;
        if (this.#stableSinceMs + discoveryWindowMs <= nowMs) this.#considerBirth(nowMs);
        break;
      case 'message':
        this.#receive(input.from, input.message, nowMs);
        break;
      case 'advice':
        this.#awaitsStrangers = input.awaitsStrangers;
        this.#takeAdvice(input.members, nowMs);
        break;
      case 'neighbours':
        this.#following.meet(input.ids, this.#raft);
        break;
      case 'propose':
        this.#raft.propose(
          input.request,
          { kind: 'command', command: input.command, ...(input.session ? { session: input.session } : {}) },
          nowMs,
        );
        break;
      case 'fitness':
        this.#raft.setFit(input.fit, nowMs);
        break;
      case 'read':
        this.#raft.read(input.request, nowMs);
        break;
      case 'lost':
        this.#raft.lost(input.id, nowMs);
        break;
      case 'transfer':
        this.#raft.transfer(input.request, input.target, nowMs);
        break;
    }
    this.#collect();
    while (this.#govern(nowMs)) this.#collect();
    this.#watchLeader(nowMs);
    this.#considerExpulsion();
    if (this.#raft.replica.handedOver - (this.#raft.replica.snapshot?.index ?? 0) >= snapshotEntries) {
      this.#raft.replica.compact(
        snapshotText({ configuration: this.#raft.appliedConfiguration, state: this.#state }),
      );
      this.#collect();
    }
    if (this.#raft.leaseBaseMs > this.#leaseToldMs) {
      this.#leaseToldMs = this.#raft.leaseBaseMs;
      this.#effects.push({ kind: 'lease', baseMs: this.#leaseToldMs });
    }
    for (const { to, message } of [...this.#following.take(this.#raft, nowMs), ...this.#snapshots.take()])
      this.#effects.push({ kind: 'send', to, message });
    const effects = this.#effects;
    this.#effects = [];
    return effects;
  }

  /** Remembers since when nobody leads, as far as this node knows. */
  #watchLeader(nowMs: number): void {
    const led = this.#told.leader !== '';
    if (led) this.#leaderlessSinceMs = Number.POSITIVE_INFINITY;
    else if (this.#leaderlessSinceMs === Number.POSITIVE_INFINITY) {
      this.#leaderlessSinceMs = nowMs;
      this.#yieldAtMs = nowMs + leaderlessBeforeYieldMs;
    }
  }

  /** What was decided may leave no place for this node. */
  #considerExpulsion(): void {
    const { id, name } = this.#options;
    const { removed, clusterName, level } = this.#state;
    const own = this.#level;
    const { lostFrom } = this.#raft;
    const expel = (reason: 'removed' | 'outgrown' | 'log-lost', text: string) => {
      this.#expelled = true;
      this.#effects.push({ kind: 'expelled', reason, text });
    };
    const again = 'to let this machine join again as a new node, move its data folder aside and start it';
    if (this.#expelled) return;
    if (lostFrom !== undefined)
      expel(
        'log-lost',
        `${name} had acknowledged decisions of cluster ${clusterName} that its log lacks from entry ${lostFrom} on: its disk has forgotten them, or was put back to an older state; it must not vote with it: ${again}`,
      );
    else if (level > own)
      expel(
        'outgrown',
        `cluster ${clusterName} has been raised to level ${level}, and this program knows level ${own}: update ClusterOS on this machine`,
      );
    else if (Object.hasOwn(removed, id))
      expel('removed', `${name} was removed from cluster ${clusterName} by an operator, for good: ${again}`);
  }

  get #level(): number {
    return this.#options.level ?? knownLevel;
  }

  #receive(from: string, message: ElectionMessage, nowMs: number): void {
    const own = this.#raft.clusterId;
    // A fresh node takes the log of whoever leads; that is how it joins. Everything else must be of the own cluster.
    const joins = joiningMessages.has(message.kind);
    // Who was taken out may read why, and nothing else: it neither votes nor leads again (I13).
    if (Object.hasOwn(this.#state.removed, from) && !readingMessages.has(message.kind)) return;
    const welcome = own === '' ? joins : message.clusterId === own;
    if (welcome) this.#take(from, message, nowMs);
    else if (own !== '' && !this.#isKin(message.clusterId, from)) {
      const name = this.#members.find(({ id }) => id === from)?.name ?? from;
      const text = `${name} speaks for cluster ${message.clusterId}, this node belongs to ${own}`;
      this.#conflict('foreign-cluster', message.clusterId, text);
    }
  }

  /** True when one of the two clusters was recovered from the other. */
  #isKin(clusterId: string, from: string): boolean {
    const sender = this.#members.find(({ id }) => id === from);
    return (
      this.#state.recoveries.some(({ formerId }) => formerId === clusterId) ||
      sender?.formerClusters.includes(this.#raft.clusterId) === true
    );
  }

  #take(from: string, message: ElectionMessage, nowMs: number): void {
    switch (message.kind) {
      case 'commit-notice':
        this.#following.noticed(from, message, this.#raft, nowMs);
        break;
      case 'fetch-request':
        if (!this.#following.requested(from, message.nextIndex, this.#raft)) this.#offer(from, false, 0);
        break;
      case 'snapshot-offer':
        if (message.leads) this.#raft.receive(from, message, nowMs);
        else this.#following.offered(from, nowMs);
        this.#snapshots.offered(from, message, this.#raft.commitIndex, nowMs);
        break;
      case 'snapshot-request':
        this.#snapshots.requested(from, message, this.#raft.clusterId, this.#raft.replica.snapshot);
        break;
      case 'snapshot-chunk':
        this.#install(message.clusterId, this.#snapshots.arrived(from, message, nowMs));
        break;
      case 'fetch-reply':
        this.#following.fetched(from, message, this.#raft, nowMs);
        break;
      default:
        this.#raft.receive(from, message, nowMs);
    }
  }

  /** Offers `to` this node's snapshot; from the leader that is its heartbeat, too. */
  #offer(to: string, leads: boolean, round: number): void {
    const { clusterId, term } = this.#raft;
    const { snapshot } = this.#raft.replica;
    if (!snapshot) return;
    const offer = this.#snapshots.offerOf(snapshot);
    this.#effects.push({
      ...{ kind: 'send', to },
      message: { kind: 'snapshot-offer', clusterId, term, leads, round, ...offer },
    });
  }

  #install(clusterId: string, snapshot: Snapshot | undefined): void {
    if (!snapshot) return;
    let content: SnapshotContent;
    try {
      content = snapshotContent(snapshot.text);
    } catch (error) {
      const reason = error instanceof Error ? error.message : String(error);
      this.#notice('waiting', `${reason}: update this node`);
      return;
    }
    if (!this.#raft.install(clusterId, snapshot, content.configuration)) return;
    this.#state = content.state;
    this.#restored = true;
    this.#following.installed();
  }

  #takeAdvice(members: readonly MemberAdvice[], nowMs: number): void {
    this.#members = members;
    this.#governor.advise(members, nowMs);
    this.#following.absent(new Set(members.filter(({ alive }) => !alive).map(({ id }) => id)));
    const fresh = members.filter(member => member.alive && member.clusterId === '').map(member => member.id);
    const inSight = fresh.sort().join(' ');
    if (inSight !== this.#freshInSight) {
      this.#freshInSight = inSight;
      this.#stableSinceMs = nowMs;
    }
    if (this.#raft.clusterId === '') this.#considerBirth(nowMs);
    else this.#considerMeeting(nowMs);
  }

  #considerBirth(nowMs: number): void {
    const { id, name, clusterName, bootstrap, random } = this.#options;
    const sight = {
      ...{ members: this.#members, awaitsStrangers: this.#awaitsStrangers },
      ...{ stableSinceMs: this.#stableSinceMs, unbornSinceMs: this.#unbornSinceMs },
    };
    const decision = decideBirth(bootstrap, id, sight, nowMs);
    if (decision.kind === 'wait') {
      this.#notice('waiting', decision.text);
      // Look again after another window; news of members comes by itself.
      if (this.#stableSinceMs + discoveryWindowMs <= nowMs) this.#stableSinceMs = nowMs;
      return;
    }
    const clusterId = Array.from({ length: 32 }, () => Math.floor(random() * 16).toString(16)).join('');
    const birth: Payload = {
      kind: 'command',
      command: { kind: 'birth', clusterId, clusterName, founder: id },
    };
    const admission: Payload = { kind: 'command', command: { kind: 'admit', node: id, name } };
    this.#raft.found(clusterId, [birth, admission], nowMs);
    this.#notice('founded', `founded cluster ${clusterName} (${clusterId})`);
  }

  #considerMeeting(nowMs: number): void {
    const { clusterId, configuration, commitIndex, lastIndex } = this.#raft;
    const { nodes, grants } = this.#state;
    const clusterOf = new Map(this.#members.map(member => [member.id, member.clusterId]));
    // Also one that was just being taken in, when all whom it knows there have gone over to the other.
    const isIdle = (besides: string) =>
      grants.length === 0 &&
      commitIndex === lastIndex &&
      [...configuration.voters, ...Object.keys(nodes)].every(
        each => each === this.#options.id || clusterOf.get(each) === besides,
      );
    this.#yieldAtMs = Number.POSITIVE_INFINITY;
    const meeting = decideMeeting(
      clusterId,
      isIdle,
      this.#members,
      this.#state.recoveries.map(({ formerId }) => formerId),
    );
    if (meeting.kind === 'superseded') {
      const { name, clusterId: other } = meeting.other;
      const yieldAtMs = this.#leaderlessSinceMs + leaderlessBeforeYieldMs;
      if (yieldAtMs <= nowMs) this.#abandon(other, nowMs);
      else if (yieldAtMs < Number.POSITIVE_INFINITY) this.#yieldAtMs = yieldAtMs;
      else
        this.#conflict(
          ...(['two-clusters', other] as const),
          `${name} belongs to cluster ${other}, which an operator recovered from a node of ${clusterId}, but ${clusterId} has a leader: ` +
            'keep one: on each node of the other stop the agent, move its data folder aside, and start it again',
        );
    } else if (meeting.kind === 'two-clusters') {
      const { name, clusterId: other } = meeting.other;
      this.#conflict(
        'two-clusters',
        other,
        `${name} belongs to cluster ${other}, this node to ${clusterId}: two clusters were born from one key. ` +
          'Keep one: on each node of the other stop the agent, move its data folder aside, and start it again',
      );
    } else if (meeting.kind === 'yield') {
      this.#abandon(meeting.to, nowMs);
    }
  }

  /** Gives up this node's cluster: it is fresh again, and may be admitted to the other. */
  #abandon(inFavourOf: string, nowMs: number): void {
    this.#effects.push({ kind: 'abandon', clusterId: this.#raft.clusterId, inFavourOf });
    this.#raft = new Raft(this.#options.id, nothingSaved, this.#options.random, nowMs);
    this.#following.reset();
    this.#snapshots.reset();
    this.#state = unborn;
    this.#stableSinceMs = nowMs;
    this.#unbornSinceMs = nowMs;
  }

  /** Does what a leader does by itself. True when it proposed something, and there may be more to do. */
  #govern(nowMs: number): boolean {
    if (!this.#raft.ready) {
      this.#governor.rest();
      return false;
    }
    const act = this.#governor.next({ raft: this.#raft, state: this.#state }, nowMs);
    switch (act?.kind) {
      case 'decide':
        this.#raft.propose(0, { kind: 'command', command: act.command }, nowMs);
        return true;
      case 'reconfigure':
        return this.#raft.reconfigure(act.choice.voters, act.choice.learners, nowMs);
      case 'step-aside':
        this.#raft.transfer(0, '', nowMs);
        return false;
      case undefined:
        return false;
    }
  }

  /** Why each admitted node votes or does not, by id, as this node sees it. */
  voterReasons(nowMs: number): ReadonlyMap<string, string> {
    return this.#governor.reasons({ raft: this.#raft, state: this.#state }, nowMs);
  }

  /** Turns what Raft has to say into effects: save, send, then what became known. */
  #collect(): void {
    const { early, save, sends, committed, answers, lacking, round, forgetful } = this.#raft.take();
    for (const { to, message } of early) this.#effects.push({ kind: 'send', to, message });
    if (save) this.#effects.push({ kind: 'save', save });
    for (const { to, message } of sends) this.#effects.push({ kind: 'send', to, message });
    for (const to of lacking) this.#offer(to, true, round);
    for (const id of forgetful) this.#tellForgetful(id);
    if (committed.length > 0 || this.#restored) {
      this.#restored = false;
      const refusals = this.#apply(committed);
      this.#effects.push({
        ...{ kind: 'applied', index: this.#raft.replica.handedOver, entries: committed, state: this.#state },
        configuration: this.#raft.configuration,
      });
      this.#tellRole();
      for (const { request, index, refused } of answers) {
        const reason = refused ?? refusals.get(index);
        this.#effects.push({
          kind: 'answer',
          request,
          index,
          ...(reason === undefined ? {} : { refused: reason }),
        });
      }
      return;
    }
    this.#tellRole();
    for (const answer of answers) this.#effects.push({ kind: 'answer', ...answer });
  }

  #tellForgetful(id: string): void {
    const { name = id } = this.#members.find(each => each.id === id) ?? {};
    const text = `the log of ${name} lacks what it had acknowledged: it has been told to stop; move its data folder aside and start it again, as a new node`;
    this.#conflict('log-lost', id, text);
  }

  #apply(entries: readonly Entry[]): ReadonlyMap<number, string> {
    const refusals = new Map<number, string>();
    for (const { index, payload } of entries) {
      if (payload.kind !== 'command') continue;
      const { state, refused } = applyCommand(this.#state, payload.command, index, payload.session);
      this.#state = state;
      if (refused !== undefined) refusals.set(index, refused);
    }
    return refusals;
  }

  #tellRole(): void {
    const { role } = this.#raft;
    const { term, leader } = this.#leadership();
    if (role === this.#told.role && term === this.#told.term && leader === this.#told.leader) return;
    this.#told = { role, term, leader };
    this.#effects.push({ kind: 'role', role, term, leader });
  }

  /** By what this node hears itself, or where it has no place in the configuration by the word of its neighbours. */
  #leadership(): { readonly term: number; readonly leader: string } {
    const { term, leader, configuration } = this.#raft;
    const { heard } = this.#following;
    const first = leader !== '' || isMember(configuration, this.#options.id) || heard.term < term;
    return first ? { term, leader } : heard;
  }

  #notice(reason: 'founded' | 'waiting', text: string): void {
    if (this.#noticed === text) return;
    this.#noticed = text;
    this.#effects.push({ kind: 'notice', reason, text });
  }

  /** Another cluster of the same key, told once for each: its members are many. */
  #conflict(reason: Conflict, other: string, text: string): void {
    if (this.#conflicts.has(`${reason} ${other}`)) return;
    if (this.#conflicts.size >= conflictsRememberedMax) this.#conflicts.clear();
    this.#conflicts.add(`${reason} ${other}`);
    this.#effects.push({ kind: 'notice', reason, text });
  }

  /** The configuration in force on this node. */
  get configuration(): Configuration {
    return this.#raft.configuration;
  }
}
