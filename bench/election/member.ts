// One running member as its own lines show it: by what name it goes, and whom it holds to lead, since when. The time of a
// thing is the arrival of the line that tells it, on the monotonic clock of this process.
import type { Child } from '../../test/lab/child.ts';
import type { Seat } from '../testbed/seat.ts';
import type { Contender } from './contender.ts';

export interface Led {
  readonly leader: string;
  readonly term: number;
  readonly atMs: number;
}

export class Member {
  readonly seat: Seat;
  readonly child: Child;
  #knownAs: string | undefined;
  #led: Led | undefined;

  constructor(seat: Seat, child: Child, contender: Contender) {
    this.seat = seat;
    this.child = child;
    const take = (line: string) => {
      const sighting = contender.sighting(line);
      if (sighting?.kind === 'known-as') this.#knownAs = sighting.name;
      else if (sighting?.kind === 'led')
        this.#led = { leader: sighting.leader, term: sighting.term, atMs: performance.now() };
    };
    for (const line of [...child.stdout, ...child.stderr]) take(line);
    child.onLine(take);
  }

  /** What the members' logs call it; undefined before it has said so. */
  get knownAs(): string | undefined {
    return this.#knownAs;
  }

  /** Whom it last said to lead; undefined before it has said so. */
  get led(): Led | undefined {
    return this.#led;
  }

  /** The end of its output, for an error message. */
  lastWords(): string {
    const lines = [...this.child.stdout.slice(-10), ...this.child.stderr.slice(-10)];
    return [`last lines of ${this.seat.name}:`, ...lines].join('\n  ');
  }
}
