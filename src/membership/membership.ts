// WHO IS HERE: the member table of one node, kept by probes, rumours and comparison with neighbours.
// A pure state machine: it gets inputs and the time, returns effects, and never touches a clock, a socket or a disk.
import { Attention } from './attention.ts';
import { Counters } from './counters.ts';
import { Gossip } from './gossip.ts';
import {
  awarenessMax,
  deafAfterMs,
  isolatedAfterMs,
  reapIntervalMs,
  silenceJudgedMs,
  stallsPerStream,
  stallsPerStreamDeaf,
  vouchAfterMs,
} from './limits.ts';
import type { CarriedRecord, Claim, MemberDescription, MemberRecord } from './member.ts';
import type { MembershipEffect, MembershipInput, MembershipMessage } from './messages.ts';
import { type KnockOutcome, type ProbeAction, Prober } from './prober.ts';
import { neighboursOf } from './rings.ts';
import type { Seal } from './seal.ts';
import { Streams } from './streams.ts';
import { type Change, type Hearing, Table } from './table.ts';
import type { SavedRecord } from './table-store.ts';

export interface MembershipOptions {
  readonly id: string;
  /** Durably raised before this core was made. */
  readonly epoch: number;
  /** Random for this boot. */
  readonly boot: string;
  readonly description: Omit<MemberDescription, 'lossy'>;
  /** The table as it was on disk; empty at a first start. */
  readonly known: readonly SavedRecord[];
  readonly seal: Seal;
  readonly random: () => number;
  readonly nowMs: number;
}

/** What this node knows of a member beyond its record. */
export interface Contact {
  readonly connected: boolean;
  /** True when this node is meant to watch the member. */
  readonly watched: boolean;
  readonly rttMs: number | undefined;
  /** Share of late or lost answers, 0 to 1. */
  readonly loss: number;
  readonly lossy: boolean;
  /** Milliseconds since this node last had proof of the member's life; undefined when it never had. */
  readonly heardAgoMs: number | undefined;
  /** The same, by what came from the member itself; infinity when nothing has since this node began to watch it. */
  readonly directAgoMs: number;
}

export class Membership {
  readonly id: string;
  readonly counters = new Counters();
  readonly #table: Table;
  readonly #attention: Attention;
  readonly #streams: Streams;
  readonly #prober: Prober;
  readonly #gossip: Gossip;
  readonly #heardAtMs = new Map<string, number>();
  readonly #twinsTold = new Set<string>();
  readonly #hurries = new Set<string>();
  #heldMembers: ReadonlySet<string> = new Set();
  #planDue = true;
  #heardAnyoneAtMs = Number.NEGATIVE_INFINITY;
  #reapAtMs: number;
  #wakeMs: number;
  #effects: MembershipEffect[] = [];

