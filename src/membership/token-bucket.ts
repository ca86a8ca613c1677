// How much of something may begin: so many at once, so many a second after that. Holds no clock and refuses nobody.

/** What floating point may lack of a whole token. */
const slack = 1e-6;

export class TokenBucket {
  readonly #burst: number;
  readonly #perSecond: number;
  #tokens: number;
  #atMs: number;

  constructor(burst: number, perSecond: number, nowMs: number) {
    this.#burst = burst;
    this.#perSecond = perSecond;
    this.#tokens = burst;
    this.#atMs = nowMs;
  }

  /** Whole tokens there are now; `slowdown` divides the rate at which they have come since the last look. */
  available(nowMs: number, slowdown = 1): number {
    const fresh = ((nowMs - this.#atMs) / 1000) * (this.#perSecond / slowdown);
    this.#tokens = Math.min(this.#burst, this.#tokens + fresh);
    this.#atMs = nowMs;
    return Math.floor(this.#tokens + slack);
  }

  take(count: number): void {
    this.#tokens -= count;
  }

  /** When the next token is there, as of the last look; the past when there is one. */
  nextMs(slowdown = 1): number {
    const lacking = Math.max(0, 1 - slack - this.#tokens);
    return this.#atMs + (lacking / this.#perSecond) * 1000 * slowdown;
  }
}
