// Which streams this node wants, and when it dials whom: its neighbours on the rings, those that others need, and,
// so that partitions heal, the absent. Bounded, whatever the size of the cluster; dialling never ends, it only slows down.
import { DialSchedule } from './dial-schedule.ts';
import {
  deadStreamMs,
  dialBurst,
  dialsPerSecond,
  edgeSettleMs,
  fullMeshMembersMax,
  healIntervalMs,
  helperTimeoutMs,
  higherIdDialDelayMs,
  streamIdleMs,
  streamSweepMs,
  streamsMax,
} from './limits.ts';
import type { Table } from './table.ts';
import { TokenBucket } from './token-bucket.ts';

interface Stream {
  readonly addresses: Set<string>;
  readonly epoch: number;
  usedAtMs: number;
}

export class Streams {
  readonly #table: Table;
  readonly #random: () => number;
  readonly #open = new Map<string, Stream>();
  readonly #dials: DialSchedule;
  readonly #tokens: TokenBucket;
  readonly #ownAddresses = new Set<string>();
  readonly #sought = new Map<string, number>();
  #candidates: readonly string[] = [];
  #held: ReadonlySet<string> = new Set();
  #healing = '';
  #healAtMs: number;
  #sweepAtMs: number;
  #ids: ReadonlySet<string> | undefined;
  #patience = 1;
  #starting = true;

  constructor(table: Table, random: () => number, nowMs: number) {
    this.#table = table;
    this.#random = random;
    this.#dials = new DialSchedule(random);
    this.#healAtMs = nowMs + healIntervalMs * random();
    this.#sweepAtMs = nowMs + streamSweepMs;
    this.#tokens = new TokenBucket(dialBurst, dialsPerSecond, nowMs);
  }

  /** Ids with an open stream. */
  ids(): ReadonlySet<string> {
    this.#ids ??= new Set(this.#open.keys());
    return this.#ids;
  }
  has(id: string): boolean {
    return this.#open.has(id);
  }

