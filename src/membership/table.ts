// The records of all members as this node holds them: what is believed of what peers say, who is present, and what
// follows for suspects and for members that others hardly reach. Sends nothing, dials nobody.
import { claimFrom, claimText } from './claim-text.ts';
import { TableDigest } from './digest.ts';
import {
  incarnationLeapMax,
  membersMax,
  reapDeadMs,
  reapLeftMs,
  tombstonesMax,
  verdictBatchMs,
} from './limits.ts';
import {
  type Accusation,
  accusationText,
  accusedState,
  accusersOf,
  type CarriedRecord,
  type Claim,
  compareClaims,
  type Evidence,
  isEnded,
  joinAccusations,
  type MemberRecord,
  mergeRecords,
  strength,
} from './member.ts';
import type { Rejection } from './messages.ts';
import { Neighbourhood, neighboursFor } from './rings.ts';
import type { Seal } from './seal.ts';
import { observersNeeded, suspicionLifeMs } from './suspicion.ts';

/** A record of a member has become another one. */
export interface Change {
  readonly before: MemberRecord | undefined;
  readonly after: MemberRecord;
}

/** What came of a record that was heard. */
export interface Hearing {
  readonly rejections: readonly { readonly subject: string; readonly reason: Rejection }[];
  readonly changes: readonly Change[];
  /** The member it is about, when it was believed or known; empty when not. */
  readonly subject: string;
  /** True when the sender holds exactly what this node now holds. */
  readonly same: boolean;
  /** A claim of this very node's identity that is newer than, or contradicts, its own; or accuses it. */
  readonly ofSelf?: { readonly claim: Claim; readonly accusers: readonly string[] };
  /** Two boots of one identity claim the same epoch. */
  readonly twin?: Claim;
}

/** True for a member whose death this node would expect if nobody spoke up. */
function isAccused({ state, accusations }: MemberRecord): boolean {
  return !isEnded(state) && accusedState('alive', accusations) === 'suspect';
}

const nothing: Hearing = { rejections: [], changes: [], subject: '', same: false };

export class Table {
  readonly id: string;
  readonly digest = new TableDigest();
  /** Members that may be alive: alive, degraded or suspect. */
  readonly present: Neighbourhood;
  /** These, the dead and those that left: who would be a neighbour if all were here. */
  readonly known: Neighbourhood;
  readonly #seal: Seal;
  readonly #records = new Map<string, MemberRecord>();
  readonly #holders = new Map<string, string>();
  readonly #byAddress = new Map<string, Set<string>>();
  readonly #tombstones = new Map<string, number>();
  readonly #suspectedAtMs = new Map<string, number>();
  readonly #endedAtMs = new Map<string, number>();
  readonly #calledLossy = new Map<string, Set<string>>();

  constructor(id: string, seal: Seal) {
    this.id = id;
    this.#seal = seal;
    this.present = new Neighbourhood(id);
    this.known = new Neighbourhood(id);
  }

