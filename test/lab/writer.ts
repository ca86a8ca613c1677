// A client that writes without pause and notes what became of each write. It is the only one that writes its register, and
// begins no write before the one before has returned; when a host fails it, it asks another for the same once more.
import { randomUUID } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import { type AdminClient, AdminError, openAdminClient } from '../../src/api/admin-client.ts';
import type { Operation, Outcome, Write } from './history.ts';
import type { Host } from './host.ts';
import { recoveryTimeoutMs, writePauseMaxMs, writeTimeoutMs } from './limits.ts';
import { waitFor } from './wait-for.ts';

export interface WriterOptions {
  readonly register: string;
  /** What is written, by chance: an order without a pattern shows where one is missing. */
  readonly values: readonly string[];
  readonly change: (value: string) => Parameters<AdminClient['changeVoting']>[0];
  /** The first one is where it begins. */
  readonly hosts: readonly Host[];
  readonly random: () => number;
  /** Where in the history it is now; greater at each call, over all writers. */
  readonly tick: () => number;
  readonly onOperation: (operation: Operation) => void;
}

/** Answers after which a write is known to be in no log. Whatever else is said, it may have got there. */
const refusals: ReadonlySet<string> = new Set([
  'no-leader',
  'no-such-member',
  'not-leader',
  'handing-over',
  'busy',
]);

export class Writer {
  readonly #options: WriterOptions;
  /** Which host it asks. */
  #at = 0;
  #client: AdminClient | undefined;
  #stopping = false;
  #running: Promise<void> = Promise.resolve();

  constructor(options: WriterOptions) {
    this.#options = options;
  }

  /** Writes until it is stopped. */
  start(): void {
    this.#stopping = false;
    this.#running = this.#run();
  }

  /** Resolves when its last write has returned. */
  async stop(): Promise<void> {
    this.#stopping = true;
    await this.#running;
    this.#leave();
  }

  /** Writes once, by one try through this host. */
  async writeOnce(host: Host): Promise<Operation> {
    this.#leave();
    this.#at = this.#options.hosts.indexOf(host);
    try {
      return await this.#write(1);
    } finally {
      this.#leave();
    }
  }

  /** Writes through this host until a write is acknowledged. @throws Error when none is in time */
  async writeThrough(host: Host): Promise<void> {
    let last = '';
    const acknowledged = async () => {
      const { outcome, answer } = await this.writeOnce(host);
      last = answer;
      return outcome === 'acknowledged';
    };
    await waitFor(acknowledged, {
      timeoutMs: recoveryTimeoutMs,
      what: `a write through ${host.name}`,
      explain: () => `its last answer: ${last}`,
    });
  }

  async #run(): Promise<void> {
    const { random } = this.#options;
    while (!this.#stopping) {
      await this.#write();
      await sleep(random() * writePauseMaxMs);
    }
  }

  /** Asks until it has an answer, each host once unless told otherwise; it moves on when one has none. */
  async #write(triesMax = this.#options.hosts.length): Promise<Operation> {
    const { register, values, random, tick, onOperation } = this.#options;
    const value = values[Math.floor(random() * values.length)] ?? '';
    const write: Write = { register, value, request: randomUUID() };
    const invokedAt = tick();
    let told = await this.#ask(write);
    for (let tries = 1; tries < triesMax && told.outcome === 'unknown'; tries++) {
      this.#moveOn();
      const again = await this.#ask(write);
      // A refusal now says nothing of what became of it before.
      if (again.outcome === 'acknowledged') told = again;
    }
    if (told.outcome !== 'acknowledged') this.#moveOn();
    const operation: Operation = { ...write, invokedAt, returnedAt: tick(), ...told };
    onOperation(operation);
    return operation;
  }

  async #ask({ value, request }: Write): Promise<{ readonly outcome: Outcome; readonly answer: string }> {
    const host = this.#options.hosts[this.#at];
    if (!host?.isOn) return { outcome: 'refused', answer: 'the host is off' };
    try {
      this.#client ??= await openAdminClient(`unix:${host.outside(host.paths.socket)}`, writeTimeoutMs);
      await this.#client.changeVoting({ ...this.#options.change(value), client: request });
      return { outcome: 'acknowledged', answer: '' };
    } catch (error) {
      if (!(error instanceof AdminError)) throw error;
      return { outcome: outcomeOf(error), answer: `${error.message} ${error.code}` };
    }
  }

  #moveOn(): void {
    this.#leave();
    this.#at = (this.#at + 1) % this.#options.hosts.length;
  }

  #leave(): void {
    this.#client?.close();
    this.#client = undefined;
  }
}

function outcomeOf({ reason, detail, code }: AdminError): Outcome {
  const neverSent = reason === 'no-agent' && detail !== 'connection lost';
  return neverSent || refusals.has(code) ? 'refused' : 'unknown';
}
