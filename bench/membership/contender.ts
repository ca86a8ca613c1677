// What the bench must know of a program to measure it: how it is started, what its lines say, how its table is read.
// One script drives all contenders; nothing else in this folder knows one from the other.
import type { Seat } from '../testbed/seat.ts';

/** What a line of an agent says of a member. Suspicion and refutation are told, but the member stays what it was. */
export type SightingKind = 'listening' | 'alive' | 'suspected' | 'degraded' | 'failed' | 'left' | 'refuted';

export interface Sighting {
  readonly kind: SightingKind;
  /** Its name; empty for `listening`. */
  readonly member: string;
  /** Which life of the member it is, where the program tells lives apart. */
  readonly epoch?: number;
}

export interface Contender {
  readonly name: string;
  /** Writes what all agents of a cluster share. */
  prepare(shared: string): void;
  /** Starts it in the foreground. @param seeds addresses without port of agents to join; none: from disk alone */
  argv(seat: Seat, seeds: readonly string[]): string[];
  /** What the line says; undefined when it says nothing of interest. */
  sighting(line: string): Sighting | undefined;
  /** The command that prints its table, as JSON. */
  tableArgv(seat: Seat): string[];
  /** The names in that table which it holds to be here. */
  presentIn(table: string): string[];
  /** Name and version, for people. */
  version(): string;
}
