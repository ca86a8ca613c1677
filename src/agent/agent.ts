// The daemon's heart: feeds the two cores, performs what they want done, and tells the rest what has become known.
// The simulator runs this very class; all it knows of the world comes through its Environment.

import type { BirthPolicy } from '../election/birth.ts';
import { type ClusterState, knownLevel, unborn } from '../election/cluster-state.ts';
import { type Command, levelOf } from '../election/command.ts';
import { Election } from '../election/election.ts';
import type { ElectionEffect, ElectionInput, Role } from '../election/messages.ts';
import { type Configuration, emptyConfiguration } from '../election/quorum.ts';
import type { Session } from '../election/sessions.ts';
import type { ClusterView, ServiceReport, TenureView } from '../integrations/cluster-view.ts';
import { tenureMs } from '../integrations/limits.ts';
import { machineCapabilities } from '../integrations/machine.ts';
import type { Integration } from '../integrations/reconciler.ts';
import { formerClustersMax } from '../membership/limits.ts';
import { isReachable, type MemberDescription, type MemberRecord } from '../membership/member.ts';
import { type Contact, Membership } from '../membership/membership.ts';
import type { MembershipEffect, MembershipInput } from '../membership/messages.ts';
import { adviceFrom } from './advice.ts';
import { Announcer } from './announcer.ts';
import { checksumOf } from './checksum.ts';
import { type DiskTrouble, DiskWatch } from './disk-watch.ts';
import type { Environment, TransportEvent } from './environment.ts';
import { EventLog } from './events.ts';
import { Executor } from './executor.ts';
import { Lane } from './lane.ts';
import { LeaderDriver } from './leader-driver.ts';
import {
  aloneSettleMs,
  failedTogetherMin,
  failedTogetherMs,
  farewellMs,
  handOverRestMs,
  inputsMax,
  readTimeoutMs,
  settleMs,
  stallToldMs,
} from './limits.ts';
import { PeerTroubles } from './peer-troubles.ts';
import { type Answer, Requests } from './requests.ts';
import type { Sealer } from './sealing.ts';
import { Expelled } from './start-error.ts';
import { TableWriter } from './table-writer.ts';
import type { Tags } from './tags.ts';
import { Tenure } from './tenure.ts';
import { clusterViewFrom, nameOf } from './view.ts';

export interface AgentOptions {
  readonly id: string;
  /** Durably raised before the agent is made. */
  readonly epoch: number;
  readonly name: string;
  readonly clusterName: string;
  /** Software version. */
  readonly version: string;
  /** HOST:PORT where peers reach this node. */
  readonly address: string;
  /** The operator's labels for this node. */
  readonly tags: Tags;
  /** Addresses where peers may be. */
  readonly peers: readonly string[];
  readonly bootstrap: BirthPolicy;
  /** What this program knows of the cluster's decisions; only the simulator has others. */
  readonly level?: number;
  readonly integrations: readonly Integration[];
  readonly sealer: Sealer;
  /** The agent cannot go on: the process must end. Called at most once. */
  readonly onFatal: (error: unknown) => void;
}

/** Who leads, as this node knows it. */
export interface Leadership {
  readonly role: Role;
  readonly term: number;
  /** Id; empty when no leader is known. */
  readonly leader: string;
  /** Monotonic time since when. */
  readonly sinceMs: number;
}

const tick = { kind: 'tick' } as const;

const diskTroubleTexts: Readonly<Record<DiskTrouble, string>> = {
  'disk-full':
    'the disk of the log is nearly full: this node does not lead until there is room again; free some space',
  'disk-slow':
    'a write of the log takes many seconds: this node does not lead; look at "dmesg" for errors of its disk',
};

