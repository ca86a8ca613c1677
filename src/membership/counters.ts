// What the membership of one node has done so far, for metrics. Counts only.
import type { Rejection } from './messages.ts';

/** Upper bounds of the probe time histogram, in milliseconds. */
export const probeTimeBoundsMs = [1, 2, 5, 10, 20, 50, 100, 200, 500, 1000] as const;

export class Counters {
  /** Members that became suspect, dead, and members that were called suspect or dead and turned out alive. */
  suspicions = 0;
  deaths = 0;
  falseSuspicions = 0;
  falseDeaths = 0;
  /** Accusations against this node that it refuted. */
  refutations = 0;
  messagesSent = 0;
  messagesReceived = 0;
  dials = 0;
  knocks = 0;
  /** Table comparisons that neighbours' digests called for. */
  repairs = 0;
  readonly rejected = new Map<Rejection, number>();
  readonly #probeTimes = Array.from({ length: probeTimeBoundsMs.length + 1 }, () => 0);
  #probeTimeSumMs = 0;

  reject(reason: Rejection): void {
    this.rejected.set(reason, (this.rejected.get(reason) ?? 0) + 1);
  }

  probed(rttMs: number): void {
    const bucket = probeTimeBoundsMs.findIndex(boundMs => rttMs <= boundMs);
    const index = bucket === -1 ? probeTimeBoundsMs.length : bucket;
    this.#probeTimes[index] = (this.#probeTimes[index] ?? 0) + 1;
    this.#probeTimeSumMs += rttMs;
  }

  /** Answered probes: how many fell into each bucket (the last is without bound), and the sum of their times. */
  probeTimes(): { readonly buckets: readonly number[]; readonly sumMs: number } {
    return { buckets: [...this.#probeTimes], sumMs: this.#probeTimeSumMs };
  }
}
