// This node's own health. While it does not attend (a blocked event loop, SIGSTOP, a suspended machine), answers of
// others lie unread, so its clock for judging them must stand still. And the worse it fares, the more patient it is
// (Lifeguard, section IV-A). Never judges others.
import { awarenessMax, lateToleranceMs } from './limits.ts';

export class Attention {
  #shiftMs = 0;
  #lastMs: number;
  #score = 0;
  #lapses = 0;
  #lapseMs = 0;

  constructor(nowMs: number) {
    this.#lastMs = nowMs;
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
   * Attended time: `nowMs` less all the time in which this node did not attend.
   * @param wakeMs attended time at which it wanted to be called at the latest
   */
  attend(nowMs: number, wakeMs: number): number {
    const due = Math.max(this.#lastMs, wakeMs + this.#shiftMs);
    const lateMs = Number.isFinite(due) ? nowMs - due : 0;
    this.#lastMs = nowMs;
    if (lateMs > lateToleranceMs) {
      this.#shiftMs += lateMs;
      this.#lapses += 1;
      this.#lapseMs += lateMs;
      this.worse();
    }
    return nowMs - this.#shiftMs;
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
