// A cluster under writes and harm: clients write all the time, a test does its harm, and in the end the disks, the clients'
// notes and the agents' words are held against each other. Everything that is chance comes from one seed.
import assert from 'node:assert/strict';
import { openAdminClient } from '../../src/api/admin-client.ts';
import { randomFrom } from '../simulation/random.ts';
import type { RunningAgent } from './agent-host.ts';
import type { Look, Operation, ToldLeader } from './history.ts';
import { violationsOf } from './history-checker.ts';
import type { Host } from './host.ts';
import type { LabCluster } from './lab-cluster.ts';
import { recoveryTimeoutMs, writeTimeoutMs } from './limits.ts';
import { lookAtLog } from './log-look.ts';
import { waitFor } from './wait-for.ts';
import { Writer } from './writer.ts';

/** So many violations are told; the first ones explain the others. */
const violationsToldMax = 10;

export interface TrialOptions {
  /** The agents' data folder as the hosts name it, when it is not that of `host.paths`. */
  readonly dataDir?: string;
  readonly seed?: number;
}

export class WriteTrial {
  readonly seed: number;
  /** What harm is done, and when, by the count of writes. */
  readonly random: () => number;
  readonly #cluster: LabCluster;
  readonly #dataDir: string | undefined;
  readonly #operations: Operation[] = [];
  readonly #looks: Look[] = [];
  readonly #leaders: ToldLeader[] = [];
  readonly #names = new Map<string, string>();
  #writers: readonly Writer[] = [];
  #ticks = 0;
  #registers = 0;

  constructor(
    cluster: LabCluster,
    { dataDir, seed = Math.floor(Math.random() * 2 ** 32) }: TrialOptions = {},
  ) {
    this.#cluster = cluster;
    this.#dataDir = dataDir;
    this.seed = seed;
    this.random = randomFrom(seed);
  }

