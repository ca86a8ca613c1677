// A world of virtual machines that run the real Agent: virtual time, network and disks, all from one seed. After every
// step the invariants are checked; the same seed gives the same trace, or something real has leaked in.
import assert from 'node:assert/strict';
import { createHash, type Hash } from 'node:crypto';
import { Agent, type AgentOptions } from '../../src/agent/agent.ts';
import type { Environment } from '../../src/agent/environment.ts';
import type { ClusterEvent } from '../../src/agent/events.ts';
import { identityFrom } from '../../src/agent/identity.ts';
import { sealerFrom } from '../../src/agent/sealing.ts';
import type { BirthPolicy } from '../../src/election/birth.ts';
import type { Host } from '../../src/integrations/host.ts';
import type { Integration } from '../../src/integrations/reconciler.ts';
import { Checkers, type Watched } from './checkers.ts';
import { VirtualDisk } from './disk.ts';
import { VirtualNetwork } from './network.ts';
import { randomFrom } from './random.ts';
import { sealOf } from './seal.ts';
import { Timeline } from './timeline.ts';

export interface WorldOptions {
  readonly seed: number;
  readonly nodes: number;
  readonly bootstrap?: BirthPolicy;
  /** What each machine can carry; called once for each boot. */
  readonly integrations?: (name: string) => readonly Integration[];
  /** The machine below a node; survives the death of its agent. */
  readonly host?: (name: string, ip: string) => Host;
}

/** A run that broke: what, when, under which seed, and what had been announced until then. */
export class RunError extends Error {
  override readonly name = 'RunError';
  readonly world: World;

  constructor(message: string, cause: unknown, world: World) {
    super(message, { cause });
    this.world = world;
  }
}

export class Machine implements Watched {
  readonly id: string;
  readonly name: string;
  address: string;
  /** Stands for the cluster key. */
  key = 'the cluster key';
  epoch = 0;
  readonly disk: VirtualDisk;
  readonly host: Host | undefined;
  agent: Agent | undefined;
  /** Why the last process ended by itself; undefined while it has not. */
  fatal: unknown;
  /** What its program knows; undefined for the present one. */
  level: number | undefined;
  /** How wrong its wall clock is. */
  wallOffsetMs = 0;
  /** Addresses it is told of at start; all others by default. */
  peers: readonly string[] | undefined;
  crash: () => void = () => {};
  /** What waits while the process is stopped; undefined while it runs. */
  backlog: { readonly timers: (() => void)[]; readonly events: (() => void)[] } | undefined;

  constructor(id: string, name: string, address: string, disk: VirtualDisk, host: Host | undefined) {
    this.id = id;
    this.name = name;
    this.address = address;
    this.disk = disk;
    this.host = host;
  }
}

export class World {
  readonly timeline = new Timeline();
  readonly random: () => number;
  readonly network: VirtualNetwork;
  readonly #machines: Machine[];
  readonly events: (ClusterEvent & { readonly on: string; readonly nowMs: number })[] = [];
  readonly #options: WorldOptions;
  readonly #checkers = new Checkers();
  readonly #trace: Hash = createHash('sha256');
  readonly #byId = new Map<string, Machine>();
  readonly #cloned = new Set<string>();
  readonly #clones: Machine[] = [];
  #steps = 0;
  #failure: unknown;

