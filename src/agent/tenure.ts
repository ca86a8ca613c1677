// How long this node may go on in the roles that only one node may have: while it can be sure that nobody has given them to
// another. Says at once when that is over. What it goes by is the lease of the election (election/lease.ts).
import type { Grant } from '../election/cluster-state.ts';
import { tenureMs, tenureRenewMs } from '../integrations/limits.ts';

export class Tenure {
  readonly #self: string;
  readonly #nowMs: () => number;
  readonly #setTimer: (delayMs: number, run: () => void) => () => void;
  readonly #onLapse: () => void;
  readonly #onRenewed: (leftMs: number) => void;
  /** When this process learnt of each grant that is held alone, by token. */
  readonly #knownSinceMs = new Map<number, number>();
  #untilMs = Number.NEGATIVE_INFINITY;
  readonly #graceUntilMs: number;
  #renewedAtMs = Number.NEGATIVE_INFINITY;
  #holds = false;
  #cancelTimer: () => void = () => {};

  /**
   * @param graceMs what a former process of this node left running is not ended for so long: 0 unless the kernel keeps it still
   * @param onLapse called when the tenure of a role that this node holds, or has just lost, is over
   * @param onRenewed called from time to time while it lasts, with how long it will
   */
  constructor(options: {
    readonly self: string;
    readonly nowMs: () => number;
    readonly setTimer: (delayMs: number, run: () => void) => () => void;
    readonly graceMs: number;
    readonly onLapse: () => void;
    readonly onRenewed: (leftMs: number) => void;
  }) {
    this.#self = options.self;
    this.#nowMs = options.nowMs;
    this.#setTimer = options.setTimer;
    this.#onLapse = options.onLapse;
    this.#onRenewed = options.onRenewed;
    this.#graceUntilMs = options.nowMs() + options.graceMs;
  }

  /** Milliseconds for which this node may still act; 0 when it may not. */
  leftMs(): number {
    return Math.max(0, this.#untilMs - this.#nowMs());
  }

  /** Whether the role that was given with this token is still given so, as far as this node knows. */
  stands(token: number): boolean {
    return this.#knownSinceMs.has(token);
  }

  /** Milliseconds since this process learnt of the grant with this token; 0 for one that it does not know. */
  knownForMs(token: number): number {
    const sinceMs = this.#knownSinceMs.get(token);
    return sinceMs === undefined ? 0 : this.#nowMs() - sinceMs;
  }

  /** At `baseMs` nothing had been decided that this node does not know. */
  renew(baseMs: number): void {
    this.#untilMs = Math.max(this.#untilMs, baseMs + tenureMs);
    if (!this.#holds) return;
    this.#watch(this.#untilMs);
    if (this.leftMs() === 0 || this.#nowMs() - this.#renewedAtMs < tenureRenewMs) return;
    this.#renewedAtMs = this.#nowMs();
    this.#onRenewed(this.leftMs());
  }

  /** What was decided has changed. */
  decided(grants: readonly Grant[]): void {
    const sole = grants.filter(each => each.sole);
    for (const token of this.#knownSinceMs.keys())
      if (!sole.some(each => each.token === token)) this.#knownSinceMs.delete(token);
    for (const { token } of sole)
      if (!this.#knownSinceMs.has(token)) this.#knownSinceMs.set(token, this.#nowMs());
    const held = this.#holds;
    this.#holds = sole.some(({ node }) => node === this.#self);
    // Who has lost a role ends in time, however long it hears the leader: the other counts from the decision on.
    if (this.#holds !== held) this.#watch(Math.max(this.#untilMs, this.#graceUntilMs));
  }

  close(): void {
    this.#cancelTimer();
  }

  #watch(untilMs: number): void {
    this.#cancelTimer();
    this.#cancelTimer = this.#setTimer(Math.max(0, untilMs - this.#nowMs()), () => this.#onLapse());
  }
}