  get size(): number {
    return this.#records.size;
  }
  get(id: string): MemberRecord | undefined {
    return this.#records.get(id);
  }
  records(): MemberRecord[] {
    return [...this.#records.values()];
  }

  /** Ids of the members whose agents listen at `address` by their own word. */
  at(address: string): ReadonlySet<string> {
    return this.#byAddress.get(address) ?? new Set();
  }

  /** This node's own record. */
  self(): MemberRecord {
    const record = this.#records.get(this.id);
    if (!record) throw new Error('membership: the own record is missing');
    return record;
  }

  /** Signs `claim` as this node's own and makes it the own record. */
  publish(claim: Claim, nowMs: number): readonly Change[] {
    const body = claimText(claim);
    const { publicKey } = this.#seal;
    const signed = { body, publicKey, signature: this.#seal.sign(body) };
    return this.#put({ ...claim, signed, accusations: [] }, nowMs);
  }

  /** Takes what a peer or the disk says of a member, as far as it can be believed. */
  hear(carried: CarriedRecord, nowMs: number): Hearing {
    const { signed } = carried;
    const holder = this.#holders.get(signed.signature);
    const known = holder === undefined ? undefined : this.#records.get(holder);
    if (known?.signed.body === signed.body && known.signed.publicKey === signed.publicKey)
      return this.#hearAccusations(known, known, carried.accusations, nowMs);
    const reject = (reason: Rejection, subject: string): Hearing => ({
      ...nothing,
      rejections: [{ subject, reason }],
    });
    const claim = claimFrom(signed.body);
    if (typeof claim === 'string') return reject(claim, '');
    const { id, epoch, incarnation } = claim;
    if (this.#seal.idOf(signed.publicKey) !== id) return reject('wrong-key', id);
    const before = this.#records.get(id);
    const isTwin = before?.epoch === epoch && before.boot !== claim.boot;
    if (before && compareClaims({ ...claim, signed }, before) < 0) {
      const believed = isTwin && this.#seal.verify(signed.publicKey, signed.body, signed.signature);
      return believed ? { ...nothing, subject: id, twin: claim } : { ...nothing, subject: id };
    }
    if (!before && epoch <= (this.#tombstones.get(id) ?? -1)) return reject('forgotten', id);
    if (incarnation - (before?.epoch === epoch ? before.incarnation : 0) > incarnationLeapMax)
      return reject('absurd', id);
    if (!before && this.#records.size >= membersMax) return reject('table-full', id);
    if (!this.#seal.verify(signed.publicKey, signed.body, signed.signature))
      return reject('bad-signature', id);
    if (id === this.id) {
      const accusers = accusersOf(carried.accusations);
      return { ...nothing, subject: id, ofSelf: { claim, accusers } };
    }
    const record: MemberRecord = { ...claim, signed, accusations: [] };
    const hearing = this.#hearAccusations(before, record, carried.accusations, nowMs);
    return isTwin ? { ...hearing, twin: claim } : hearing;
  }

  /** This node's own word on a member; no change when it has said as much before. */
  accuse(id: string, evidence: Evidence, nowMs: number): readonly Change[] {
    const record = this.#records.get(id);
    const unneeded = evidence === 'heard' && record?.accusations.length === 0;
    if (!record || unneeded || isEnded(record.state)) return [];
    const signature = this.#seal.sign(accusationText(record, evidence));
    const accusation = { observer: this.id, evidence, publicKey: this.#seal.publicKey, signature };
    const accusations = joinAccusations(record.accusations, [accusation]);
    if (accusations === record.accusations) return [];
    return this.#put({ ...record, state: accusedState(record.state, accusations), accusations }, nowMs);
  }

  /**
   * Suspects whose time is over are dead.
   * @param isDeaf whether this node hears hardly anyone: what it alone suspects may be its own fault, and gets its time anew
   */
  bury(isDeaf: () => boolean, nowMs: number): readonly Change[] {
    const changes: Change[] = [];
    if (nowMs < this.nextDeathMs()) return changes;
    for (const id of this.#suspectedAtMs.keys()) {
      const record = this.#records.get(id);
      if (!record || this.#deathMs(id) > nowMs) continue;
      const onlyOwn = accusersOf(record.accusations).every(observer => observer === this.id);
      if (onlyOwn && isDeaf()) this.#suspectedAtMs.set(id, nowMs);
      else changes.push(...this.#put({ ...record, state: 'dead' }, nowMs));
    }
    return changes;
  }

  /**
   * When `bury` has something to do; infinity when nobody is suspect. A switch that fails is one verdict, not forty (Rapid,
   * section 4.2): whose time is over waits, for `verdictBatchMs` at most, for those whose time ends by then and for those
   * that have just fallen silent and may yet be accused by enough.
   */
  nextDeathMs(): number {
    if (this.#suspectedAtMs.size === 0) return Number.POSITIVE_INFINITY;
    const suspects = [...this.#suspectedAtMs].map(([id, sinceMs]) => ({
      ...{ id, sinceMs },
      deathMs: this.#deathMs(id),
    }));
    const firstMs = Math.min(...suspects.map(({ deathMs }) => deathMs));
    const untilMs = firstMs + verdictBatchMs;
    const isOpen = suspects.some(
      ({ id, sinceMs, deathMs }) =>
        deathMs > untilMs && firstMs - sinceMs < verdictBatchMs && this.#isCalledSilent(id),
    );
    if (isOpen) return untilMs;
    return Math.max(...suspects.map(({ deathMs }) => (deathMs <= untilMs ? deathMs : firstMs)));
  }

  /** By anybody; a stalled process answers to knocks, and has its own time. */
  #isCalledSilent(id: string): boolean {
    const words = this.#records.get(id)?.accusations ?? [];
    return words.some(({ evidence }) => evidence === 'silent' || evidence === 'gone');
  }

  /** Restores the verdict of an earlier life of this node. */
  markDead(id: string, nowMs: number): void {
    const record = this.#records.get(id);
    if (record && isAccused(record)) this.#put({ ...record, state: 'dead' }, nowMs);
  }

  /** Forgets who has been dead or gone for long, except members that are held. Returns whom. */
  reap(held: ReadonlySet<string>, nowMs: number): readonly string[] {
    const reaped: string[] = [];
    for (const [id, endedAtMs] of this.#endedAtMs) {
      const record = this.#records.get(id);
      const lifeMs = record?.state === 'left' ? reapLeftMs : reapDeadMs;
      if (!record || held.has(id) || nowMs - endedAtMs < lifeMs) continue;
      this.#remove(record);
      reaped.push(id);
    }
    return reaped;
  }

  /** How long this node has suspected a member; undefined when it does not. */
  suspectedForMs(id: string, nowMs: number): number | undefined {
    const sinceMs = this.#suspectedAtMs.get(id);
    return sinceMs === undefined ? undefined : nowMs - sinceMs;
  }

  #hearAccusations(
    before: MemberRecord | undefined,
    record: MemberRecord,
    heard: readonly Accusation[],
    nowMs: number,
  ): Hearing {
    const rejections: { subject: string; reason: Rejection }[] = [];
    const believed = heard.filter(accusation => {
      const known = record.accusations.find(({ observer }) => observer === accusation.observer);
      if (known && strength(known) >= strength(accusation)) return false;
      const { observer, evidence, publicKey, signature } = accusation;
      const honest =
        observer !== record.id &&
        this.#seal.idOf(publicKey) === observer &&
        this.#seal.verify(publicKey, accusationText(record, evidence), signature);
      if (!honest) rejections.push({ subject: record.id, reason: 'forged-accusation' });
      return honest;
    });
    const { id } = record;
    if (id === this.id) {
      if (believed.length === 0) return { ...nothing, rejections, subject: id, same: heard.length === 0 };
      const accusers = accusersOf(believed);
      if (accusers.length === 0) return { ...nothing, rejections, subject: id };
      return {
        rejections,
        changes: [],
        subject: id,
        same: false,
        ofSelf: { claim: this.#ownClaim(), accusers },
      };
    }
    const accusations = joinAccusations(record.accusations, believed);
    const left = record.state === 'left';
    const after = left ? record : { ...record, state: accusedState(record.state, accusations), accusations };
    const merged = before ? this.#settled(mergeRecords(before, after)) : after;
    const known = before && merged.signed === before.signed && merged.accusations === before.accusations;
    const changes = known ? [] : this.#put(merged, nowMs);
    const same = merged.accusations.every(each => heard.some(other => other.observer === each.observer));
    return { rejections, changes, subject: id, same };
  }

  #ownClaim(): Claim {
    const { signed, accusations, state, ...claim } = this.self();
    return { ...claim, state: state === 'left' ? 'left' : 'alive' };
  }

  #put(record: MemberRecord, nowMs: number): readonly Change[] {
    const before = this.#records.get(record.id);
    const after = this.#settled(record);
    if (before) this.#holders.delete(before.signed.signature);
    this.#holders.set(after.signed.signature, after.id);
    this.#records.set(after.id, after);
    this.#moveAddress(before, after);
    this.#tombstones.delete(after.id);
    this.digest.replace(before, after);
    const { id, state } = after;
    this.present.set(id, !isEnded(state));
    this.known.set(id, true);
    this.#keepTime(before, after, nowMs);
    return [{ before, after }, ...this.#resettle(this.#countLossy(before, after), nowMs)];
  }

  #moveAddress(before: MemberRecord | undefined, after: MemberRecord | undefined): void {
    if (before?.address === after?.address) return;
    if (before) {
      const there = this.#byAddress.get(before.address);
      there?.delete(before.id);
      if (there?.size === 0) this.#byAddress.delete(before.address);
    }
    if (after)
      this.#byAddress.set(after.address, (this.#byAddress.get(after.address) ?? new Set()).add(after.id));
  }

  /** A suspicion lives from when this node first heard of it, for one incarnation. */
  #keepTime(before: MemberRecord | undefined, after: MemberRecord, nowMs: number): void {
    const { id, state } = after;
    const same = before?.epoch === after.epoch && before.incarnation === after.incarnation;
    if (!isAccused(after) || id === this.id) this.#suspectedAtMs.delete(id);
    else if (!same || !this.#suspectedAtMs.has(id)) this.#suspectedAtMs.set(id, nowMs);
    if (!isEnded(state)) this.#endedAtMs.delete(id);
    else if (before?.state !== state) this.#endedAtMs.set(id, nowMs);
  }

  /** How many observers make a suspicion firm. Suspects count as observers: this node may be the one that is wrong. */
  #observersNeeded(): number {
    const { size } = this.present;
    return observersNeeded(neighboursFor(size + 1), size);
  }

  #deathMs(id: string): number {
    const words = this.#records.get(id)?.accusations.map(each => each.evidence) ?? [];
    const needed = this.#observersNeeded();
    const lifeMs = suspicionLifeMs(words, needed, this.#records.size, this.#isDegraded(id));
    return (this.#suspectedAtMs.get(id) ?? Number.POSITIVE_INFINITY) + lifeMs;
  }

  /** Notes whom the owner of `after` calls lossy; returns the members for whom that has changed. */
  #countLossy(before: MemberRecord | undefined, after: MemberRecord): ReadonlySet<string> {
    const wordOf = (record: MemberRecord | undefined) =>
      record && !isEnded(record.state) ? record.lossy : [];
    const [former, latter] = [wordOf(before), wordOf(after)];
    const touched = new Set<string>();
    for (const subject of former) {
      if (latter.includes(subject)) continue;
      this.#calledLossy.get(subject)?.delete(after.id);
      touched.add(subject);
    }
    for (const subject of latter) {
      if (former.includes(subject)) continue;
      const observers = this.#calledLossy.get(subject) ?? new Set();
      this.#calledLossy.set(subject, observers.add(after.id));
      touched.add(subject);
    }
    touched.delete(after.id);
    return touched;
  }

  #resettle(subjects: ReadonlySet<string>, nowMs: number): readonly Change[] {
    return [...subjects].flatMap(subject => {
      const record = this.#records.get(subject);
      return record && this.#settled(record) !== record ? this.#put(record, nowMs) : [];
    });
  }

  /** `alive`, `suspect` or `degraded`, as enough others say; `dead` and `left` stay. Of a degraded member silence is to be expected. */
  #settled(record: MemberRecord): MemberRecord {
    if (isEnded(record.state)) return record;
    const state = this.#isDegraded(record.id) ? 'degraded' : accusedState(record.state, record.accusations);
    return state === record.state ? record : { ...record, state };
  }

  #isDegraded(id: string): boolean {
    const observers = this.#calledLossy.get(id)?.size ?? 0;
    return observers > 0 && observers >= this.#observersNeeded();
  }

  #remove(record: MemberRecord): void {
    const { id, epoch, signed } = record;
    this.#records.delete(id);
    this.#holders.delete(signed.signature);
    this.#moveAddress(record, undefined);
    this.digest.replace(record, undefined);
    this.present.set(id, false);
    this.known.set(id, false);
    this.#endedAtMs.delete(id);
    this.#suspectedAtMs.delete(id);
    this.#tombstones.set(id, epoch);
    const [oldest] = this.#tombstones.keys();
    if (this.#tombstones.size > tombstonesMax && oldest !== undefined) this.#tombstones.delete(oldest);
  }
}