  /**
   * Members this node wants to have a stream to for long: neighbours on the rings, those that Raft needs, and dead ones to
   * which there still is a stream: who is wrong, this node may be.
   */
  edges(): ReadonlySet<string> {
    const { present } = this.#table;
    const edges = new Set(present.neighbours());
    for (const id of this.#held) if (present.has(id)) edges.add(id);
    for (const id of this.#open.keys()) if (this.#table.get(id)?.state === 'dead') edges.add(id);
    return edges;
  }

  /** True when the stream is new. */
  opened(id: string, address: string, epoch: number, nowMs: number): boolean {
    const known = this.#open.get(id);
    if (known?.epoch === epoch) {
      known.addresses.add(address);
      return false;
    }
    this.#ids = undefined;
    this.#open.set(id, { addresses: new Set([address]), epoch, usedAtMs: nowMs });
    return true;
  }

  /** False when there was none. */
  closed(id: string): boolean {
    this.#ids = undefined;
    return this.#open.delete(id);
  }

  /** A stream that is no edge is of use now. */
  used(id: string, nowMs: number): void {
    const stream = this.#open.get(id);
    if (stream) stream.usedAtMs = nowMs;
  }

  failed(address: string, nowMs: number): void {
    this.#dials.failed(address, nowMs);
  }
  /** Forgets the back-off of an address, because there is news of the machine behind it. */
  hurry(address: string, nowMs: number): void {
    this.#dials.hurry(address, nowMs);
  }
  isOwn(address: string): void {
    this.#ownAddresses.add(address);
  }
  candidates(addresses: readonly string[]): void {
    this.#candidates = addresses;
  }
  /** True while there is an address where a peer may be that has not been met. */
  get awaitsStrangers(): boolean {
    return this.#candidates.some(
      address => this.#table.at(address).size === 0 && !this.#ownAddresses.has(address),
    );
  }
  hold(ids: readonly string[]): void {
    this.#held = new Set(ids);
  }
  /** Somebody wants a stream to `id` for a moment. */
  seek(id: string, nowMs: number): void {
    if (this.#open.size < streamsMax) this.#sought.set(id, nowMs + helperTimeoutMs);
  }

  /** Brings the schedule in line with the table and the open streams. */
  plan(nowMs: number): void {
    const table = this.#table;
    const wanted = new Map<string, number>();
    if (table.self().state !== 'left') {
      for (const id of this.edges()) {
        const address = table.get(id)?.address;
        if (address !== undefined && !this.#open.has(id)) wanted.set(address, nowMs + this.#delayMs(id));
      }
      const others = [...table.known.neighbours(), ...this.#sought.keys(), this.#healing];
      for (const id of others) {
        const record = table.get(id);
        if (!record || this.#open.has(id) || wanted.has(record.address)) continue;
        // Who left may have come back in the meantime, and everyone else with it.
        if (this.#sought.has(id) || !table.present.has(id)) wanted.set(record.address, nowMs);
      }
      for (const address of this.#candidates) {
        if (table.at(address).size === 0 && !wanted.has(address)) wanted.set(address, nowMs);
      }
    }
    for (const address of this.#ownAddresses) wanted.delete(address);
    wanted.delete(table.self().address);
    for (const { addresses } of this.#open.values()) for (const each of addresses) wanted.delete(each);
    this.#dials.want(wanted);
    this.#starting = false;
  }

  /** How long an edge waits before it is dialled. What the disk knew at the start has settled. */
  #delayMs(id: string): number {
    const { present } = this.#table;
    const settled = this.#starting || this.#held.has(id) || present.size < fullMeshMembersMax;
    return (settled ? 0 : edgeSettleMs * this.#patience) + (this.#table.id < id ? 0 : higherIdDialDelayMs);
  }

  /** What is due: addresses to dial, and streams to close because nobody needs them. `patience` divides the rate of dials. */
  tick(
    patience: number,
    nowMs: number,
  ): { readonly dials: readonly string[]; readonly closes: readonly string[] } {
    for (const [id, untilMs] of this.#sought) if (untilMs <= nowMs) this.#sought.delete(id);
    if (this.#healAtMs <= nowMs) this.#chooseWhomToHeal(nowMs);
    this.#patience = patience;
    const dials = this.#dials.take(nowMs, this.#tokens.available(nowMs, patience));
    this.#tokens.take(dials.length);
    const closes = this.#sweepAtMs <= nowMs ? this.#sweep(nowMs) : [];
    return { dials, closes };
  }

  nextMs(nowMs: number): number {
    const dialMs = Math.max(this.#dials.nextMs(nowMs), this.#tokens.nextMs(this.#patience));
    return Math.min(dialMs, this.#healAtMs, this.#sweepAtMs);
  }

  /** The stream that can be spared when there are too many: never an edge; the longest unused. */
  spare(): string | undefined {
    if (this.#open.size <= streamsMax) return undefined;
    const edges = this.edges();
    let chosen: string | undefined;
    let oldestMs = Number.POSITIVE_INFINITY;
    for (const [id, { usedAtMs }] of this.#open) {
      if (edges.has(id) || usedAtMs >= oldestMs) continue;
      [chosen, oldestMs] = [id, usedAtMs];
    }
    return chosen;
  }

  #chooseWhomToHeal(nowMs: number): void {
    this.#healAtMs = nowMs + healIntervalMs * (0.75 + 0.5 * this.#random());
    const absent = [...this.#table.known.members()].filter(id => !this.#table.present.has(id));
    this.#healing = absent[Math.floor(this.#random() * absent.length)] ?? '';
    this.plan(nowMs);
  }

  #sweep(nowMs: number): string[] {
    this.#sweepAtMs = nowMs + streamSweepMs;
    const edges = this.edges();
    return [...this.#open].flatMap(([id, { usedAtMs }]) => {
      const dead = this.#table.get(id)?.state === 'dead';
      if (dead) return nowMs - usedAtMs < deadStreamMs ? [] : [id];
      return edges.has(id) || nowMs - usedAtMs < streamIdleMs ? [] : [id];
    });
  }
}
