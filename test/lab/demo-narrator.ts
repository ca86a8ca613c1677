// Tells a person what the agents' logs tell: one line a fact, however many agents report it. Decides nothing.
import type { AgentEvent, RunningAgent } from './agent-host.ts';
import { narrationDelayMs } from './limits.ts';

/** Facts of one agent alone, or steps too small for a person. */
const silent: ReadonlySet<string> = new Set([
  'agent.started',
  'agent.ready',
  'agent.waiting',
  'agent.stopping',
  'cluster.joined',
  'member.refuted',
]);

export class Narrator {
  readonly #print: (line: string) => void;
  readonly #names: readonly string[];
  readonly #told = new Set<string>();
  readonly #seen = new Set<string>();
  readonly #startedAtMs = Date.now();
  #waiting: { readonly from: string; readonly event: AgentEvent }[] = [];
  #timer: NodeJS.Timeout | undefined;

  /** @param names of all machines; said to have found each other once all see all */
  constructor(names: readonly string[], print: (line: string) => void) {
    this.#names = names;
    this.#print = print;
  }

  /** Prints a line with the seconds since the start, after all that was heard before. */
  say(text: string): void {
    this.#tell();
    this.#printAt(Date.now(), text);
  }

  /** Tells what this agent reports from now on, and what it has reported. */
  follow(agent: RunningAgent): void {
    agent.onEvent(event => {
      this.#waiting.push({ from: agent.machine.name, event });
      this.#timer ??= setTimeout(() => this.#tell(), narrationDelayMs);
    });
  }

  /** The logs are read one after the other; what happened is told in the order of its time. */
  #tell(): void {
    clearTimeout(this.#timer);
    this.#timer = undefined;
    const heard = this.#waiting.sort((one, other) => one.event.atMs - other.event.atMs);
    this.#waiting = [];
    for (const { from, event } of heard) {
      if (silent.has(event.event)) continue;
      if (event.event === 'member.alive') this.#sees(from, event);
      else if (this.#isNew(event)) this.#printAt(event.atMs, event.text);
    }
  }

  #printAt(atMs: number, text: string): void {
    const seconds = Math.max(0, atMs - this.#startedAtMs) / 1000;
    this.#print(`${seconds.toFixed(1).padStart(6)} s  ${text}`);
  }

  /** The same fact has the same words, whoever reports it. */
  #isNew({ event, text }: AgentEvent): boolean {
    const isNew = !this.#told.has(`${event} ${text}`);
    this.#told.add(`${event} ${text}`);
    return isNew;
  }

  #sees(from: string, { member, atMs }: AgentEvent): void {
    if (from === member || !this.#names.includes(member)) return;
    this.#seen.add(`${from} ${member}`);
    const all = this.#names.length * (this.#names.length - 1);
    if (this.#seen.size === all && this.#isNew({ event: 'all', text: '', atMs, member, fields: {} }))
      this.#printAt(atMs, `${this.#names.join(', ')} have found each other`);
  }
}
