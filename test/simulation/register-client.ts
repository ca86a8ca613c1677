// A client of registers in a world of agents: one thing at a time, and a history of what it asked and what it was told. A
// register is a service, its values are the roles granted for it, the newest grant last.
import type { Agent } from '../../src/agent/agent.ts';
import type { Operation } from './linearizable.ts';
import type { Machine, World } from './world.ts';

export const registers = ['x', 'y'] as const;

/** Refusals of something that was never in a log: asked once, such a write has certainly not happened. */
const definiteRefusals: ReadonlySet<string> = new Set(['not-leader', 'busy', 'handing-over']);
/**
 * A client waits for an answer this long at least and at most. Short, because one that waits for a leader that sleeps sees
 * nothing of what the others do meanwhile.
 */
const [patienceMsMin, patienceMsMax] = [150, 1200];
/** Times a write is asked for before its outcome is left unknown. */
const asksMax = 4;
/** Of writes whose outcome is unknown, the share that is asked for again. */
const asksAgain = 0.8;

interface Write {
  readonly operation: Operation;
  readonly command: {
    readonly kind: 'grant';
    readonly service: string;
    readonly role: string;
    readonly node: string;
  };
  readonly seq: number;
  /** Times it was asked for. */
  asks: number;
  /** Asks that were not, or not yet, definitely refused. */
  doubtful: number;
}

export class RegisterClient {
  readonly #name: string;
  readonly #world: World;
  readonly #writes: number;
  readonly #history: Operation[] = [];
  #seq = 0;
  #write: Write | undefined;
  /** Until when it waits for what it asked last; 0 while it is idle. */
  #waitsUntilMs = 0;
  /** Writes that were asked for more than once. */
  askedAgain = 0;

  /** @param writes the share of writes in what it asks for; one that only reads is never held up by an old leader's silence */
  constructor(name: string, world: World, writes: number) {
    this.#name = name;
    this.#world = world;
    this.#writes = writes;
  }

  history(): readonly Operation[] {
    return this.#write && this.#write.doubtful > 0
      ? [...this.#history, this.#write.operation]
      : this.#history;
  }

  /** Begins something, or asks again for what has had no answer, unless it still waits. */
  begin(): void {
    const { random, timeline, machines } = this.#world;
    if (timeline.nowMs < this.#waitsUntilMs) return;
    // A leader that was deposed and does not know it is asked as well.
    const leading = machines.filter(({ agent }) => agent?.leadership.role === 'leader');
    const machine = leading[Math.floor(random() * leading.length)];
    if (!machine) return;
    if (this.#write) {
      if (this.#write.asks < asksMax && random() < asksAgain) {
        this.#ask(machine, this.#write);
        return;
      }
      this.#giveUp();
    }
    const key = registers[Math.floor(random() * registers.length)] ?? 'x';
    if (random() < this.#writes) this.#ask(machine, this.#newWrite(machine, key));
    else void this.#read(machine, key);
  }

  /** Reads every register once, through whoever leads. */
  async readAll(): Promise<void> {
    this.#giveUp();
    for (const key of registers) {
      let done = false;
      const ask = () => {
        const leader = this.#world.leader();
        if (leader && this.#world.timeline.nowMs >= this.#waitsUntilMs)
          void this.#read(leader, key).then(isRead => {
            done ||= isRead;
          });
        return done;
      };
      await this.#world.runUntil(ask, 20_000, `a last read of ${key}`);
    }
  }

  #newWrite(machine: Machine, key: string): Write {
    this.#seq += 1;
    const value = `${this.#name}${this.#seq}`;
    const startMs = this.#world.timeline.nowMs;
    return {
      operation: {
        ...{ client: this.#name, key, kind: 'write', value, startMs },
        endMs: Number.POSITIVE_INFINITY,
      },
      command: { kind: 'grant', service: key, role: value, node: machine.id },
      ...{ seq: this.#seq, asks: 0, doubtful: 0 },
    };
  }

  /** Asks for a write; each time as the same request of the same session, so that it is done once (I15). */
  #ask(machine: Machine, write: Write): void {
    this.#write = write;
    write.asks += 1;
    write.doubtful += 1;
    if (write.asks > 1) this.askedAgain += 1;
    this.#wait();
    const session = { client: this.#name, seq: write.seq };
    const asked = taken(this.#world, machine, agent => agent.decide(write.command, session));
    void asked.then(refused => {
      if (this.#write !== write) return;
      this.#waitsUntilMs = 0;
      if (refused === undefined) {
        this.#write = undefined;
        this.#history.push({ ...write.operation, endMs: this.#world.timeline.nowMs });
      } else if (definiteRefusals.has(refused)) {
        write.doubtful -= 1;
        if (write.doubtful === 0) this.#write = undefined;
      }
    });
  }

  /** Reads as `clusterctl backup` does: proof that the machine leads, up to where to look, and then its own state. */
  async #read(machine: Machine, key: string): Promise<boolean> {
    const startMs = this.#world.timeline.nowMs;
    const waitsUntilMs = this.#wait();
    const { agent, answer } = await taken(this.#world, machine, async asked => ({
      agent: asked,
      answer: await asked.readIndex(),
    }));
    const { index, refused } = answer;
    // An answer that comes after its client has gone on is not heard.
    if (this.#waitsUntilMs !== waitsUntilMs) return false;
    this.#waitsUntilMs = 0;
    if (refused !== undefined || agent.logIndexes.applied < index) return false;
    const newest = agent.state.grants
      .filter(({ service }) => service === key)
      .toSorted((a, b) => b.token - a.token)[0];
    const endMs = this.#world.timeline.nowMs;
    const value = newest?.role ?? '';
    this.#history.push({ client: this.#name, key, kind: 'read', value, startMs, endMs });
    return true;
  }

  #wait(): number {
    const patienceMs = patienceMsMin + this.#world.random() * (patienceMsMax - patienceMsMin);
    this.#waitsUntilMs = this.#world.timeline.nowMs + patienceMs;
    return this.#waitsUntilMs;
  }

  /** Leaves the outcome of a write unknown. */
  #giveUp(): void {
    if (this.#write && this.#write.doubtful > 0) this.#history.push(this.#write.operation);
    this.#write = undefined;
    this.#waitsUntilMs = 0;
  }
}

/**
 * Asks an agent. One that sleeps takes the question when it wakes, and whether before or after what its peers have sent is
 * chance: they come by other sockets. Never settles when the machine dies first.
 */
function taken<T>(world: World, machine: Machine, ask: (agent: Agent) => Promise<T>): Promise<T> {
  return new Promise((resolve, reject) => {
    const { agent, backlog } = machine;
    const begin = () => {
      if (agent && machine.agent === agent) ask(agent).then(resolve, reject);
    };
    if (!backlog) begin();
    else if (world.random() < 0.5) backlog.events.unshift(begin);
    else backlog.events.push(begin);
  });
}