export class Agent {
  readonly events = new EventLog();
  readonly options: AgentOptions;
  readonly startedAtMs: number;
  readonly #environment: Environment;
  readonly #announcer: Announcer;
  readonly #membership: Membership;
  readonly #election: Election;
  readonly #membershipLane: Lane<MembershipInput, MembershipEffect>;
  readonly #electionLane: Lane<ElectionInput, ElectionEffect>;
  readonly #executors: readonly Executor[];
  readonly #driver: LeaderDriver;
  readonly #reports = new Map<string, readonly ServiceReport[]>();
  readonly #requests: Requests;
  readonly #listeners = new Set<() => void>();
  readonly #troubles: PeerTroubles;
  readonly #table: TableWriter;
  readonly #diskWatch: DiskWatch;
  readonly #tenure: Tenure;
  #state: ClusterState;
  #configuration: Configuration;
  #leadership: Leadership;
  #waitingFor = '';
  #ready = false;
  #closed = false;
  /** Addresses where peers may be that no operator has listed. */
  #found: readonly string[] = [];
  /** Ids of those that have just been called dead. */
  readonly #failed: string[] = [];
  #nodesSettledAtMs: number;
  #appliedIndex: number;
  #wakesAtMs = Number.POSITIVE_INFINITY;
  #cancelTimer: () => void = () => {};
  #cancelSettle: () => void = () => {};
  #cancelVerdict: () => void = () => {};

