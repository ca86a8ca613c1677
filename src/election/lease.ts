// Since when a follower may have missed a decision: the moment up to which it knows that nothing had been decided but what
// it has applied. Who holds a role alone goes by it, because a decision may have given the role to another. Pure; no clocks are compared.
import { leaseRoundsMax } from './limits.ts';

/**
 * A majority that has answered a heartbeat round proves that its sender still led when it sent it. When that was a follower
 * cannot tell by its own clock; but the round carries the last answer that the leader had from it by then, and it
 * knows when it gave that: it was earlier.
 */
export class Lease {
  #term = 0;
  /** Rounds of the present leader, each with the last one of which it had this node's answer. */
  #heard: { readonly round: number; readonly echo: number }[] = [];
  /** When this node first answered a round. */
  #answered: { readonly round: number; readonly atMs: number }[] = [];
  #baseMs = Number.NEGATIVE_INFINITY;

  /** Milliseconds of this node's clock: nothing had been decided then that it has not applied since. Never goes back. */
  get baseMs(): number {
    return this.#baseMs;
  }

  /** A heartbeat of the leader of `term` has come, and is answered now. */
  heard(
    term: number,
    { round, echo }: { readonly round: number; readonly echo: number },
    nowMs: number,
  ): void {
    if (term !== this.#term) {
      this.#term = term;
      this.#heard = [];
      this.#answered = [];
    }
    if (!this.#heard.some(each => each.round === round))
      this.#heard = [...this.#heard, { round, echo }].slice(-leaseRoundsMax);
    if (!this.#answered.some(each => each.round === round))
      this.#answered = [...this.#answered, { round, atMs: nowMs }].slice(-leaseRoundsMax);
  }

  /** A majority has answered the leader's round `confirmed`, and this node has applied what the leader had decided since. */
  confirmed(confirmed: number): void {
    for (const { round, echo } of this.#heard) {
      const atMs = round <= confirmed ? this.#answered.find(each => each.round === echo)?.atMs : undefined;
      this.at(atMs ?? Number.NEGATIVE_INFINITY);
    }
  }

  /** This node leads, and sent a round then that a majority has answered. */
  at(atMs: number): void {
    this.#baseMs = Math.max(this.#baseMs, atMs);
  }
}
