// WHO IS HERE: the member table of one node, kept by probes, rumours and comparison with neighbours.
// A pure state machine: it gets inputs and the time, returns effects, and never touches a clock, a socket or a disk.
import { DialSchedule } from './dial-schedule.ts';
import { digestOf } from './digest.ts';
import {
  digestIntervalMs,
  gossipWindowMs,
  higherIdDialDelayMs,
  membersMax,
  recordsPerMessageMax,
} from './limits.ts';
import { accusedBy, type MemberDescription, type MemberRecord, mergeRecords } from './member.ts';
import type { MembershipEffect, MembershipInput, MembershipMessage } from './messages.ts';
import { type ProbeAction, Prober } from './prober.ts';
import { suspicionLifeMs } from './suspicion.ts';

export interface MembershipOptions {
  readonly id: string;
  /** Durably raised before this core was made. */
  readonly epoch: number;
  readonly description: MemberDescription;
  /** The table as it was on disk; empty at a first start. */
  readonly known: readonly MemberRecord[];
  readonly random: () => number;
  readonly nowMs: number;
}

/** What this node knows of a member beyond its record. */
export interface Contact {
  readonly connected: boolean;
  readonly rttMs: number | undefined;
  /** When this node last had proof of the member's life; undefined when never. */
  readonly heardAtMs: number | undefined;
}

interface Neighbour {
  readonly addresses: Set<string>;
  /** Ids whose records this neighbour has yet to be told. */
  readonly rumours: Set<string>;
  nextDigestMs: number;
}

interface Suspicion {
  readonly epoch: number;
  readonly incarnation: number;
  readonly startedAtMs: number;
}

export class Membership {
  readonly id: string;
  readonly #random: () => number;
  readonly #table = new Map<string, MemberRecord>();
  readonly #neighbours = new Map<string, Neighbour>();
  readonly #suspicions = new Map<string, Suspicion>();
  readonly #heardAtMs = new Map<string, number>();
  readonly #ownAddresses = new Set<string>();
  readonly #dials: DialSchedule;
  readonly #prober: Prober;
  #candidates: readonly string[] = [];
  #flushAtMs = Number.POSITIVE_INFINITY;
  #effects: MembershipEffect[] = [];

  constructor(options: MembershipOptions) {
    const { id, epoch, description, known, random, nowMs } = options;
    this.id = id;
    this.#random = random;
    this.#dials = new DialSchedule(random);
    this.#prober = new Prober(random);
    for (const record of known) if (record.id !== id) this.#table.set(record.id, record);
    this.#table.set(id, { ...description, id, epoch, incarnation: 1, state: 'alive', accusers: [] });
    for (const record of known) this.#followSuspicion(record, nowMs);
    this.#refresh(nowMs);
  }

  /** This node's own record. */
  self(): MemberRecord {
    const record = this.#table.get(this.id);
    if (!record) throw new Error('membership: the own record is missing');
    return record;
  }

