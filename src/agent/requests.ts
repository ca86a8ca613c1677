// Questions to the election that are answered later: a number for each, and a time limit.

export interface Answer {
  /** Log index of what was decided; 0 when it was refused. */
  readonly index: number;
  readonly refused?: string;
}

export class Requests {
  readonly #setTimer: (delayMs: number, run: () => void) => () => void;
  readonly #waiting = new Map<number, (answer: Answer) => void>();
  #last = 0;

  constructor(setTimer: (delayMs: number, run: () => void) => () => void) {
    this.#setTimer = setTimer;
  }

  /** Asks by `submit` and resolves with the answer, or as refused `timed-out` after `timeoutMs`: then the outcome is unknown. */
  ask(submit: (request: number) => void, timeoutMs: number): Promise<Answer> {
    this.#last += 1;
    const request = this.#last;
    return new Promise(resolve => {
      const cancel = this.#setTimer(timeoutMs, () => {
        this.#waiting.delete(request);
        resolve({ index: 0, refused: 'timed-out' });
      });
      this.#waiting.set(request, answer => {
        cancel();
        resolve(answer);
      });
      submit(request);
    });
  }

  answer(request: number, answer: Answer): void {
    this.#waiting.get(request)?.(answer);
    this.#waiting.delete(request);
  }
}
