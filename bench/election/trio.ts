// Three members of one contender on a wire, each with an open connection: starting, killing, starting again, and who
// leads. Every wait is bounded; a member that ends without being told to is an error with its last words.
import { mkdirSync, mkdtempSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { addressOf, numbersTo } from '../testbed/ground.ts';
import type { Leavings } from '../testbed/leavings.ts';
import type { Seat } from '../testbed/seat.ts';
import { Wire } from '../testbed/wire.ts';
import type { Connection, Contender } from './contender.ts';
import { callTimeoutMs, formPollMs, formTimeoutMs, lookMs, memberCount, settleMs } from './limits.ts';
import { Member } from './member.ts';

export class Trio {
  readonly contender: Contender;
  readonly seats: readonly Seat[];
  readonly #wire: Wire;
  readonly #leavings: Leavings;
  readonly #members = new Map<Seat, Member>();
  readonly #connections = new Map<Seat, Connection>();

  private constructor(contender: Contender, wire: Wire, leavings: Leavings) {
    this.contender = contender;
    this.#wire = wire;
    this.#leavings = leavings;
    const shared = mkdtempSync(join(leavings.folder, `${contender.name}-`));
    contender.prepare(shared);
    this.seats = numbersTo(memberCount).map(number => {
      const name = `n${number}`;
      const folder = join(shared, name);
      mkdirSync(folder);
      return { number, name, ip: addressOf(number), folder, shared };
    });
  }

  /** Three that vote under one leader, and have settled. @throws Error when they do not get there */
  static async form(contender: Contender, leavings: Leavings): Promise<Trio> {
    const trio = new Trio(contender, await Wire.make(leavings, memberCount), leavings);
    for (const seat of trio.seats) await trio.start(seat);
    await trio.untilWhole();
    await trio.rest(settleMs);
    return trio;
  }

  /** Those that run. */
  get members(): Member[] {
    return [...this.#members.values()];
  }

  /** Who leads, by the word of the highest term. @throws Error when nobody is known to, or who is does not run */
  leader(): Member {
    const latest = this.members
      .flatMap(({ led }) => led ?? [])
      .sort((one, other) => other.term - one.term)[0];
    const leader = this.members.find(({ knownAs }) => knownAs !== undefined && knownAs === latest?.leader);
    if (leader === undefined) throw new Error(`nobody leads the three of ${this.contender.name}`);
    return leader;
  }

  /** Those that run and do not lead. */
  followers(): Member[] {
    const leader = this.leader();
    return this.members.filter(member => member !== leader);
  }

  /** The connection to a member, which stays open over its lives. */
  connectionTo({ seat }: Member): Connection {
    const connection = this.#connections.get(seat);
    if (connection === undefined) throw new RangeError(`${seat.name} was never started`);
    return connection;
  }

  /** Starts a member, from what is on its disk. */
  async start(seat: Seat): Promise<Member> {
    const argv = this.contender.argv(seat, this.seats);
    const child = await this.#leavings.spawn(this.#wire.namespaceOf(seat.number), argv);
    const member = new Member(seat, child, this.contender);
    this.#members.set(seat, member);
    if (!this.#connections.has(seat))
      this.#connections.set(seat, await this.contender.connect(seat, callTimeoutMs));
    return member;
  }

  /** Sends it the signal that ends it, and counts it out. @returns when */
  end(member: Member, signal: 'SIGKILL' | 'SIGTERM'): number {
    this.#members.delete(member.seat);
    const atMs = performance.now();
    member.child.kill(signal);
    return atMs;
  }

  /** Waits until all three vote and know who leads, by their own answers. @throws Error when they do not in time */
  async untilWhole(): Promise<void> {
    const deadline = performance.now() + formTimeoutMs;
    for (;;) {
      this.assertRunning();
      const connections = [...this.#connections.values()];
      const answers = await Promise.allSettled(connections.map(connection => connection.status()));
      const isWhole = answers.every(answer => answer.status === 'fulfilled' && answer.value.isSettled);
      const leaders = new Set(this.members.map(({ led }) => led?.leader));
      if (isWhole && this.members.length === memberCount && leaders.size === 1) return;
      if (performance.now() > deadline)
        throw new Error(`the three of ${this.contender.name} were not whole within ${formTimeoutMs} ms`);
      await sleep(formPollMs);
    }
  }

  /** Looks until there is an answer. @returns it, or undefined after the limit @throws Error when a member has ended */
  async until<T>(look: () => T | undefined, timeoutMs: number): Promise<T | undefined> {
    const deadline = performance.now() + timeoutMs;
    for (;;) {
      const answer = look();
      if (answer !== undefined) return answer;
      this.assertRunning();
      if (performance.now() > deadline) return undefined;
      await sleep(lookMs);
    }
  }

  /** Lets time pass. @throws Error when a member has ended by itself */
  async rest(durationMs: number): Promise<void> {
    await sleep(durationMs);
    this.assertRunning();
  }

  /** Closes the connections; the members themselves are the Leavings'. */
  close(): void {
    for (const connection of this.#connections.values()) connection.close();
  }

  /** @throws Error with the last words of a member that has ended by itself */
  assertRunning(): void {
    const ended = this.members.find(({ child }) => !child.isRunning);
    if (ended === undefined) return;
    throw new Error(`${ended.seat.name} of ${this.contender.name} has ended by itself\n${ended.lastWords()}`);
  }
}
