// The agents of one contender on one ground: starting, killing, starting again, and what all of them have said. Every
// wait is bounded; an agent that ends without being told to is an error with its last words.
import { mkdirSync, mkdtempSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { resultOf } from '../../test/lab/machine.ts';
import { untilGone } from '../../test/lab/processes.ts';
import { addressOf, type Ground, numbersTo } from '../testbed/ground.ts';
import type { Leavings } from '../testbed/leavings.ts';
import type { Seat } from '../testbed/seat.ts';
import type { Contender } from './contender.ts';
import { formTimeoutMs, listenTimeoutMs, lookMs, tableTimeoutMs } from './limits.ts';
import { type Told, WatchedAgent } from './watched-agent.ts';

export class Cluster {
  readonly seats: readonly Seat[];
  /** All that any agent has said, in any of its lives, in the order of arrival. */
  readonly told: Told[] = [];
  readonly #contender: Contender;
  readonly #ground: Ground;
  readonly #leavings: Leavings;
  readonly #running = new Map<number, WatchedAgent>();

  /** Makes seats with empty disks; starts nothing. */
  constructor(contender: Contender, ground: Ground, leavings: Leavings, size: number) {
    this.#contender = contender;
    this.#ground = ground;
    this.#leavings = leavings;
    const shared = mkdtempSync(join(leavings.folder, `${contender.name}-`));
    contender.prepare(shared);
    this.seats = numbersTo(size).map(number => {
      const name = `n${number}`;
      const folder = join(shared, name);
      mkdirSync(folder);
      return { number, name, ip: addressOf(number), folder, shared };
    });
  }

  /** Those that run, by number. */
  get agents(): WatchedAgent[] {
    return [...this.#running.values()].sort((one, other) => one.seat.number - other.seat.number);
  }

  /** The running agent of that number. @throws RangeError when there is none */
  agent(number: number): WatchedAgent {
    const agent = this.#running.get(number);
    if (agent === undefined) throw new RangeError(`n${number} does not run`);
    return agent;
  }

  /** One of those that run, at random. */
  anyone(): WatchedAgent {
    const { agents } = this;
    const agent = agents[Math.floor(Math.random() * agents.length)];
    if (agent === undefined) throw new RangeError('no agent runs');
    return agent;
  }

  /** The seed first; when it listens all others at once, each told of the seed. */
  async startWithSeed(): Promise<void> {
    const [seed, ...others] = this.seats;
    if (seed === undefined) return;
    await this.#start(seed, []);
    await this.untilListening();
    await this.#startAtOnce(others, [seed.ip]);
  }

  /** All at once, from what is on their disks alone: nobody is given a peer. */
  async startFromDisk(): Promise<void> {
    await this.#startAtOnce(this.seats, []);
  }

  /** Starts one again that was killed, told of the seed; the seed itself is told of another. */
  async restart(seat: Seat): Promise<WatchedAgent> {
    const seed = this.seats.find(({ number }) => number !== seat.number);
    return await this.#start(seat, seed === undefined ? [] : [seed.ip]);
  }

  /** SIGKILL. @returns when */
  kill(agent: WatchedAgent): number {
    this.#running.delete(agent.seat.number);
    const atMs = performance.now();
    agent.child.kill('SIGKILL');
    return atMs;
  }

  /** Ends all at once: each is stopped first, so that nobody sees another go. Resolves when they are gone. */
  async killAll(): Promise<void> {
    const { agents } = this;
    for (const agent of agents) agent.child.kill('SIGSTOP');
    for (const agent of agents) this.kill(agent);
    await untilGone(agents.flatMap(({ child }) => child.process ?? []));
    await Promise.all(agents.map(({ child }) => child.exited));
  }

  /** Waits until all that run have said that they listen. @returns when the last one did */
  async untilListening(): Promise<number> {
    const atMs = await this.until(
      () => latest(this.agents.map(agent => agent.listeningAtMs)),
      listenTimeoutMs,
    );
    if (atMs !== undefined) return atMs;
    const silent = this.agents.filter(agent => agent.listeningAtMs === undefined);
    const words = silent[0]?.lastWords() ?? '';
    throw new Error(
      `${silent.map(({ name }) => name).join(' ')} of ${this.#contender.name} did not listen within ${listenTimeoutMs} ms\n${words}`,
    );
  }

  /** Since when every running agent has seen every other; undefined when one does not. */
  allSeeAll(): number | undefined {
    const { agents } = this;
    return latest(
      agents.flatMap(one => agents.filter(other => other !== one).map(other => one.seesSince(other))),
    );
  }

  /** Since when every other running agent has seen this life of it; undefined when one does not. */
  othersSee(agent: WatchedAgent): number | undefined {
    return latest(this.agents.filter(other => other !== agent).map(other => other.seesSince(agent)));
  }

  /** Waits until all see all. @returns when; undefined when they do not in time */
  async untilAllSeeAll(timeoutMs = formTimeoutMs): Promise<number | undefined> {
    return await this.until(() => this.allSeeAll(), timeoutMs);
  }

  /** Since when every other running agent has held the member to have failed; undefined when one does not. */
  allHoldFailed(member: string): number | undefined {
    const others = this.agents.filter(({ name }) => name !== member);
    return latest(
      others.map(other => {
        const opinion = other.opinionOf(member);
        return opinion?.kind === 'failed' ? opinion.sinceMs : undefined;
      }),
    );
  }

  /** Looks until there is an answer. @returns it, or undefined after the limit @throws Error when an agent has ended */
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

  /** Lets time pass. @throws Error when an agent has ended by itself */
  async rest(durationMs: number): Promise<void> {
    await sleep(durationMs);
    this.assertRunning();
  }

  /** @throws Error with the last words of an agent that has ended by itself */
  assertRunning(): void {
    const ended = this.agents.find(({ child }) => !child.isRunning);
    if (ended === undefined) return;
    throw new Error(`${ended.name} of ${this.#contender.name} has ended by itself\n${ended.lastWords()}`);
  }

  /** Of these agents, those whose table, asked for by the contender's own command, does not show all seats. */
  async incompleteTables(agents = this.agents): Promise<string[]> {
    const incomplete: string[] = [];
    for (const { name, seat } of agents) {
      const present = await this.#tableOf(seat);
      if (!this.seats.every(each => present.has(each.name))) incomplete.push(name);
    }
    return incomplete;
  }

  async #tableOf(seat: Seat): Promise<ReadonlySet<string>> {
    const argv = this.#contender.tableArgv(seat);
    const child = await this.#leavings.spawn(this.#ground.namespaceOf(seat.number), argv);
    const { exitCode, stdout, stderr } = await resultOf(child, argv.join(' '), tableTimeoutMs);
    if (exitCode !== 0) throw new Error(`"${argv.join(' ')}" for ${seat.name}: exit ${exitCode}\n${stderr}`);
    return new Set(this.#contender.presentIn(stdout));
  }

  async #startAtOnce(seats: readonly Seat[], seeds: readonly string[]): Promise<void> {
    for (const seat of seats) await this.#start(seat, seeds);
  }

  async #start(seat: Seat, seeds: readonly string[]): Promise<WatchedAgent> {
    const spawnedAtMs = performance.now();
    const argv = this.#contender.argv(seat, seeds);
    const child = await this.#leavings.spawn(this.#ground.namespaceOf(seat.number), argv);
    const agent = new WatchedAgent(seat, child, this.#contender, spawnedAtMs, told => this.told.push(told));
    this.#running.set(seat.number, agent);
    return agent;
  }
}

/** The latest of the times; undefined when one is missing or there is none. */
export function latest(times: readonly (number | undefined)[]): number | undefined {
  let last: number | undefined;
  for (const time of times) {
    if (time === undefined) return undefined;
    last = last === undefined ? time : Math.max(last, time);
  }
  return last;
}
