// Scenarios whose whole history of reads and writes is kept, and checked for linearizability (I10, and with it I9).
import assert from 'node:assert/strict';
import { formed } from './acts.ts';
import { type Operation, whyNotLinearizable } from './linearizable.ts';
import type { Scenario } from './scenario.ts';
import type { Machine, World } from './world.ts';

export const historyScenarios: readonly Scenario[] = [
  {
    name: 'I10',
    title:
      'five clients read and write three registers through whoever thinks that it leads, while leaders die, sleep and are cut off: the history is linearizable',
    seeds: 8,
    async run(seed) {
      const world = await formed({ seed, nodes: 5 });
      const clients = ['a', 'b', 'c', 'd', 'e'].map(name => new Client(name, world));
      for (let round = 0; round < 10; round++) {
        await drive(world, clients, 400 + world.random() * 800);
        const leader = world.leader();
        const victim =
          leader && world.random() < 0.7 ? leader : world.machine(Math.floor(world.random() * 5));
        harm(world, victim, world.random());
        await drive(world, clients, 500 + world.random() * 4000);
        world.network.healAll();
        if (!victim.agent) world.boot(victim);
      }
      await drive(world, clients, 3000);
      await world.settleDown(60_000);
      for (const client of clients) await client.readAll();
      const history = clients.flatMap(client => client.history());
      const done = (kind: Operation['kind']) =>
        history.filter(each => each.kind === kind && each.endMs < Number.POSITIVE_INFINITY).length;
      assert.ok(done('read') >= 30 && done('write') >= 30, 'enough was read and written');
      assert.equal(whyNotLinearizable(history), undefined, 'I10');
      return world;
    },
  },
];

function harm(world: World, victim: Machine, chance: number): void {
  const others = world.machines.filter(machine => machine !== victim);
  if (chance < 0.3) {
    if (victim.agent) victim.crash();
  } else if (chance < 0.5) {
    if (victim.agent) world.freeze(victim, 1000 + world.random() * 4000);
  } else if (chance < 0.75) for (const other of others) world.network.cut(victim.id, other.id);
  else for (const other of others) world.network.cutOneWay(other.id, victim.id);
}

/** Lets time pass while every client that is idle begins something now and then. */
async function drive(world: World, clients: readonly Client[], durationMs: number): Promise<void> {
  for (const untilMs = world.timeline.nowMs + durationMs; world.timeline.nowMs < untilMs; ) {
    for (const client of clients) if (world.random() < 0.15) client.begin();
    await world.run(25);
  }
}

const registers = ['x', 'y', 'z'] as const;
/** Refusals after which a write has certainly not happened. */
const definite = ['not-leader', 'busy', 'handing-over', 'lost'];
/** After this a client gives up on an answer. */
const patienceMs = 4000;

/** One client: one thing at a time, and what it was told of it. */
class Client {
  readonly #name: string;
  readonly #world: World;
  readonly #history: Operation[] = [];
  #pending: { operation: Operation; sinceMs: number } | undefined;
  #number = 0;

  constructor(name: string, world: World) {
    this.#name = name;
    this.#world = world;
  }

  history(): readonly Operation[] {
    return [...this.#history, ...this.#unanswered()];
  }

  /** Begins something, unless it waits for an answer. */
  begin(): void {
    const { nowMs } = this.#world.timeline;
    if (this.#pending && nowMs - this.#pending.sinceMs < patienceMs) return;
    this.#history.push(...this.#unanswered());
    this.#pending = undefined;
    const leading = this.#world.machines.filter(({ agent }) => agent?.leadership.role === 'leader');
    const machine = leading[Math.floor(this.#world.random() * leading.length)];
    const key = registers[Math.floor(this.#world.random() * registers.length)] ?? 'x';
    if (!machine) return;
    if (this.#world.random() < 0.5) this.#write(machine, key);
    else void this.#read(machine, key);
  }

  /** Reads every register once, through whoever leads, and waits for it. */
  async readAll(): Promise<void> {
    this.#history.push(...this.#unanswered());
    this.#pending = undefined;
    for (const key of registers) {
      let done = false;
      const ask = () => {
        const leader = this.#world.leader();
        if (leader) void this.#read(leader, key).then(isRead => (done ||= isRead));
        return done;
      };
      await this.#world.runUntil(() => done || ask(), 20_000, `a last read of ${key}`);
    }
  }

  #write(machine: Machine, key: string): void {
    this.#number += 1;
    const value = `${this.#name}${this.#number}`;
    const startMs = this.#world.timeline.nowMs;
    const operation: Operation = {
      ...{ client: this.#name, key, kind: 'write', value, startMs },
      endMs: Number.POSITIVE_INFINITY,
    };
    this.#pending = { operation, sinceMs: startMs };
    const command = { kind: 'grant', service: key, role: value, node: machine.id } as const;
    void machine.agent?.decide(command).then(refused => {
      if (this.#pending?.operation !== operation) return;
      this.#pending = undefined;
      if (refused === undefined) this.#history.push({ ...operation, endMs: this.#world.timeline.nowMs });
      else if (!definite.includes(refused)) this.#history.push(operation);
    });
  }

  /** Reads as `clusterctl backup` does: proof that the machine leads, up to where to look, and then its own state. */
  async #read(machine: Machine, key: string): Promise<boolean> {
    const startMs = this.#world.timeline.nowMs;
    const { agent } = machine;
    if (!agent) return false;
    const { index, refused } = await agent.readIndex();
    if (refused !== undefined || agent.logIndexes.applied < index) return false;
    const last = agent.state.grants
      .filter(({ service }) => service === key)
      .toSorted((a, b) => b.token - a.token)[0];
    const endMs = this.#world.timeline.nowMs;
    this.#history.push({
      ...{ client: this.#name, key, kind: 'read', value: last?.role ?? '' },
      ...{ startMs, endMs },
    });
    return true;
  }

  #unanswered(): readonly Operation[] {
    return this.#pending ? [this.#pending.operation] : [];
  }
}