  /** All records, in no particular order. */
  records(): MemberRecord[] {
    return [...this.#table.values()];
  }

  record(id: string): MemberRecord | undefined {
    return this.#table.get(id);
  }

  contact(id: string): Contact {
    return {
      connected: this.#neighbours.has(id),
      rttMs: this.#prober.roundTrip(id)?.srttMs,
      heardAtMs: this.#heardAtMs.get(id),
    };
  }

  /** When `step({kind: 'tick'})` wants to be called next; infinity when nothing is due. */
  nextWakeMs(): number {
    let next = Math.min(this.#flushAtMs, this.#dials.nextMs(), this.#prober.nextMs());
    for (const [id, suspicion] of this.#suspicions) next = Math.min(next, this.#deathMs(id, suspicion));
    for (const neighbour of this.#neighbours.values()) next = Math.min(next, neighbour.nextDigestMs);
    return next;
  }

  /** Takes one input and returns what is to be done, in order. */
  step(input: MembershipInput, nowMs: number): MembershipEffect[] {
    switch (input.kind) {
      case 'tick':
        this.#tick(nowMs);
        break;
      case 'up':
        this.#up(input.id, input.address, nowMs);
        break;
      case 'down':
        this.#down(input.id, nowMs);
        break;
      case 'unreachable':
        this.#unreachable(input.address, nowMs);
        break;
      case 'own-address':
        this.#ownAddresses.add(input.address);
        this.#refresh(nowMs);
        break;
      case 'message':
        this.#receive(input.from, input.message, nowMs);
        break;
      case 'describe':
        this.#speakUp({ ...this.self(), ...input.change, state: 'alive' }, nowMs);
        break;
      case 'candidates':
        this.#candidates = input.addresses;
        this.#refresh(nowMs);
        break;
      case 'leave':
        this.#speakUp({ ...this.self(), state: 'left' }, nowMs);
        this.#flush();
        break;
    }
    const effects = this.#effects;
    this.#effects = [];
    return effects;
  }

  #tick(nowMs: number): void {
    for (const [id, suspicion] of this.#suspicions) {
      const record = this.#table.get(id);
      if (record && this.#deathMs(id, suspicion) <= nowMs)
        this.#put({ ...record, state: 'dead' }, undefined, nowMs);
    }
    for (const action of this.#prober.tick(new Set(this.#neighbours.keys()), nowMs))
      this.#carryOut(action, nowMs);
    for (const address of this.#dials.take(nowMs)) this.#effects.push({ kind: 'dial', address });
    for (const [id, neighbour] of this.#neighbours) {
      if (neighbour.nextDigestMs > nowMs) continue;
      neighbour.nextDigestMs = nowMs + digestIntervalMs * (0.75 + 0.5 * this.#random());
      const message: MembershipMessage = {
        kind: 'digest',
        digest: digestOf(this.#table.values()),
        members: this.#table.size,
      };
      this.#send(id, message);
    }
    if (this.#flushAtMs <= nowMs) this.#flush();
  }

  #up(id: string, address: string, nowMs: number): void {
    const known = this.#neighbours.get(id);
    if (known) {
      known.addresses.add(address);
    } else {
      const nextDigestMs = nowMs + digestIntervalMs * this.#random();
      this.#neighbours.set(id, { addresses: new Set([address]), rumours: new Set(), nextDigestMs });
      this.#heardAtMs.set(id, nowMs);
      this.#sendTable(id);
    }
    this.#refresh(nowMs);
  }

  #down(id: string, nowMs: number): void {
    if (!this.#neighbours.delete(id)) return;
    this.#refresh(nowMs);
    const record = this.#table.get(id);
    if (!record || record.state === 'left') return;
    // The end of a stream is evidence, not proof: dial again and ask the others, both at once.
    this.#dials.hurry(record.address, nowMs);
    this.#prober.hurry(id, nowMs);
  }

  #unreachable(address: string, nowMs: number): void {
    this.#dials.failed(address, nowMs);
    for (const record of this.#table.values()) {
      if (record.address === address && !this.#neighbours.has(record.id))
        this.#prober.skipDirect(record.id, nowMs);
    }
  }

  #receive(from: string, message: MembershipMessage, nowMs: number): void {
    this.#heardAtMs.set(from, nowMs);
    switch (message.kind) {
      case 'ping':
        this.#merge(message.records, from, nowMs);
        this.#send(from, { kind: 'ack', seq: message.seq, records: this.#takeRumours(from) });
        break;
      case 'ack': {
        this.#merge(message.records, from, nowMs);
        for (const action of this.#prober.acked(from, message.seq, nowMs).actions)
          this.#carryOut(action, nowMs);
        break;
      }
      case 'ping-request':
        this.#carryOut(
          this.#prober.relay(
            from,
            message.seq,
            message.subject,
            this.#neighbours.has(message.subject),
            nowMs,
          ),
          nowMs,
        );
        break;
      case 'ping-report':
        if (this.#prober.reported(message.subject, message.seq, message.reached, nowMs)) {
          this.#heardAtMs.set(message.subject, nowMs);
        }
        break;
      case 'records':
        this.#merge(message.records, from, nowMs);
        break;
      case 'digest':
        if (message.digest !== digestOf(this.#table.values())) this.#sendTable(from);
        break;
    }
  }

  #carryOut(action: ProbeAction, nowMs: number): void {
    switch (action.kind) {
      case 'ping': {
        const subject = this.#table.get(action.to);
        const neighbour = this.#neighbours.get(action.to);
        // A suspect is told so with the very ping that tests it, so that it can refute at once (Lifeguard's buddy system).
        if (subject?.state === 'suspect') neighbour?.rumours.add(action.to);
        this.#send(action.to, { kind: 'ping', seq: action.seq, records: this.#takeRumours(action.to) });
        break;
      }
      case 'ask':
        for (const helper of action.helpers) {
          this.#send(helper, { kind: 'ping-request', seq: action.seq, subject: action.subject });
        }
        break;
      case 'report': {
        const { seq, subject, reached } = action;
        this.#send(action.to, { kind: 'ping-report', seq, subject, reached });
        break;
      }
      case 'silent': {
        const record = this.#table.get(action.subject);
        if (record) this.#put(accusedBy(record, this.id), undefined, nowMs);
        break;
      }
    }
  }

  #merge(records: readonly MemberRecord[], from: string, nowMs: number): void {
    for (const record of records) {
      if (record.id === this.id) this.#hearOfSelf(record, nowMs);
      else if (this.#table.has(record.id) || this.#table.size < membersMax) this.#put(record, from, nowMs);
    }
  }

  #hearOfSelf(record: MemberRecord, nowMs: number): void {
    const self = this.self();
    if (record.epoch > self.epoch) {
      this.#effects.push({ kind: 'identity-conflict', record });
      return;
    }
    const stale = record.epoch < self.epoch || record.incarnation < self.incarnation;
    if (stale || self.state === 'left') return;
    const same = record.incarnation === self.incarnation && record.state === 'alive';
    if (same) return;
    this.#effects.push({ kind: 'refuted', accusers: record.accusers });
    this.#speakUp({ ...self, incarnation: record.incarnation }, nowMs);
  }

  /** Publishes the own record under the next incarnation. */
  #speakUp(record: MemberRecord, nowMs: number): void {
    this.#put({ ...record, incarnation: record.incarnation + 1, accusers: [] }, undefined, nowMs);
  }

  /** Merges a record into the table; what is new is saved, told to the neighbours and announced. */
  #put(record: MemberRecord, from: string | undefined, nowMs: number): void {
    const before = this.#table.get(record.id);
    const after = before ? mergeRecords(before, record) : record;
    if (after === before) return;
    this.#table.set(after.id, after);
    this.#followSuspicion(after, nowMs);
    for (const [id, neighbour] of this.#neighbours) if (id !== from) neighbour.rumours.add(after.id);
    this.#flushAtMs = Math.min(this.#flushAtMs, nowMs + gossipWindowMs);
    this.#effects.push({ kind: 'save', records: [after] }, { kind: 'changed', before, after });
    this.#refresh(nowMs);
    // News of a later boot: the machine is there again, so do not wait for the back-off.
    if (before && after.epoch > before.epoch) this.#dials.hurry(after.address, nowMs);
  }

  #followSuspicion(record: MemberRecord, nowMs: number): void {
    if (record.state !== 'suspect' || record.id === this.id) {
      this.#suspicions.delete(record.id);
      return;
    }
    const { id, epoch, incarnation } = record;
    const known = this.#suspicions.get(id);
    if (known?.epoch === epoch && known.incarnation === incarnation) return;
    this.#suspicions.set(id, { epoch, incarnation, startedAtMs: nowMs });
  }

  #deathMs(id: string, suspicion: Suspicion): number {
    const accusers = this.#table.get(id)?.accusers.length ?? 0;
    let observers = 0;
    for (const record of this.#table.values())
      if (record.id !== id && record.state === 'alive') observers += 1;
    return suspicion.startedAtMs + suspicionLifeMs(accusers, Math.max(1, observers), this.#table.size);
  }

  /** Brings the dial schedule and the set of probed members in line with the table. */
  #refresh(nowMs: number): void {
    const watched = new Set<string>();
    const wanted = new Map<string, number>();
    const reached = new Set(this.#ownAddresses);
    const self = this.self();
    reached.add(self.address);
    for (const neighbour of this.#neighbours.values())
      for (const address of neighbour.addresses) reached.add(address);
    for (const record of this.#table.values()) {
      if (record.id === this.id || record.state === 'left') continue;
      if (record.state !== 'dead') watched.add(record.id);
      if (this.#neighbours.has(record.id)) reached.add(record.address);
      else wanted.set(record.address, nowMs + (this.id < record.id ? 0 : higherIdDialDelayMs));
    }
    for (const address of this.#candidates) if (!wanted.has(address)) wanted.set(address, nowMs);
    for (const address of reached) wanted.delete(address);
    this.#dials.want(self.state === 'left' ? new Map() : wanted);
    this.#prober.watch(self.state === 'left' ? new Set() : watched, nowMs);
  }

  #takeRumours(to: string): MemberRecord[] {
    const neighbour = this.#neighbours.get(to);
    const records: MemberRecord[] = [];
    if (!neighbour) return records;
    for (const id of neighbour.rumours) {
      if (records.length === recordsPerMessageMax) break;
      const record = this.#table.get(id);
      neighbour.rumours.delete(id);
      if (record) records.push(record);
    }
    return records;
  }

  #flush(): void {
    this.#flushAtMs = Number.POSITIVE_INFINITY;
    for (const id of this.#neighbours.keys()) {
      for (let records = this.#takeRumours(id); records.length > 0; records = this.#takeRumours(id)) {
        this.#send(id, { kind: 'records', records, full: false });
      }
    }
  }

  #sendTable(to: string): void {
    const records = this.records();
    for (let i = 0; i < records.length; i += recordsPerMessageMax) {
      this.#send(to, { kind: 'records', records: records.slice(i, i + recordsPerMessageMax), full: true });
    }
  }

  #send(to: string, message: MembershipMessage): void {
    if (this.#neighbours.has(to)) this.#effects.push({ kind: 'send', to, message });
  }
}