  private constructor(
    options: AgentOptions,
    environment: Environment,
    membership: Membership,
    election: Election,
  ) {
    this.options = options;
    this.#environment = environment;
    this.#membership = membership;
    this.#election = election;
    this.#announcer = new Announcer(this.events, () => environment.wallMs());
    this.#troubles = new PeerTroubles({
      ...{ own: options, announcer: this.#announcer, nameOf: id => this.nameOf(id) },
      onFatal: error => this.#fatal(error),
    });
    const setTimer = (delayMs: number, run: () => void) => environment.setTimer(delayMs, run);
    this.#requests = new Requests(setTimer);
    this.#table = new TableWriter(environment.tableStore, setTimer, (error, inARow) => {
      // Said once for each time that it begins; it is tried again without a word.
      if (inARow > 1) return;
      const message = `the member table was not written, and will be tried again: ${error}`;
      this.#announcer.tell('table.write-failed', message, { level: 'warn' });
    });
    this.#diskWatch = new DiskWatch({
      ...{ disk: environment.logDisk, nowMs: () => environment.nowMs(), setTimer },
      onTroubles: troubles => this.#onDiskTroubles(troubles),
    });
    this.#tenure = new Tenure({
      ...{ self: options.id, nowMs: () => environment.nowMs(), setTimer },
      graceMs: membership.self().capabilities.includes('tenure-fence') ? tenureMs : 0,
      onLapse: () => this.#onLapse(),
      onRenewed: leftMs => {
        for (const integration of options.integrations)
          integration.renew(environment.host, leftMs).catch(error => this.#fatal(error));
      },
    });
    this.startedAtMs = environment.nowMs();
    this.#nodesSettledAtMs = this.startedAtMs + settleMs;
    this.#state = election.state;
    this.#appliedIndex = election.raft.commitIndex;
    this.#tenure.decided(election.state.grants);
    this.#configuration = election.state === unborn ? emptyConfiguration : election.raft.configuration;
    this.#leadership = { role: 'follower', term: election.raft.term, leader: '', sinceMs: this.startedAtMs };
    const common = {
      nowMs: () => environment.nowMs(),
      onFatal: (error: unknown) => this.#fatal(error),
      inputsMax,
    };
    this.#membershipLane = new Lane({
      ...common,
      core: membership,
      perform: effect => this.#performMembership(effect),
      onIdle: () => this.#afterMembership(),
    });
    this.#electionLane = new Lane({
      ...common,
      core: election,
      perform: effect => this.#performElection(effect),
      onIdle: () => this.#arm(),
    });
    this.#driver = new LeaderDriver({
      integrations: options.integrations,
      propose: command => this.decide(command),
      sealer: options.sealer,
      secretBytes: count => environment.secretBytes(count),
      wallMs: () => environment.wallMs(),
      onRefused: (command, reason) =>
        this.#announcer.tell('decision.refused', `${command.kind} was not decided: ${reason}`, {
          fields: { reason },
        }),
    });
    this.#executors = options.integrations.flatMap(({ name, lanes }) =>
      lanes.map(
        lane =>
          new Executor({
            ...{ lane, host: environment.host, view: () => this.view() },
            onReports: reports => this.#report(`${name} ${lane.name}`, reports),
            ...{ onFatal: common.onFatal, setTimer },
          }),
      ),
    );
  }

  /** Loads what the disks hold, begins to listen, and goes to work. Rejects with a StartError when that cannot be done. */
  static async start(options: AgentOptions, environment: Environment): Promise<Agent> {
    const { id, epoch, name, clusterName, version, address, bootstrap, tags } = options;
    const saved = await environment.logStore.load();
    const known = await environment.tableStore.load();
    const capabilities = await Promise.all([
      machineCapabilities(environment.host),
      ...options.integrations.map(each => each.capabilities(environment.host)),
    ]);
    const nowMs = environment.nowMs();
    const random = () => environment.random();
    const election = new Election({
      ...{ id, name, clusterName, bootstrap, saved, random, nowMs },
      ...{ checksum: checksumOf, level: options.level ?? knownLevel },
    });
    const description = {
      ...{ name, address, version, tags, services: [] },
      capabilities: [...new Set(capabilities.flat())].sort(),
      ...{ clusterId: election.raft.clusterId, clusterSize: Object.keys(election.state.nodes).length },
      ...{
        level: options.level ?? knownLevel,
        formerClusters: formerClustersOf(election.state),
        troubles: [],
      },
    };
    const boot = Buffer.from(environment.secretBytes(8)).toString('hex');
    const { seal } = environment;
    const membership = new Membership({ id, epoch, boot, description, known, seal, random, nowMs });
    const agent = new Agent(options, environment, membership, election);
    await environment.transport.open({ epoch, boot, name, address }, event => agent.#onTransport(event));
    agent.#membershipLane.submit({ kind: 'candidates', addresses: options.peers });
    agent.#hold();
    agent.#advise();
    agent.#diskWatch.start();
    agent.#pokeExecutors();
    return agent;
  }

  /** Says goodbye, so that the others know it is no failure, and stops. Daemons that were started go on. */
  async stop(): Promise<void> {
    if (this.#closed) return;
    // A leader that leaves without a word costs the cluster an election timeout.
    if (this.#leadership.role === 'leader') {
      await this.handOver('');
      await this.#rest(handOverRestMs);
    }
    this.#announcer.tell('agent.stopping', 'leaving: the others are told');
    this.#membershipLane.submit({ kind: 'leave' });
    await this.#rest(farewellMs);
    await this.close();
  }

  #rest(durationMs: number): Promise<void> {
    return new Promise(resolve => this.#environment.setTimer(durationMs, resolve));
  }

  /** Stops without a word, as a crash would, but lets the disks finish. */
  async close(): Promise<void> {
    if (this.#closed) return;
    this.#fallSilent();
    await this.#environment.transport.close();
    await this.#table.close();
    await this.#environment.logStore.close();
  }

  get state(): ClusterState {
    return this.#state;
  }
  get configuration(): Configuration {
    return this.#configuration;
  }
  get leadership(): Leadership {
    return this.#leadership;
  }
  /** Why this node belongs to no cluster yet, for people; empty when it does. */
  get waitingFor(): string {
    return this.#state.clusterId === '' ? this.#waitingFor : '';
  }
  get inputsDropped(): number {
    return this.#membershipLane.dropped + this.#electionLane.dropped;
  }
  /** The last entry of this node's log, and the last one that its decided state holds. */
  get logIndexes(): { readonly last: number; readonly applied: number } {
    return { last: this.#election.raft.lastIndex, applied: this.#appliedIndex };
  }
  get nowMs(): number {
    return this.#environment.nowMs();
  }
  get wallMs(): number {
    return this.#environment.wallMs();
  }

  /** Random bytes that only those can read who hold the cluster key. */
  newSecret(bytes: number): string {
    return this.options.sealer.seal(this.#environment.secretBytes(bytes));
  }

  records(): readonly MemberRecord[] {
    return this.#membership.records();
  }
  record(id: string): MemberRecord | undefined {
    return this.#membership.record(id);
  }
  contact(id: string): Contact {
    return this.#membership.contact(id, this.#environment.nowMs());
  }
  /** Ids of those that are meant to watch `id`. */
  watchersOf(id: string): ReadonlySet<string> {
    return this.#membership.watchersOf(id);
  }
  /** What membership has done so far, for metrics. */
  get membership(): Pick<Membership, 'counters' | 'health' | 'probes' | 'digest' | 'connected'> {
    return this.#membership;
  }
  nameOf(id: string): string {
    return nameOf(id, this.#state, this.#membership.record(id));
  }
  view(): ClusterView {
    const open = (sealed: string) => this.options.sealer.open(sealed);
    const tenure: TenureView = {
      leftMs: () => this.#tenure.leftMs(),
      stands: token => this.#tenure.stands(token),
      knownForMs: token => this.#tenure.knownForMs(token),
      hasReleased: ({ service, role, token, former }) =>
        this.record(former?.node ?? '')?.services.some(
          each =>
            each.service === service &&
            each.role === role &&
            each.token === token &&
            each.state === 'released',
        ) === true,
    };
    const wallMs = this.#environment.wallMs();
    const decided = { state: this.#state, configuration: this.#configuration, tenure, wallMs };
    return clusterViewFrom(this.#membership.self(), this.records(), decided, open);
  }

  /** Why each admitted node votes or does not, by id, as this node sees it. */
  voterReasons(): ReadonlyMap<string, string> {
    return this.#election.voterReasons(this.#environment.nowMs());
  }

  /** How much a leader would still have to decide for the integrations, as seen from here. */
  decisionsDue(): number {
    if (this.#state.clusterId === '') return 0;
    const view = this.view();
    return this.options.integrations.reduce((sum, integration) => sum + integration.decide(view).length, 0);
  }

  /** Calls back after each change of members, leadership or decided state, until the returned function is called. */
  listen(listener: () => void): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  /** Resolves when `isTrue` of what others read, or after `timeoutMs`. */
  async until(isTrue: () => boolean, timeoutMs: number): Promise<void> {
    if (isTrue()) return;
    await new Promise<void>(resolve => {
      const end = () => {
        cancel();
        stop();
        resolve();
      };
      const stop = this.listen(() => isTrue() && end());
      const cancel = this.#environment.setTimer(timeoutMs, end);
    });
  }

  /** Proof by a majority that this node leads now; undefined, or why there is none. */
  async confirmLeadership(): Promise<string | undefined> {
    return (await this.readIndex()).refused;
  }

  /** The same, and the entry up to which a reader must have applied to see all that was decided before. */
  readIndex(): Promise<Answer> {
    return this.#ask(request => ({ kind: 'read', request }));
  }

  /**
   * Has this node, which leads, hand over to a voter (id; empty for the one that is furthest). Resolves with why it did not,
   * or undefined once it leads no more.
   */
  async handOver(target: string): Promise<string | undefined> {
    return (await this.#ask(request => ({ kind: 'transfer', request, target }))).refused;
  }

  /**
   * Has `command` decided by the cluster, with a session once at most; only a leader can. Resolves with why it was not, or
   * undefined once it is committed.
   */
  async decide(command: Command, session?: Session): Promise<string | undefined> {
    if (levelOf(command) > this.#state.level) return 'older-members';
    const once = session ? { session } : {};
    return (await this.#ask(request => ({ kind: 'propose', request, command, ...once }))).refused;
  }

  /** Peers may be there, besides those of the settings. */
  seek(addresses: readonly string[]): void {
    this.#found = addresses;
    this.#membershipLane.submit({ kind: 'candidates', addresses: [...this.options.peers, ...addresses] });
  }

  /**
   * This node is at `address` (HOST:PORT) from now on, and tells the others. Rejects with a StartError when it cannot listen
   * there: then it stays where it was.
   */
  async relocate(address: string): Promise<void> {
    await this.#environment.transport.move(address);
    this.describe({ address });
  }

  /** The network below says something of itself or of this node's place in it. */
  tellOfNetwork(
    event: 'tailnet.changed' | 'tailnet.warned',
    message: string,
    level: 'info' | 'warn' | 'error',
    fields: Readonly<Record<string, string>>,
  ): void {
    this.#announcer.tell(event, message, { level, fields });
  }

  /** Changes what this node says of itself. */
  describe(change: Partial<MemberDescription>): void {
    this.#membershipLane.submit({ kind: 'describe', change });
  }

  #ask(input: (request: number) => ElectionInput): Promise<Answer> {
    return this.#requests.ask(request => this.#electionLane.submit(input(request)), readTimeoutMs);
  }

  #onTransport(event: TransportEvent): void {
    if (this.#closed) return;
    switch (event.kind) {
      case 'up':
        this.#troubles.met();
        this.#membershipLane.submit(event);
        break;
      case 'down':
        this.#membershipLane.submit(event);
        if (event.reason === 'reset') this.#electionLane.submit({ kind: 'lost', id: event.id });
        break;
      case 'own-address':
      case 'knocked':
      case 'outdated':
        this.#membershipLane.submit(event);
        break;
      case 'twin':
        this.#troubles.twin(this.options.id, event.epoch, event.address, event.epoch >= this.options.epoch);
        break;
      case 'unreachable':
        this.#membershipLane.submit({
          ...{ kind: 'unreachable', address: event.address, refused: event.reason === 'refused' },
        });
        if (event.reason === 'other-device') this.#troubles.otherDevice(event);
        if (event.reason === 'superseded')
          this.#troubles.superseded(event.address, event.detail, this.#othersKnown());
        if (event.reason === 'key-refused' || event.reason === 'clock')
          this.#troubles.keyRefused(
            event.address,
            event.detail,
            this.#state.clusterId === '',
            this.#found.length,
          );
        break;
      case 'turned-away':
        if (event.reason === 'other-device') {
          this.#troubles.otherDevice(event);
          break;
        }
        this.#announcer.tell('peer.turned-away', `${event.address} was turned away: ${event.detail}`, {
          level: 'warn',
          fields: { address: event.address, reason: event.reason },
        });
        break;
      case 'message':
        if (event.message.layer === 'membership') {
          this.#membershipLane.submit(
            { kind: 'message', from: event.from, message: event.message.message },
            true,
          );
        } else {
          this.#electionLane.submit(
            { kind: 'message', from: event.from, message: event.message.message },
            true,
          );
        }
        break;
    }
  }

  /** How many others this node knows of that have not left. */
  #othersKnown(): number {
    return this.records().filter(({ id, state }) => id !== this.options.id && state !== 'left').length;
  }

  #performMembership(effect: MembershipEffect): void {
    switch (effect.kind) {
      case 'send':
        this.#environment.transport.send(effect.to, { layer: 'membership', message: effect.message });
        break;
      case 'dial':
        this.#environment.transport.dial(effect.address);
        break;
      case 'save':
        this.#table.keep(effect.records);
        break;
      case 'changed':
        this.#membersChanged = true;
        if (effect.after.state === 'dead' && effect.before?.state !== 'dead')
          this.#hasFailed(effect.after.id);
        // Whoever looks after the others' nodes hears of it at once.
        if (
          (effect.after.state === 'dead') !== (effect.before?.state === 'dead') ||
          this.#isNewsOfHolder(effect)
        )
          this.#pokeExecutors();
        if (effect.after.id !== this.options.id)
          this.#announcer.member(effect.before, effect.after, this.#state);
        else this.#announceOwnServices(effect.before, effect.after);
        break;
      case 'refuted': {
        const by = effect.accusers.map(id => this.nameOf(id)).join(', ');
        this.#announcer.tell(
          'member.refuted',
          `this node was called silent by ${by === '' ? 'others' : by} and has spoken up`,
          { level: 'warn' },
        );
        break;
      }
      case 'knock':
        this.#environment.transport.knock(effect.address);
        break;
      case 'disconnect':
        this.#environment.transport.disconnect(effect.id);
        break;
      case 'forget':
        this.#membersChanged = true;
        this.#table.forget(effect.id);
        break;
      case 'lapsed':
        if (effect.durationMs >= stallToldMs) {
          const durationMs = Math.round(effect.durationMs);
          const message = `this node did nothing for ${durationMs} ms; nobody else was blamed for it`;
          this.#announcer.tell('agent.stalled', message, { level: 'warn', fields: { durationMs } });
        }
        break;
      case 'rejected':
        this.#troubles.disbelieved(effect.from, effect.subject, effect.reason);
        break;
      case 'twin':
        this.#troubles.twin(effect.id, effect.epoch, effect.address, effect.yields);
        break;
    }
  }

  /**
   * Another member that holds a role alone says something new of its services, which this one may have waited for. What this node says
   * itself comes out of its own passes: to run one for it would never end.
   */
  #isNewsOfHolder({ before, after }: Extract<MembershipEffect, { kind: 'changed' }>): boolean {
    if (after.id === this.options.id) return false;
    if (!this.#state.grants.some(({ sole, node }) => sole && node === after.id)) return false;
    return JSON.stringify(before?.services) !== JSON.stringify(after.services);
  }

  /** Tells membership which streams Raft needs, and who must never be forgotten. */
  #hold(): void {
    const { voters, outgoing, learners } = this.#configuration;
    const own = this.options.id;
    const voting = [...voters, ...outgoing];
    // Voters speak to voters, whoever leads speaks to all, and learners listen to voters.
    const streams = [...voting, ...learners].includes(own)
      ? [...new Set([...voting, ...(voting.includes(own) ? learners : [])])].filter(id => id !== own)
      : [];
    this.#membershipLane.submit({ kind: 'hold', streams, members: Object.keys(this.#state.nodes) });
  }

  #announceOwnServices(before: MemberRecord | undefined, after: MemberRecord): void {
    const { state, epoch } = after;
    if (before) this.#announcer.member({ ...before, state, epoch }, after, this.#state);
  }

  /** What is behind one switch fails together, and is told of together. */
  #hasFailed(id: string): void {
    this.#failed.push(id);
    if (this.#failed.length > 1) return;
    this.#cancelVerdict = this.#environment.setTimer(failedTogetherMs, () => {
      const failed = this.#failed.splice(0).map(each => this.nameOf(each));
      if (failed.length >= failedTogetherMin) this.#announcer.failedTogether(failed);
    });
  }

  #afterMembership(): void {
    this.#advise();
    this.#changed();
    this.#arm();
  }

  #advised = '';
  #membersChanged = true;
  #awaitedStrangers = false;
  #neighbours: ReadonlySet<string> = new Set();
  /** Tells the election what membership sees, when that has changed. */
  #advise(): void {
    const { awaitsStrangers } = this.#membership;
    if (this.#membersChanged || awaitsStrangers !== this.#awaitedStrangers) {
      this.#membersChanged = false;
      this.#awaitedStrangers = awaitsStrangers;
      this.#adviseOfMembers(awaitsStrangers);
    }
    const neighbours = this.#membership.connected();
    if (neighbours.size === this.#neighbours.size && [...neighbours].every(id => this.#neighbours.has(id)))
      return;
    this.#neighbours = neighbours;
    this.#electionLane.submit({ kind: 'neighbours', ids: neighbours });
  }

  #adviseOfMembers(awaitsStrangers: boolean): void {
    const members = adviceFrom(this.records());
    const text = JSON.stringify([members, awaitsStrangers]);
    if (text === this.#advised) return;
    this.#advised = text;
    this.#electionLane.submit({ kind: 'advice', members, awaitsStrangers });
  }

  async #performElection(effect: ElectionEffect): Promise<void> {
    switch (effect.kind) {
      case 'save':
        await this.#diskWatch.timed(this.#environment.logStore.save(effect.save));
        break;
      case 'abandon':
        await this.#environment.logStore.clear();
        this.#state = unborn;
        this.#appliedIndex = 0;
        this.#configuration = emptyConfiguration;
        this.#announcer.tell(
          'cluster.abandoned',
          `gave up cluster ${effect.clusterId} for ${effect.inFavourOf}; what it had decided is kept in the data folder`,
        );
        this.describe({ clusterId: '', clusterSize: 0, formerClusters: [] });
        break;
      case 'expelled':
        this.#announcer.tell('agent.expelled', effect.text, {
          level: 'error',
          fields: { reason: effect.reason },
        });
        if (effect.reason === 'removed') await this.#withdraw();
        this.#fatal(new Expelled(effect.text));
        break;
      case 'send':
        this.#environment.transport.send(effect.to, { layer: 'election', message: effect.message });
        break;
      case 'lease':
        this.#tenure.renew(effect.baseMs);
        break;
      case 'role':
        this.#onRole(effect.role, effect.term, effect.leader);
        break;
      case 'applied':
        this.#onApplied(effect.index, effect.state, effect.configuration);
        break;
      case 'answer': {
        const { request, index, refused } = effect;
        this.#requests.answer(request, { index, ...(refused === undefined ? {} : { refused }) });
        break;
      }
      case 'notice':
        this.#onNotice(effect.reason, effect.text);
        break;
    }
  }

  /** What this node ran for the cluster ends. */
  async #withdraw(): Promise<void> {
    await Promise.all(this.#executors.map(executor => executor.close()));
    for (const integration of this.options.integrations) {
      const stayed = await integration.withdraw(this.#environment.host);
      const rest = stayed === '' ? '' : `; what stayed: ${stayed}`;
      this.#announcer.tell(
        'service.withdrawn',
        `${integration.name} was ended here, and its key and settings taken away${rest}`,
        {
          level: stayed === '' ? 'info' : 'warn',
        },
      );
    }
  }

  #onNotice(reason: Extract<ElectionEffect, { kind: 'notice' }>['reason'], text: string): void {
    switch (reason) {
      case 'founded':
        this.#announcer.tell('cluster.founded', text);
        break;
      case 'waiting':
        this.#waitingFor = text;
        this.#announcer.tell('agent.waiting', text);
        break;
      case 'two-clusters':
      case 'foreign-cluster':
        this.#announcer.tell('cluster.conflict', text, { level: 'error', fields: { reason } });
        break;
      case 'log-lost':
        this.#announcer.tell('member.log-lost', text, { level: 'error' });
        break;
      case 'too-old':
        this.#announcer.tell('member.too-old', text, { level: 'warn' });
        break;
    }
  }

  #onRole(role: Role, term: number, leader: string): void {
    const former = this.#leadership;
    const sinceMs =
      former.leader === leader && former.term === term ? former.sinceMs : this.#environment.nowMs();
    this.#leadership = { role, term, leader, sinceMs };
    if (leader !== '' && (leader !== former.leader || term !== former.term)) {
      const member = this.nameOf(leader);
      this.#announcer.tell('leader.elected', `${member} leads in term ${term}`, { member, fields: { term } });
    } else if (leader === '' && former.leader !== '') {
      const member = this.nameOf(former.leader);
      this.#announcer.tell('leader.lost', `${member} leads no more`, {
        member,
        level: 'warn',
        fields: { term },
      });
    }
    this.#tellReady();
    this.#changed();
  }

  #onApplied(index: number, state: ClusterState, configuration: Configuration): void {
    this.#appliedIndex = index;
    const before = this.#state;
    this.#state = state;
    this.#tenure.decided(state.grants);
    this.#configuration = configuration;
    const clusterSize = Object.keys(state.nodes).length;
    // Before anybody is told: whoever hears of it may have this node decide.
    if (clusterSize !== Object.keys(before.nodes).length && state.grants.length === 0)
      this.#nodesSettledAtMs = this.#environment.nowMs() + settleMs;
    this.#announcer.decided(before, state);
    this.#announcer.voters(configuration, state);
    this.#hold();
    if (state.clusterId !== before.clusterId || clusterSize !== Object.keys(before.nodes).length) {
      this.describe({ clusterId: state.clusterId, clusterSize, formerClusters: formerClustersOf(state) });
    }
    if (state !== before) this.#pokeExecutors();
    this.#tellReady();
    this.#changed();
  }

  #onDiskTroubles(troubles: readonly DiskTrouble[]): void {
    if (troubles.length === 0)
      this.#announcer.tell('disk.well', 'the disk of the log is well again: this node may lead');
    for (const trouble of troubles)
      this.#announcer.tell('disk.trouble', diskTroubleTexts[trouble], {
        level: 'error',
        fields: { trouble },
      });
    this.describe({ troubles });
    this.#electionLane.submit({ kind: 'fitness', fit: troubles.length === 0 });
  }

  /** What only one node may do is not for this one any more, as far as it can know: it ends at once. */
  #onLapse(): void {
    for (const integration of this.options.integrations)
      integration.lapse(this.#environment.host).then(
        ended => {
          if (!ended) return;
          const message = `${integration.name} was ended here: this node has lost touch with a majority of the voters, or the role was given to another`;
          this.#announcer.tell('service.lapsed', message, { level: 'warn' });
          this.#pokeExecutors();
        },
        error => this.#fatal(error),
      );
  }

  #tellReady(): void {
    const { leader } = this.#leadership;
    if (this.#ready || leader === '' || !Object.hasOwn(this.#state.nodes, this.options.id)) return;
    this.#ready = true;
    const { clusterId, clusterName } = this.#state;
    this.#announcer.tell('agent.ready', `a member of ${clusterName}, led by ${this.nameOf(leader)}`, {
      fields: { clusterId },
    });
  }

  #report(lane: string, reports: readonly ServiceReport[]): void {
    this.#reports.set(lane, reports);
    this.#membershipLane.submit({
      kind: 'describe',
      change: { services: [...this.#reports.values()].flat() },
    });
  }

  #pokeExecutors(): void {
    if (this.#state.clusterId !== '' && !this.#closed)
      for (const executor of this.#executors) executor.poke();
  }

  /** Something that others read has changed: tell them, and decide what is due. */
  #changed(): void {
    if (this.#closed) return;
    for (const listener of this.#listeners) listener();
    this.#drive();
  }

  #drive(): void {
    this.#cancelSettle();
    if (this.options.integrations.length === 0 || !this.#election.raft.ready) return;
    const restMs = this.#firstGrantAtMs() - this.#environment.nowMs();
    if (restMs > 0) {
      this.#cancelSettle = this.#environment.setTimer(restMs, () => this.#drive());
      return;
    }
    this.#driver
      .drive(() => (this.#election.raft.ready && !this.#closed ? this.view() : undefined))
      .catch(error => this.#fatal(error));
  }

  /** A cluster of one that has granted nothing still gives up for another: it waits where there may be one. */
  #firstGrantAtMs(): number {
    const { nodes, grants } = this.#state;
    const isAlone = Object.keys(nodes).length === 1 && grants.length === 0;
    const mayGiveUp = isAlone && (this.#membership.awaitsStrangers || this.#seesOtherCluster());
    return mayGiveUp
      ? Math.max(this.#nodesSettledAtMs, this.startedAtMs + aloneSettleMs)
      : this.#nodesSettledAtMs;
  }

  #seesOtherCluster(): boolean {
    const own = this.#state.clusterId;
    return this.records().some(
      ({ state, clusterId }) => isReachable(state) && clusterId !== '' && clusterId !== own,
    );
  }

  /** Sets the one timer for whichever core wants to be woken first. One that is set stays, lest a stream of inputs put it off for ever. */
  #arm(): void {
    if (this.#closed) return;
    const lanes = [
      { lane: this.#membershipLane, core: this.#membership },
      { lane: this.#electionLane, core: this.#election },
    ].filter(({ lane }) => !lane.busy);
    const nextMs = Math.min(...lanes.map(({ core }) => core.nextWakeMs()));
    if (nextMs >= this.#wakesAtMs) return;
    this.#cancelTimer();
    this.#wakesAtMs = nextMs;
    this.#cancelTimer = this.#environment.setTimer(
      Math.max(1, Math.ceil(nextMs - this.#environment.nowMs())),
      () => {
        this.#wakesAtMs = Number.POSITIVE_INFINITY;
        const nowMs = this.#environment.nowMs();
        if (this.#membership.nextWakeMs() <= nowMs) this.#membershipLane.submitOnce(tick);
        if (this.#election.nextWakeMs() <= nowMs) this.#electionLane.submitOnce(tick);
        this.#arm();
      },
    );
  }

  #fatal(error: unknown): void {
    if (this.#closed) return;
    this.options.onFatal(error);
    // What is half done on the disks is for the next start to judge; nothing more is done or sent.
    this.#fallSilent();
    this.#table.abandon();
  }

  #fallSilent(): void {
    this.#closed = true;
    this.#cancelTimer();
    this.#cancelSettle();
    this.#cancelVerdict();
    this.#diskWatch.close();
    this.#tenure.close();
    for (const executor of this.#executors) executor.close();
    this.#membershipLane.close();
    this.#electionLane.close();
  }
}

/** The clusters that the present one has taken the place of, the last ones first. */
function formerClustersOf({ recoveries }: ClusterState): string[] {
  return recoveries
    .map(({ formerId }) => formerId)
    .reverse()
    .slice(0, formerClustersMax);
}