  /** Begins to write, once all agents are of one cluster: each member's wish to vote, and how many voters there should be. */
  async begin(): Promise<void> {
    const { hosts } = this.#cluster;
    for (const { name } of hosts) this.#hear(this.#cluster.agentOn(name));
    await Promise.all(hosts.map(({ name }) => this.#cluster.agentOn(name).untilEvent('agent.ready')));
    const members = await waitFor(
      async () => {
        const seen = await Promise.all(hosts.map(host => ask(host, client => client.members())));
        const all = seen.every(
          ({ members }) => members.filter(({ admitted }) => admitted).length === hosts.length,
        );
        return all ? seen[0]?.members : undefined;
      },
      { what: 'all hosts to see all members admitted' },
    );
    for (const { id, name } of members) this.#names.set(id, name);
    this.#writers = [
      ...members.map(({ id, name }, at) =>
        this.#writer(at, `wish of ${id}`, ['always', 'none'], value => ({
          member: name,
          wish: value as 'none',
        })),
      ),
      this.#writer(0, 'voters wanted', ['3', '5'], value => ({ count: Number(value) })),
    ];
    this.resume();
  }

  /** Begins to write again after `pause`. */
  resume(): void {
    for (const writer of this.#writers) writer.start();
  }

  /** No write is under way when it resolves. */
  async pause(): Promise<void> {
    await Promise.all(this.#writers.map(writer => writer.stop()));
  }

  /** One more write of a client that is paused, through this host only. */
  async write(host: Host): Promise<Operation> {
    const [writer] = this.#writers;
    assert.ok(writer);
    return await writer.writeOnce(host);
  }

  /** How many writes were acknowledged so far. */
  get acknowledged(): number {
    return this.#operations.filter(({ outcome }) => outcome === 'acknowledged').length;
  }

  /** Waits until so many more writes are acknowledged. @throws Error with the seed when they are not in time */
  async progress(writes: number, what = 'writes to go on'): Promise<void> {
    const goal = this.acknowledged + writes;
    await waitFor(() => this.acknowledged >= goal, {
      timeoutMs: recoveryTimeoutMs,
      what,
      explain: () => this.account(),
    });
  }

  /** The name of the host that leads, in the word of whoever says that of itself with a majority behind it. */
  async leader(): Promise<string> {
    return await waitFor(
      async () => {
        for (const host of this.#cluster.hosts.filter(({ isOn }) => isOn)) {
          const told = await ask(host, client => client.leader()).catch(() => undefined);
          if (told?.confirmed) return told.name;
        }
        return undefined;
      },
      { timeoutMs: recoveryTimeoutMs, what: 'a confirmed leader', explain: () => this.account() },
    );
  }

  /** One of these by chance. */
  pick<T>(choices: readonly T[]): T {
    const chosen = choices[Math.floor(this.random() * choices.length)];
    assert.ok(chosen !== undefined);
    return chosen;
  }

  /** The same in an order by chance. */
  shuffled<T>(choices: readonly T[]): T[] {
    return choices
      .map(choice => ({ choice, place: this.random() }))
      .sort((a, b) => a.place - b.place)
      .map(({ choice }) => choice);
  }

  /** Kills the agents of these hosts at the same moment and looks at their logs. */
  async kill(names: readonly string[]): Promise<void> {
    const agents = names.map(name => this.#cluster.agentOn(name));
    for (const agent of agents) agent.kill('SIGKILL');
    await Promise.all(agents.map(({ child }) => child.exited));
    await this.look(names);
  }

  /** Notes what is on the disks of these hosts, whose agents are down. */
  async look(names: readonly string[]): Promise<void> {
    for (const name of names) this.#looks.push(await lookAtLog(name, this.dataFolder(name)));
  }

  /** Where the agent's data is for this process. */
  dataFolder(name: string): string {
    const host = this.#cluster.lab.host(name);
    return host.outside(this.#dataDir ?? host.paths.dataDir);
  }

  async restart(names: readonly string[], env: Readonly<Record<string, string>> = {}): Promise<void> {
    await Promise.all(names.map(async name => this.#hear(await this.#cluster.restart(name, {}, env))));
  }

  /**
   * Ends the trial: a write through each host, the same log on all of them, then all are killed and their disks read. What is found
   * wrong is returned; all agents are down.
   */
  async end(): Promise<string[]> {
    await this.pause();
    const { hosts } = this.#cluster;
    const [writer] = this.#writers;
    assert.ok(writer);
    for (const host of hosts) await writer.writeThrough(host).catch(error => this.#fail(error));
    const decidedIndex = await this.#agreement();
    await this.kill(hosts.map(({ name }) => name));
    return violationsOf({
      operations: this.#operations,
      looks: this.#looks,
      leaders: this.#leaders.map(told => ({ ...told, leader: this.#names.get(told.leader) ?? told.leader })),
      decidedIndex,
    });
  }

  /** Ends as `end` does. @throws AssertionError with the seed when anything is wrong */
  async assertNothingLost(): Promise<void> {
    const violations = await this.end();
    const told = violations.slice(0, violationsToldMax).join('\n');
    assert.equal(violations.length, 0, `${violations.length} violations:\n${told}\n${this.account()}`);
  }

  /** The seed, and what became of the writes, in one line. */
  account(): string {
    const count = (outcome: string) => this.#operations.filter(each => each.outcome === outcome).length;
    const counts = ['acknowledged', 'refused', 'unknown'].map(each => `${count(each)} ${each}`);
    const answers = [...new Set(this.#operations.slice(-20).map(({ answer }) => answer))].join('; ');
    return `seed ${this.seed}: ${counts.join(', ')}; last answers: ${answers}`;
  }

  #fail(error: unknown): never {
    throw new Error(`${error instanceof Error ? error.message : error}\n${this.account()}`, {
      cause: error,
    });
  }

  /** Waits until every host has decided and applied the same log. @returns its last index */
  async #agreement(): Promise<number> {
    return await waitFor(
      async () => {
        const all = await Promise.all(this.#cluster.hosts.map(host => ask(host, client => client.status())));
        const indexes = new Set(all.flatMap(({ logIndex, appliedIndex }) => [logIndex, appliedIndex]));
        const [index] = indexes;
        return indexes.size === 1 ? index : undefined;
      },
      { timeoutMs: recoveryTimeoutMs, what: 'one log on all hosts', explain: () => this.account() },
    );
  }

  #writer(
    at: number,
    register: string,
    values: readonly string[],
    change: ConstructorParameters<typeof Writer>[0]['change'],
  ): Writer {
    const { hosts } = this.#cluster;
    return new Writer({
      ...{ register, values, change },
      // Not the generator of the harm, whose order would then hang on how fast the writes are.
      random: randomFrom(this.seed + 1 + this.#registers++),
      hosts: [...hosts.slice(at), ...hosts.slice(0, at)],
      tick: () => ++this.#ticks,
      onOperation: operation => this.#operations.push(operation),
    });
  }

  #hear(agent: RunningAgent): void {
    agent.onEvent(({ event, member, fields }) => {
      if (event === 'leader.elected')
        this.#leaders.push({ teller: agent.machine.name, term: Number(fields.term), leader: member });
    });
  }
}

async function ask<Reply>(
  host: Host,
  question: (client: Awaited<ReturnType<typeof openAdminClient>>) => Promise<Reply>,
): Promise<Reply> {
  const client = await openAdminClient(`unix:${host.outside(host.paths.socket)}`, writeTimeoutMs);
  try {
    return await question(client);
  } finally {
    client.close();
  }
}
