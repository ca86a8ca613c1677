// What a scenario is: it builds a world from a seed, does its harm, and says what must be true in the end.

/** A run that has ended well: its trace and what was announced, for people who look at it. */
export interface Finished {
  /** A hash of everything that happened, in order. */
  traceHash(): string;
  readonly events: readonly {
    readonly nowMs: number;
    readonly on: string;
    readonly event: string;
    readonly message: string;
  }[];
}

export interface Scenario {
  /** Its number in the scenario list. */
  readonly name: string;
  readonly title: string;
  /** Seeds that the test suite runs; more by `npm run sim -- --seeds N`. */
  readonly seeds: number;
  /** Rejects when an invariant is broken or the end is not as it should be. */
  run(seed: number): Promise<Finished>;
}
