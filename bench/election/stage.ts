// What a row is given: one contender, how many trials, and three of its members that vote under a leader. All that comes
// of it is in one Leavings, which is removed after the row whatever happened.
import type { Leavings } from '../testbed/leavings.ts';
import { say } from '../testbed/progress.ts';
import type { Contender } from './contender.ts';
import { Trio } from './trio.ts';

export class Stage {
  readonly contender: Contender;
  readonly runs: number;
  readonly leavings: Leavings;

  constructor(contender: Contender, runs: number, leavings: Leavings) {
    this.contender = contender;
    this.runs = runs;
    this.leavings = leavings;
  }

  /** Forms three, has them measured, and closes the connections to them. @throws Error when they do not find each other */
  async withTrio<Result>(measure: (trio: Trio) => Promise<Result>): Promise<Result> {
    const trio = await Trio.form(this.contender, this.leavings);
    try {
      return await measure(trio);
    } finally {
      trio.close();
    }
  }

  /** Tells what was seen, for whoever watches the bench. */
  say(text: string): void {
    say(`${this.contender.name}: ${text}`);
  }
}
