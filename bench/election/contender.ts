// What the bench must know of a program to measure it: how it is started, what its lines say of the leader, and how it is
// asked over a connection that stays open. One script drives all contenders; no row knows one from the other.
import type { Seat } from '../testbed/seat.ts';

/** What a line of a member's log says. */
export type Sighting =
  /** By what name its log calls itself. */
  | { readonly kind: 'known-as'; readonly name: string }
  /** It knows who leads. */
  | { readonly kind: 'led'; readonly leader: string; readonly term: number };

/** What a member says of itself when it is asked. */
export interface Status {
  readonly leads: boolean;
  /** It knows a leader, and votes among all members. */
  readonly isSettled: boolean;
  /** The last entry of its log. */
  readonly lastIndex: number;
}

/** An open connection to one member. Every call rejects when it is refused or not answered in time. */
export interface Connection {
  status(): Promise<Status>;
  /** Has one more entry decided; resolves when it is durable on a majority, and applied. */
  write(): Promise<void>;
  /** Has the member, which leads, hand over to another. @param target as {@link Sighting} knows it */
  transfer(target: string): Promise<void>;
  close(): void;
}

export interface Contender {
  readonly name: string;
  /** Writes what all members share. */
  prepare(shared: string): void;
  /** Starts a member in the foreground; again, too, from what is on its disk. */
  argv(seat: Seat, seats: readonly Seat[]): string[];
  /** What the line says; undefined when it says nothing of interest. */
  sighting(line: string): Sighting | undefined;
  /** @param timeoutMs of each call */
  connect(seat: Seat, timeoutMs: number): Promise<Connection>;
  /** Name and version, for people. */
  version(): string;
}
