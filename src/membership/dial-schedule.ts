// When each address is dialled next. Dialling never ends; it only slows down. Never dials by itself.
import { dialGiveUpMs, dialRetryMaxMs, dialRetryMinMs, dialsInFlightMax } from './limits.ts';

interface Attempt {
  failures: number;
  nextAtMs: number;
  inFlight: boolean;
}

export class DialSchedule {
  readonly #attempts = new Map<string, Attempt>();
  readonly #random: () => number;

  constructor(random: () => number) {
    this.#random = random;
  }

  /** Makes the wanted addresses (and the earliest time of a first dial) the whole schedule; known ones keep their back-off. */
  want(addresses: ReadonlyMap<string, number>): void {
    for (const address of this.#attempts.keys()) if (!addresses.has(address)) this.#attempts.delete(address);
    for (const [address, nextAtMs] of addresses) {
      if (!this.#attempts.has(address))
        this.#attempts.set(address, { failures: 0, nextAtMs, inFlight: false });
    }
  }

  /** Forgets the back-off of an address, because there is news of the machine behind it. */
  hurry(address: string, nowMs: number): void {
    const attempt = this.#attempts.get(address);
    if (attempt && !attempt.inFlight) {
      attempt.failures = 0;
      attempt.nextAtMs = nowMs;
    }
  }

  failed(address: string, nowMs: number): void {
    const attempt = this.#attempts.get(address);
    if (!attempt) return;
    attempt.inFlight = false;
    attempt.failures += 1;
    const backoffMs = Math.min(dialRetryMaxMs, dialRetryMinMs * 2 ** Math.min(attempt.failures - 1, 10));
    attempt.nextAtMs = nowMs + backoffMs * (0.5 + 0.5 * this.#random());
  }

  /** The addresses to dial now, at most `countMax`; each counts as under way until `failed` or until it is no longer wanted. */
  take(nowMs: number, countMax: number): string[] {
    const due: string[] = [];
    const free = dialsInFlightMax - this.#underWay(nowMs);
    for (const [address, attempt] of this.#attempts) {
      if (due.length >= Math.min(countMax, free)) break;
      if (attempt.nextAtMs > nowMs) continue;
      attempt.inFlight = true;
      attempt.nextAtMs = nowMs + dialGiveUpMs;
      due.push(address);
    }
    return due;
  }

  /** When the next dial is due; while as many as may be are under way, when the first of them is given up. */
  nextMs(nowMs: number): number {
    const full = this.#underWay(nowMs) >= dialsInFlightMax;
    let next = Number.POSITIVE_INFINITY;
    for (const { nextAtMs, inFlight } of this.#attempts.values())
      if (inFlight || !full) next = Math.min(next, nextAtMs);
    return next;
  }

  #underWay(nowMs: number): number {
    let count = 0;
    for (const { inFlight, nextAtMs } of this.#attempts.values())
      if (inFlight && nextAtMs > nowMs) count += 1;
    return count;
  }
}
