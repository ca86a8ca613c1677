// When k3s may be started again: at growing distances while that may be of use, and not at all while nothing has changed that
// could make it so. Kept by the process; a new agent tries once.
import { restartFirstMs, restartMaxMs, soundAfterMs } from './limits.ts';

export class Attempts {
  #key = '';
  #count = 0;
  #lastMs = 0;
  #hopeless = false;
  /** Something was done about what ended it: the next start need not wait. */
  #isMended = false;

  /** Milliseconds until it may be started with what `key` stands for; infinite while that is of no use. */
  waitMs(key: string, nowMs: number): number {
    if (key !== this.#key || this.#count === 0 || this.#isMended) return 0;
    if (this.#hopeless) return Number.POSITIVE_INFINITY;
    const delayMs = Math.min(restartMaxMs, restartFirstMs * 2 ** (this.#count - 1));
    // A clock that was set back must not hold it up for ever.
    return Math.min(delayMs, Math.max(0, this.#lastMs + delayMs - nowMs));
  }

  /** It was ended on purpose, or what ended it is no more: the words that it has left do not count. */
  get isMended(): boolean {
    return this.#isMended;
  }

  started(key: string, nowMs: number): void {
    const wasSound = nowMs - this.#lastMs > soundAfterMs;
    this.#count = key === this.#key && !wasSound ? this.#count + 1 : 1;
    this.#key = key;
    this.#lastMs = nowMs;
    this.#hopeless = false;
    this.#isMended = false;
  }

  /** What it ended by does not go away by itself. */
  giveUp(): void {
    this.#hopeless = true;
  }

  /** Something was done about it; should that be of no use the distances go on growing. */
  mended(): void {
    this.#hopeless = false;
    this.#isMended = true;
  }

  /** Since the last start; infinite when there was none in this process. */
  sinceMs(nowMs: number): number {
    return this.#count === 0 ? Number.POSITIVE_INFINITY : nowMs - this.#lastMs;
  }
}
