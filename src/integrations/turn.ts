// One at a time, in the order in which they came: what several roles of a machine do with the same files and daemons.

export class Turn {
  #last: Promise<void> = Promise.resolve();
  #waiting = 0;

  /** Nobody has it, and nobody waits for it. */
  get isFree(): boolean {
    return this.#waiting === 0;
  }

  /** Runs `act` when all before it have ended, however they did. */
  run<Result>(act: () => Promise<Result>): Promise<Result> {
    this.#waiting += 1;
    const done = this.#last.then(act);
    this.#last = done.then(
      () => {},
      () => {},
    );
    return done.finally(() => {
      this.#waiting -= 1;
    });
  }
}
