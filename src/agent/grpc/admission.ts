// How many handshakes with peers may be under way and begin in a second (S58): a storm of connections after a switch
// reboots must not take the one thread away from those who are in. Counts only; the listener acts on it.
import { TokenBucket } from '../../membership/token-bucket.ts';
import { handshakeBurst, handshakesMax, handshakesPerSecond } from '../limits.ts';

export class Admission {
  readonly #nowMs: () => number;
  readonly #tokens: TokenBucket;
  #underWay = 0;
  #shed = 0;

  constructor(nowMs: () => number) {
    this.#nowMs = nowMs;
    this.#tokens = new TokenBucket(handshakeBurst, handshakesPerSecond, nowMs());
  }

  /** Connections that were closed before the handshake because too many came. */
  get shed(): number {
    return this.#shed;
  }

  /** True when a handshake may begin; `end` must follow. */
  begin(): boolean {
    if (this.#tokens.available(this.#nowMs()) < 1 || this.#underWay >= handshakesMax) {
      this.#shed += 1;
      return false;
    }
    this.#tokens.take(1);
    this.#underWay += 1;
    return true;
  }

  end(): void {
    this.#underWay -= 1;
  }
}
