// This node's own health. While it does not attend (a blocked event loop, SIGSTOP, a suspended machine), answers of
// others lie unread, so its clock for judging them must stand still. And the worse it fares, the more patient it is
// (Lifeguard, section IV-A). Never judges others.
import { awarenessMax, lateToleranceMs } from './limits.ts';

export class Attention {
  #shiftMs = 0;
  #attendedMs: number;
  #late = false;
  #score = 0;
  #lapses = 0;
  #lapseMs = 0;

  constructor(nowMs: number) {
    this.#attendedMs = nowMs;
  }

  /** 0 when well, up to `awarenessMax`; timeouts are multiplied by one more than this. */
  get score(): number {
    return this.#score;
  }
  /** How often this node did not attend, and for how long in all. */
  get lapses(): { readonly count: number; readonly totalMs: number } {
    return { count: this.#lapses, totalMs: this.#lapseMs };
  }

  /**
   * Attended time: `nowMs` less all the time in which this node did not attend. It never goes back, and stands still
   * from `lateToleranceMs` after `wakeMs` until the tick that was wanted then: what comes in before it lay unread.
   * @param wakeMs attended time at which this node wanted to be woken
   */
  attend(nowMs: number, wakeMs: number): number {
    const limitMs = Math.max(this.#attendedMs, wakeMs + lateToleranceMs);
    const lateMs = nowMs - this.#shiftMs - limitMs;
    if (lateMs > 0) {
      this.#shiftMs += lateMs;
      this.#lapseMs += lateMs;
      if (!this.#late) {
        this.#lapses += 1;
        this.worse();
      }
    }
    this.#late = lateMs > 0;
    this.#attendedMs = nowMs - this.#shiftMs;
    return this.#attendedMs;
  }

  /** Real time of a moment in attended time, as far as is known now. */
  realMs(attendedMs: number): number {
    return attendedMs + this.#shiftMs;
  }

  /** Something speaks against this node: it was late, helpers stayed silent, or it was accused. */
  worse(): void {
    this.#score = Math.min(awarenessMax, this.#score + 1);
  }

  /** A probe went as it should. */
  better(): void {
    this.#score = Math.max(0, this.#score - 1);
  }
}