  constructor(options: WorldOptions) {
    this.#options = options;
    this.random = randomFrom(options.seed);
    this.network = new VirtualNetwork({
      nowMs: () => this.timeline.nowMs,
      after: (delayMs, run) => this.timeline.after(delayMs, run),
      random: this.random,
      onSend: (from, to, message) => {
        const machine = this.#byId.get(from);
        // Which of two machines with one id speaks, nobody can tell.
        if (machine && !this.#cloned.has(from)) this.#guard(() => this.#checkers.sent(machine, to, message));
      },
      onDeliver: (from, to, message) => this.#note('deliver', from, to, message),
    });
    this.#machines = Array.from({ length: options.nodes }, (_, i) => this.#machine(i));
  }

  get machines(): readonly Machine[] {
    return this.#machines;
  }

  machine(index: number): Machine {
    const machine = this.machines[index];
    assert.ok(machine, `the world has no machine ${index}`);
    return machine;
  }

  /** Boots the agent of a machine; takes effect as time goes on. */
  boot(machine: Machine): void {
    assert.equal(machine.agent, undefined, `${machine.name} runs already`);
    machine.epoch += 1;
    machine.fatal = undefined;
    let alive = true;
    const transport = this.network.transport(machine.id, machine.key);
    machine.backlog = undefined;
    const environment: Environment = {
      nowMs: () => this.timeline.nowMs,
      wallMs: () => 1_700_000_000_000 + Math.floor(this.timeline.nowMs) + machine.wallOffsetMs,
      random: this.random,
      secretBytes: count => Uint8Array.from({ length: count }, () => Math.floor(this.random() * 256)),
      setTimer: (delayMs, run) => {
        let due = true;
        const fire = () => {
          if (!alive || !due) return;
          if (machine.backlog) machine.backlog.timers.push(fire);
          else run();
        };
        const cancel = this.timeline.after(delayMs, fire);
        return () => {
          due = false;
          cancel();
        };
      },
      seal: sealOf(machine.id),
      transport: {
        ...transport,
        open: (greeting, onEvent) =>
          transport.open(greeting, event => {
            if (machine.backlog) machine.backlog.events.push(() => alive && onEvent(event));
            else onEvent(event);
          }),
      },
      tableStore: machine.disk.tableStore(),
      logStore: machine.disk.logStore(),
      logDisk: machine.disk.logDisk(),
      host: machine.host ? whileAlive(machine.host, () => alive) : noHost,
    };
    machine.crash = () => {
      alive = false;
      machine.disk.crash();
      transport.crash();
      machine.agent = undefined;
      machine.crash = () => {};
      this.#note('crash', machine.name);
    };
    const others = this.machines.filter(each => each !== machine).map(each => each.address);
    const options: AgentOptions = {
      ...{ id: machine.id, epoch: machine.epoch, name: machine.name, clusterName: 'lab', version: '0.0.0' },
      ...{
        address: machine.address,
        tags: {},
        peers: machine.peers ?? others,
        bootstrap: this.#options.bootstrap ?? { kind: 'auto' },
      },
      integrations: this.#options.integrations?.(machine.name) ?? [],
      ...(machine.level === undefined ? {} : { level: machine.level }),
      sealer: sealerFrom(new TextEncoder().encode(machine.key), environment.secretBytes),
      onFatal: error => {
        if (!alive) return;
        machine.fatal = error;
        // A broken invariant of the code is a failure of the run; a refusal for the operator is part of the game.
        if (!(error instanceof Error && ['StartError', 'LogStoreError'].includes(error.name)))
          this.#failure ??= error;
        this.#note('fatal', machine.name, String(error));
        machine.crash();
      },
    };
    Agent.start(options, environment).then(
      agent => {
        if (!alive) return;
        machine.agent = agent;
        for (const event of agent.events.recent()) this.#record(machine, event);
        agent.events.listen(event => this.#record(machine, event));
      },
      error => {
        // A log that cannot be trusted keeps the agent from starting, and that is part of the game.
        if (error instanceof Error && error.name === 'LogStoreError') {
          machine.fatal = error;
          machine.crash();
        } else this.#failure ??= error;
      },
    );
  }

  /** Another machine with the identity and the disk of this one, off; not among `machines`. */
  cloneOf(original: Machine, address: string): Machine {
    const disk = this.#disk();
    original.disk.copyTo(disk);
    const clone = new Machine(original.id, original.name, address, disk, undefined);
    clone.epoch = original.epoch;
    // I14: both are held to one vote in a term.
    disk.onSaved = (before, after) => this.#guard(() => this.#checkers.saved(clone, before, after));
    this.#cloned.add(original.id);
    this.#clones.push(clone);
    return clone;
  }

  /** Stops a process, or blocks its event loop, for so long: then what was sent to it is read, and its timers are late. */
  freeze(machine: Machine, durationMs: number): void {
    const backlog = { timers: [] as (() => void)[], events: [] as (() => void)[] };
    machine.backlog = backlog;
    this.#note('freeze', machine.name);
    this.timeline.after(durationMs, () => {
      if (machine.backlog !== backlog) return;
      machine.backlog = undefined;
      for (const run of [...backlog.events, ...backlog.timers]) run();
    });
  }

  bootAll(): void {
    for (const machine of this.machines) this.boot(machine);
  }

  /** Moves time on by `durationMs`, checking after every step. */
  async run(durationMs: number): Promise<void> {
    await this.runUntil(() => false, durationMs, undefined);
  }

  /** Moves time on until `done`, at most `limitMs`; throws when that passes and `what` is given. */
  async runUntil(done: () => boolean, limitMs: number, what: string | undefined): Promise<void> {
    const untilMs = this.timeline.nowMs + limitMs;
    await settle();
    while (!done()) {
      const more = this.timeline.next(untilMs);
      await settle();
      this.#guard(() => {
        this.#checkers.check(this.machines, this.#clones);
        if (this.#steps % 50 === 0) this.#checkers.checkMembers(this.machines);
      });
      this.#steps += 1;
      if (this.#failure !== undefined) throw this.#failed(this.#failure);
      if (more) continue;
      if (what === undefined) return;
      throw this.#failed(new Error(`not within ${limitMs} ms: ${what}`));
    }
  }

  /** The machine whose agent leads a majority right now, by its own word and that of the voters that run. */
  leader(): Machine | undefined {
    const running = this.machines.filter(machine => machine.agent);
    const leaders = running.filter(({ agent }) => agent?.leadership.role === 'leader');
    return leaders.toSorted((a, b) => (b.agent?.leadership.term ?? 0) - (a.agent?.leadership.term ?? 0))[0];
  }

  /** True when every running agent follows one leader of one term and all hold the same table. */
  agreed(): boolean {
    const agents = this.machines.flatMap(({ agent }) => (agent ? [agent] : []));
    const leaders = new Set(agents.map(({ leadership }) => `${leadership.term} ${leadership.leader}`));
    const digests = new Set(agents.map(agent => agent.membership.digest));
    const led = agents.every(({ leadership }) => leadership.leader !== '');
    return agents.length > 0 && led && leaders.size === 1 && digests.size === 1;
  }

  /** I19: every agent that runs is alive in the table of every other (degraded is alive). */
  allAlive(): boolean {
    const running = this.machines.filter(({ agent }) => agent);
    return running.every(({ agent }) =>
      running.every(({ id }) => {
        const state = agent?.record(id)?.state;
        return state === 'alive' || state === 'degraded';
      }),
    );
  }

  /** I2, I17, I18, I19, I21 after the faults have stopped: one leader, one table, one log, within the quiet time. */
  async settleDown(quietMs = 30_000): Promise<void> {
    await this.runUntil(() => this.agreed(), quietMs, 'I18, I21: all agree on one leader and one table');
    await this.runUntil(() => this.allAlive(), quietMs, 'I19: every healthy node is alive in every table');
    this.#guard(() => {
      this.#checkers.checkLogs(this.machines);
      this.#checkers.checkMembers(this.machines);
    });
    if (this.#failure !== undefined) throw this.#failed(this.#failure);
  }

  /** A hash of everything that was delivered, announced or crashed, in order. */
  traceHash(): string {
    return this.#trace.copy().digest('hex');
  }

  #disk(): VirtualDisk {
    return new VirtualDisk((delayMs, run) => this.timeline.after(delayMs, run), this.random);
  }

