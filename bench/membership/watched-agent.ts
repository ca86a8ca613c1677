// One running agent as its own lines show it: what it holds of every member, and since when. The time of a thing is the
// arrival of the line that tells it, on the monotonic clock of this process.
import type { Child } from '../../test/lab/child.ts';
import type { Seat } from '../testbed/seat.ts';
import type { Contender, Sighting } from './contender.ts';

/** What an agent holds of a member. */
export interface Opinion {
  readonly kind: 'alive' | 'degraded' | 'failed' | 'left';
  readonly sinceMs: number;
  readonly epoch: number | undefined;
}

/** A line of interest, and whose. */
export interface Told extends Sighting {
  readonly atMs: number;
  /** The name of the agent that said it. */
  readonly by: string;
}

export class WatchedAgent {
  readonly seat: Seat;
  readonly child: Child;
  readonly spawnedAtMs: number;
  readonly #opinions = new Map<string, Opinion>();
  #listening: Told | undefined;

  /** @param tell hears every line of interest, in the order of arrival */
  constructor(
    seat: Seat,
    child: Child,
    contender: Contender,
    spawnedAtMs: number,
    tell: (told: Told) => void,
  ) {
    this.seat = seat;
    this.child = child;
    this.spawnedAtMs = spawnedAtMs;
    const take = (line: string) => {
      const sighting = contender.sighting(line);
      if (sighting === undefined) return;
      const told = { ...sighting, atMs: performance.now(), by: seat.name };
      this.#note(told);
      tell(told);
    };
    for (const line of [...child.stdout, ...child.stderr]) take(line);
    child.onLine(take);
  }

  get name(): string {
    return this.seat.name;
  }

  /** When it said that it listens; undefined before. */
  get listeningAtMs(): number | undefined {
    return this.#listening?.atMs;
  }

  /** What it holds of the member; undefined when it has not said a word of it in this life. */
  opinionOf(member: string): Opinion | undefined {
    return this.#opinions.get(member);
  }

  /** Since when it has seen this very life of the other; undefined when it does not. */
  seesSince(other: WatchedAgent): number | undefined {
    const opinion = this.#opinions.get(other.name);
    if (opinion?.kind !== 'alive' && opinion?.kind !== 'degraded') return undefined;
    const [seen, is] = [opinion.epoch, other.#listening?.epoch];
    return seen !== undefined && is !== undefined && seen < is ? undefined : opinion.sinceMs;
  }

  /** The end of its output, for an error message. */
  lastWords(): string {
    const lines = [...this.child.stdout.slice(-10), ...this.child.stderr.slice(-10)];
    return [`last lines of ${this.name}:`, ...lines].join('\n  ');
  }

  #note(told: Told): void {
    const { kind, member, atMs, epoch } = told;
    if (kind === 'listening') this.#listening ??= told;
    if (kind === 'listening' || kind === 'suspected' || kind === 'refuted') return;
    const before = this.#opinions.get(member);
    if (before?.kind === kind && before.epoch === epoch) return;
    this.#opinions.set(member, { kind, sinceMs: atMs, epoch });
  }
}
