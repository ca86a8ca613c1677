// How many handshakes with peers may be under way and begin in a second (S58): a storm of connections after a switch
// reboots must not take the one thread away from those who are in. Counts only; the listener acts on it.
import { handshakeBurst, handshakesMax, handshakesPerSecond } from '../limits.ts';

export class Admission {
  readonly #nowMs: () => number;
  #tokens = handshakeBurst;
  #tokensAtMs: number;
  #underWay = 0;
  #shed = 0;

  constructor(nowMs: () => number) {
    this.#nowMs = nowMs;
    this.#tokensAtMs = nowMs();
  }

  /** Connections that were closed before the handshake because too many came. */
  get shed(): number {
    return this.#shed;
  }

  /** True when a handshake may begin; `end` must follow. */
  begin(): boolean {
    const nowMs = this.#nowMs();
    const fresh = ((nowMs - this.#tokensAtMs) / 1000) * handshakesPerSecond;
    this.#tokens = Math.min(handshakeBurst, this.#tokens + fresh);
    this.#tokensAtMs = nowMs;
    if (this.#tokens < 1 || this.#underWay >= handshakesMax) {
      this.#shed += 1;
      return false;
    }
    this.#tokens -= 1;
    this.#underWay += 1;
    return true;
  }

  end(): void {
    this.#underWay -= 1;
  }
}