  /** The same hardware with an empty disk, and so another identity; not booted yet. What ran there is gone. */
  madeAnew(machine: Machine): Machine {
    machine.crash();
    const at = this.machines.indexOf(machine);
    const anew = this.#machine(at);
    this.#machines[at] = anew;
    return anew;
  }

  /** One more machine, which calls itself `name`; not booted yet. */
  another(name: string, host: Host): Machine {
    const machine = this.#machine(this.#machines.length, { name, host });
    this.#machines.push(machine);
    return machine;
  }

  #machine(index: number, given?: { readonly name: string; readonly host: Host }): Machine {
    const seed = Uint8Array.from({ length: 32 }, () => Math.floor(this.random() * 256));
    const { id } = identityFrom(seed);
    const name = `node-${String.fromCharCode(97 + (index % 26))}${index >= 26 ? Math.floor(index / 26) : ''}`;
    const disk = this.#disk();
    const ip = `100.64.${Math.floor(index / 250)}.${(index % 250) + 1}`;
    const host = given?.host ?? this.#options.host?.(name, ip);
    const machine = new Machine(id, given?.name ?? name, `${ip}:7443`, disk, host);
    disk.onSaved = (before, after) => this.#guard(() => this.#checkers.saved(machine, before, after));
    this.#byId.set(id, machine);
    return machine;
  }

  #record(machine: Machine, event: ClusterEvent): void {
    this.events.push({ ...event, on: machine.name, nowMs: this.timeline.nowMs });
    this.#note('event', machine.name, event);
  }

  #note(...what: readonly unknown[]): void {
    this.#trace.update(`${this.timeline.nowMs} ${JSON.stringify(what)}\n`);
  }

  #guard(check: () => void): void {
    try {
      check();
    } catch (error) {
      this.#failure ??= error;
    }
  }

  #failed(cause: unknown): Error {
    const { seed } = this.#options;
    const reason = cause instanceof Error ? cause.message : String(cause);
    return new RunError(`seed ${seed}, at ${this.timeline.nowMs.toFixed(1)} ms: ${reason}`, cause, this);
  }
}

/** Lets everything that has been promised come true before time moves: one turn of the real event loop, no timer. */
function settle(): Promise<void> {
  return new Promise(resolve => setImmediate(resolve));
}

/** The machine as one process has it: once that has died it does nothing there any more, and learns nothing. */
function whileAlive(host: Host, isAlive: () => boolean): Host {
  const never = new Promise<never>(() => {});
  return new Proxy(host, {
    get(target, property) {
      const value: unknown = Reflect.get(target, property, target);
      if (typeof value !== 'function') return value;
      return async (...args: unknown[]) => {
        if (!isAlive()) return never;
        const result: unknown = await Reflect.apply(value, target, args);
        return isAlive() ? result : never;
      };
    },
  });
}

const noHost = new Proxy({} as Host, {
  get(_target, property) {
    throw new Error(`this world has no host, and something asked it for ${String(property)}`);
  },
});