  constructor(options: MembershipOptions) {
    const { id, epoch, boot, description, known, seal, random, nowMs } = options;
    this.id = id;
    this.#attention = new Attention(nowMs);
    this.#table = new Table(id, seal);
    this.#streams = new Streams(this.#table, random, nowMs);
    this.#prober = new Prober(random);
    this.#gossip = new Gossip(this.#table);
    this.#reapAtMs = nowMs + reapIntervalMs;
    this.#wakeMs = nowMs;
    this.#table.publish(
      { ...description, id, epoch, boot, incarnation: 1, state: 'alive', lossy: [] },
      nowMs,
    );
    for (const record of known) {
      const { subject, ofSelf, rejections } = this.#table.hear(record, nowMs);
      for (const { reason } of rejections) this.counters.reject(reason);
      if (record.dead && !ofSelf) this.#table.markDead(subject, nowMs);
    }
    this.#plan(nowMs);
    this.#wakeMs = this.#nextMs(nowMs);
  }

  /** This node's own record. */
  self(): MemberRecord {
    return this.#table.self();
  }
  /** All records, in no particular order. */
  records(): MemberRecord[] {
    return this.#table.records();
  }
  record(id: string): MemberRecord | undefined {
    return this.#table.get(id);
  }
  /** A number that equal tables share. */
  get digest(): number {
    return this.#table.digest.total();
  }
  /** Ids with an open stream. */
  connected(): ReadonlySet<string> {
    return this.#streams.ids();
  }
  /** True while there is an address where a peer may be that has not been met. */
  get awaitsStrangers(): boolean {
    return this.#streams.awaitsStrangers;
  }
  /** Ids of those that are meant to watch `id`, as this node sees the members. */
  watchersOf(id: string): ReadonlySet<string> {
    const { present } = this.#table;
    return neighboursOf(id, [...present.members(), this.id]);
  }
  /** Own ill health, 0 to 8, and how often and how long this node did not attend. */
  get health(): { readonly score: number; readonly lapses: number; readonly lapseMs: number } {
    const { count, totalMs } = this.#attention.lapses;
    return { score: this.#attention.score, lapses: count, lapseMs: totalMs };
  }
  get probes(): { readonly sent: number; readonly late: number } {
    return this.#prober.counts;
  }

  contact(id: string, nowMs: number): Contact {
    const quality = this.#prober.quality(id);
    const heardAtMs = this.#heardAtMs.get(id);
    return {
      connected: this.#streams.has(id),
      watched: this.#prober.watches(id),
      rttMs: quality?.rttMs,
      loss: quality?.loss ?? 0,
      lossy: quality?.lossy ?? false,
      directAgoMs: nowMs - this.#attention.realMs(this.#prober.heardAtMs(id)),
      heardAgoMs:
        heardAtMs === undefined ? undefined : Math.max(0, nowMs - this.#attention.realMs(heardAtMs)),
    };
  }

  /** When `step({kind: 'tick'})` wants to be called next; infinity when nothing is due. */
  nextWakeMs(): number {
    return this.#attention.realMs(this.#wakeMs);
  }

  /** Takes one input and returns what is to be done, in order. */
  step(input: MembershipInput, nowMs: number): MembershipEffect[] {
    const lapsedMs = this.#attention.lapses.totalMs;
    const attendedMs = this.#attention.attend(nowMs, this.#wakeMs);
    const durationMs = this.#attention.lapses.totalMs - lapsedMs;
    if (durationMs > 0) this.#effects.push({ kind: 'lapsed', durationMs });
    this.#take(input, attendedMs);
    this.#plan(attendedMs);
    this.#wakeMs = this.#nextMs(attendedMs);
    const effects = this.#effects;
    this.#effects = [];
    return effects;
  }

  #nextMs(nowMs: number): number {
    return Math.min(
      ...[this.#gossip.flushAtMs, this.#streams.nextMs(nowMs), this.#prober.nextMs()],
      ...[this.#table.nextDeathMs(), this.#reapAtMs],
    );
  }

  #take(input: MembershipInput, nowMs: number): void {
    switch (input.kind) {
      case 'tick':
        this.#tick(nowMs);
        break;
      case 'up':
        this.#up(input.id, input.address, input.epoch, nowMs);
        break;
      case 'down':
        this.#down(input.id, input.reason, nowMs);
        break;
      case 'outdated':
        this.#tellTwin(input);
        break;
      case 'unreachable':
        this.#unreachable(input.address, input.refused, nowMs);
        break;
      case 'knocked':
        if (input.outcome !== 'silent') this.#heardAnyoneAtMs = nowMs;
        for (const id of this.#table.at(input.address)) this.#knocked(id, input.outcome, nowMs);
        break;
      case 'own-address':
        this.#streams.isOwn(input.address);
        this.#planDue = true;
        break;
      case 'message':
        this.counters.messagesReceived += 1;
        this.#receive(input.from, input.message, nowMs);
        break;
      case 'describe':
        this.#speak(input.change, 'alive', nowMs);
        break;
      case 'candidates':
        this.#streams.candidates(input.addresses);
        this.#planDue = true;
        break;
      case 'hold':
        this.#streams.hold(input.streams);
        this.#heldMembers = new Set(input.members);
        this.#planDue = true;
        break;
      case 'leave':
        this.#speak({}, 'left', nowMs);
        this.#flush();
        break;
    }
  }

  #tick(nowMs: number): void {
    this.#announce(
      this.#table.bury(() => this.#isDeaf(nowMs), nowMs),
      undefined,
      nowMs,
    );
    const patience = 1 + this.#attention.score;
    for (const action of this.#prober.tick(this.#streams.ids(), patience, nowMs))
      this.#carryOut(action, nowMs);
    const { dials, closes } = this.#streams.tick(patience, nowMs);
    for (const address of dials) {
      this.counters.dials += 1;
      this.#effects.push({ kind: 'dial', address });
    }
    for (const id of closes) this.#disconnect(id);
    if (this.#gossip.flushAtMs <= nowMs) this.#flush();
    if (this.#reapAtMs <= nowMs) {
      this.#reapAtMs = nowMs + reapIntervalMs;
      for (const id of this.#table.reap(this.#heldMembers, nowMs)) {
        this.#heardAtMs.delete(id);
        this.#effects.push({ kind: 'forget', id });
      }
    }
  }

  /** True when this node hears few of those it watches or fares badly itself, but does hear something: the fault is on its own side. */
  #isDeaf(nowMs: number): boolean {
    const watched = [...this.#streams.edges()];
    const heard = watched.filter(
      id => nowMs - (this.#heardAtMs.get(id) ?? Number.NEGATIVE_INFINITY) < deafAfterMs,
    );
    const ill = this.#attention.score >= awarenessMax / 2 || this.#isLossyItself();
    const few = 2 * heard.length < watched.length;
    return (few || ill) && nowMs - this.#heardAnyoneAtMs < isolatedAfterMs;
  }

  /** Where most of its own links lose most of what they carry, the fault is what they have in common: this node. */
  #isLossyItself(): boolean {
    return 2 * this.self().lossy.length > this.#streams.edges().size;
  }

  #up(id: string, address: string, epoch: number, nowMs: number): void {
    const record = this.#table.get(id);
    if (record && epoch < record.epoch) {
      // A process that runs in an earlier boot than one already seen: somebody has copied this identity. It is shown
      // the later record, which only its own key can have signed.
      this.#streams.opened(id, address, epoch, nowMs);
      this.#gossip.add(id);
      this.#gossip.remind(id, id);
      this.#sendUntold(id);
      this.#tellTwin({ id, epoch, address });
      this.#disconnect(id);
      return;
    }
    if (this.#streams.opened(id, address, epoch, nowMs)) {
      this.#heard(id, nowMs);
      this.#gossip.add(id);
      this.#gossip.remind(id, this.id);
      if (record) this.#gossip.remind(id, id);
      this.#sendUntold(id);
      // One of the two asks for the comparison of the tables; it goes both ways.
      if (this.id < id) this.#send(id, this.#gossip.buckets());
      for (const action of this.#prober.met(id)) this.#carryOut(action, nowMs);
    }
    this.#planDue = true;
    const spare = this.#streams.spare();
    if (spare !== undefined) this.#disconnect(spare);
  }

  #down(id: string, reason: 'reset' | 'closed', nowMs: number): void {
    if (!this.#streams.closed(id)) return;
    this.#gossip.remove(id);
    this.#planDue = true;
    const record = this.#table.get(id);
    if (!record || record.state === 'left' || reason === 'closed') return;
    // The end of a stream is evidence, not proof: dial again and ask the others, both at once.
    this.#hurries.add(record.address);
    this.#prober.hurry(id, nowMs);
  }

  #unreachable(address: string, refused: boolean, nowMs: number): void {
    this.#streams.failed(address, nowMs);
    for (const id of this.#table.at(address)) {
      if (this.#streams.has(id) || !this.#prober.watches(id)) continue;
      this.#prober.hurry(id, nowMs);
      // The machine is there and nobody listens: that says more than any silence.
      if (refused) this.#announce(this.#table.accuse(id, 'gone', nowMs), undefined, nowMs);
    }
  }

  #receive(from: string, message: MembershipMessage, nowMs: number): void {
    this.#heard(from, nowMs);
    switch (message.kind) {
      case 'ping': {
        this.#prober.pinged(from, message.rttMs, message.loss, nowMs);
        this.#hearAll(message.records, from, nowMs);
        const records = this.#gossip.take(from);
        this.#send(from, { kind: 'ack', seq: message.seq, digest: this.digest, records });
        this.#judge(from, nowMs);
        this.#compare(from, message.digest);
        break;
      }
      case 'ack': {
        this.#hearAll(message.records, from, nowMs);
        const rttMs = this.#prober.acked(from, message.seq, nowMs);
        if (rttMs !== undefined) {
          this.counters.probed(rttMs);
          this.#attention.better();
          this.#judge(from, nowMs);
        }
        this.#compare(from, message.digest);
        break;
      }
      case 'ping-request': {
        const { seq, subject } = message;
        const connected = this.#streams.has(subject);
        if (connected || this.#table.get(subject))
          this.#carryOut(this.#prober.relay(from, seq, subject, connected, nowMs), nowMs);
        else this.#send(from, { kind: 'ping-report', seq, subject, reached: false });
        break;
      }
      case 'ping-report': {
        const { subject, seq, reached } = message;
        // Life, by another's word: it says nothing of the path from here.
        if (this.#prober.reported(subject, seq, reached, nowMs)) this.#heardAtMs.set(subject, nowMs);
        break;
      }
      case 'records':
        this.#hearAll(message.records, from, nowMs);
        if (message.buckets.length > 0)
          for (const answer of this.#gossip.lacking(message.buckets, message.records))
            this.#send(from, answer);
        break;
      case 'buckets':
        for (const answer of this.#gossip.differing(message.digests)) this.#send(from, answer);
        break;
      case 'twin': {
        const { epoch, address } = message;
        if (epoch < this.self().epoch)
          this.#effects.push({ kind: 'twin', id: this.id, epoch, address, yields: false });
        break;
      }
    }
  }

  #heard(from: string, nowMs: number): void {
    this.#heardAtMs.set(from, nowMs);
    this.#streams.used(from, nowMs);
    this.#heardAnyoneAtMs = nowMs;
    // One that cannot hear that it is accused cannot refute it; who hears it speaks up in its place.
    if ((this.#table.suspectedForMs(from, nowMs) ?? 0) > vouchAfterMs)
      this.#announce(this.#table.accuse(from, 'heard', nowMs), undefined, nowMs);
    for (const action of this.#prober.heard(from, nowMs)) this.#carryOut(action, nowMs);
  }

  #carryOut(action: ProbeAction, nowMs: number): void {
    switch (action.kind) {
      case 'ping': {
        const { to, seq } = action;
        // A suspect is told so with the very ping that tests it, so that it can refute at once (Lifeguard's buddy system).
        if ((this.#table.get(to)?.accusations.length ?? 0) > 0) this.#gossip.remind(to, to);
        const quality = this.#prober.quality(to);
        const { rttMs = 0, ownLoss = 0 } = quality ?? {};
        const records = this.#gossip.take(to);
        this.#send(to, { kind: 'ping', seq, digest: this.digest, rttMs, loss: ownLoss, records });
        break;
      }
      case 'ask':
        for (const helper of action.helpers)
          this.#send(helper, { kind: 'ping-request', seq: action.seq, subject: action.subject });
        this.#judge(action.subject, nowMs);
        break;
      case 'knock': {
        const address = this.#table.get(action.subject)?.address;
        if (address === undefined) break;
        this.counters.knocks += 1;
        this.#effects.push({ kind: 'knock', address });
        break;
      }
      case 'reach':
        this.#streams.seek(action.subject, nowMs);
        this.#planDue = true;
        break;
      case 'report': {
        const { to, seq, subject, reached } = action;
        this.#send(to, { kind: 'ping-report', seq, subject, reached });
        break;
      }
      case 'silent':
        this.#concludeSilence(action, nowMs);
        break;
    }
  }

  #concludeSilence(silence: Extract<ProbeAction, { kind: 'silent' }>, nowMs: number): void {
    const { subject, evidence, muteHelpers } = silence;
    if (muteHelpers > 0) this.#attention.worse();
    if (evidence === 'gone' || !this.#isLossyItself())
      this.#announce(this.#table.accuse(subject, evidence, nowMs), undefined, nowMs);
  }

  /** A stream that is silent while its machine accepts connections is a dead one, whatever helpers say: a fresh one is dialled. */
  #knocked(id: string, outcome: KnockOutcome, nowMs: number): void {
    const stalls = this.#prober.knocked(id, outcome, nowMs);
    const stallsMax = this.#isDeaf(nowMs) ? stallsPerStreamDeaf : stallsPerStream;
    const record = this.#table.get(id);
    if (stalls < stallsMax || !record || !this.#streams.has(id)) return;
    this.#disconnect(id);
    this.#hurries.add(record.address);
  }

  /** Says so when the link to `id`, or what is an edge, has changed such that other links are lossy than this node has said. */
  #judge(id: string, nowMs: number): void {
    // Silence is not loss: where nothing comes at all there is nothing to judge.
    if (nowMs - this.#prober.heardAtMs(id) > silenceJudgedMs) return;
    this.#prober.quality(id)?.judge(nowMs);
    const lossy = [...this.#streams.edges()].filter(each => this.#prober.quality(each)?.lossy).sort();
    if (lossy.join() !== this.self().lossy.join()) this.#speak({ lossy }, 'alive', nowMs);
  }

  #compare(from: string, digest: number): void {
    if (!this.#gossip.compare(from, digest)) return;
    this.counters.repairs += 1;
    this.#send(from, this.#gossip.buckets());
  }

  #hearAll(records: readonly CarriedRecord[], from: string, nowMs: number): void {
    for (const record of records) this.#conclude(this.#table.hear(record, nowMs), from, nowMs);
  }

  #conclude(
    { rejections, changes, subject, same, ofSelf, twin }: Hearing,
    from: string,
    nowMs: number,
  ): void {
    for (const { subject: about, reason } of rejections) {
      this.counters.reject(reason);
      this.#effects.push({ kind: 'rejected', from, subject: about, reason });
    }
    if (ofSelf) this.#hearOfSelf(ofSelf.claim, ofSelf.accusers, nowMs);
    if (twin) this.#tellTwin(twin);
    this.#announce(changes, same ? from : undefined, nowMs);
    if (same) this.#gossip.knows(from, subject);
    for (const { after } of changes) {
      // Others doubt it: look at once whether they are right.
      if (after.state === 'suspect' && after.accusations.every(({ observer }) => observer !== this.id))
        this.#prober.hurry(after.id, nowMs);
    }
  }

  #hearOfSelf(claim: Claim, accusers: readonly string[], nowMs: number): void {
    const self = this.self();
    const { epoch, boot, incarnation, address } = claim;
    if (epoch > self.epoch || (epoch === self.epoch && boot !== self.boot)) {
      this.#effects.push({ kind: 'twin', id: this.id, epoch, address, yields: true });
      return;
    }
    if (epoch < self.epoch || incarnation < self.incarnation || self.state === 'left') return;
    if (accusers.length > 0) {
      this.counters.refutations += 1;
      this.#attention.worse();
      this.#effects.push({ kind: 'refuted', accusers });
    } else if (incarnation === self.incarnation) return;
    this.#speak({}, 'alive', nowMs, incarnation);
  }

  #tellTwin({
    id,
    epoch,
    address,
  }: {
    readonly id: string;
    readonly epoch: number;
    readonly address: string;
  }): void {
    const key = `${id} ${epoch} ${address}`;
    if (this.#twinsTold.has(key)) return;
    this.#twinsTold.add(key);
    this.#effects.push({ kind: 'twin', id, epoch, address, yields: id === this.id });
    if (id !== this.id) this.#send(id, { kind: 'twin', epoch, address });
  }

  /** Publishes the own record under the next incarnation. */
  #speak(
    change: Partial<MemberDescription>,
    state: 'alive' | 'left',
    nowMs: number,
    atLeast: number = this.self().incarnation,
  ): void {
    const { signed, accusations, ...claim } = { ...this.self(), ...change, state, incarnation: atLeast + 1 };
    this.#announce(this.#table.publish(claim, nowMs), undefined, nowMs);
  }

  /** What is new is saved, told to the neighbours and to the shell. */
  #announce(changes: readonly Change[], from: string | undefined, nowMs: number): void {
    if (changes.length === 0) return;
    for (const { before, after } of changes) {
      this.#count(before, after);
      if (before?.state === 'dead' && after.state !== 'dead') this.#prober.quality(after.id)?.forgive();
      this.#effects.push({ kind: 'save', records: [after] }, { kind: 'changed', before, after });
      if (before?.signed !== after.signed || before.accusations !== after.accusations)
        this.#gossip.news(after.id, from, nowMs);
    }
    this.#planDue = true;
    // News of a later boot: the machine is there again, so do not wait for the back-off.
    for (const { before, after } of changes)
      if (before && after.epoch > before.epoch) this.#hurries.add(after.address);
  }

  #count(before: MemberRecord | undefined, after: MemberRecord): void {
    if (!before || before.state === after.state) return;
    if (after.state === 'suspect') this.counters.suspicions += 1;
    if (after.state === 'dead') this.counters.deaths += 1;
    const back = after.state === 'alive' && before.epoch === after.epoch;
    if (back && before.state === 'suspect') this.counters.falseSuspicions += 1;
    if (back && before.state === 'dead') this.counters.falseDeaths += 1;
  }

  /** Brings dials and probes in line with the table, once for all that an input has changed. */
  #plan(nowMs: number): void {
    if (!this.#planDue) return;
    this.#planDue = false;
    this.#streams.plan(nowMs);
    const watched = this.self().state === 'left' ? new Set<string>() : this.#streams.edges();
    this.#prober.watch(watched, 1 + this.#attention.score, nowMs);
    for (const address of this.#hurries) this.#streams.hurry(address, nowMs);
    this.#hurries.clear();
  }

  #disconnect(id: string): void {
    this.#effects.push({ kind: 'disconnect', id });
    if (!this.#streams.closed(id)) return;
    this.#gossip.remove(id);
    this.#planDue = true;
  }

  #flush(): void {
    for (const { to, message } of this.#gossip.flush()) this.#send(to, message);
  }

  #sendUntold(to: string): void {
    const records = this.#gossip.take(to);
    if (records.length > 0) this.#send(to, { kind: 'records', records, buckets: [] });
  }

  #send(to: string, message: MembershipMessage): void {
    if (!this.#streams.has(to)) return;
    this.counters.messagesSent += 1;
    this.#effects.push({ kind: 'send', to, message });
  }
}
