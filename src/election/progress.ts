// What a leader knows of one follower's log: how far it is equal to the leader's own, and what is on its way to it.
// A leader sends ahead of the acknowledgements, a bounded number of messages, from its first entry on: most followers lack
// nothing, and a write that waits for the leader's first entry costs a round trip. After a gap it sends one and waits.
import { appendsInFlightMax, bytesInFlightMax } from './limits.ts';

export class Progress {
  #matchIndex = 0;
  #nextIndex: number;
  /** True while it is known that there is a gap and not where the logs part: one message at a time. */
  #probing = false;
  /** Each message with entries that is on its way: its last index, and its size. */
  #inFlight: { readonly last: number; readonly bytes: number }[] = [];
  /** Where the last probe began, and the heartbeat round it was sent in. */
  #probe = { nextIndex: 0, round: 0 };
  /** The heartbeat round in which `matchIndex` came to be what it is. */
  #matchedRound = 0;
  #ackedRound = 0;
  #ackedAtMs: number;

  constructor(nextIndex: number, ackedAtMs: number) {
    this.#nextIndex = nextIndex;
    this.#ackedAtMs = ackedAtMs;
  }

  /** The last index known to equal the leader's. */
  get matchIndex(): number {
    return this.#matchIndex;
  }
  /** The next entry to send. */
  get nextIndex(): number {
    return this.#nextIndex;
  }
  /** The last heartbeat round that was answered, and when. */
  get ackedRound(): number {
    return this.#ackedRound;
  }
  get ackedAtMs(): number {
    return this.#ackedAtMs;
  }
  /** True when no more entries may be sent until some are acknowledged; a heartbeat always may. */
  get full(): boolean {
    const bytes = this.#inFlight.reduce((sum, message) => sum + message.bytes, 0);
    return this.#inFlight.length >= (this.#probing ? 1 : appendsInFlightMax) || bytes >= bytesInFlightMax;
  }

  /** Something has come from it. */
  heard(round: number, nowMs: number): void {
    this.#ackedAtMs = nowMs;
    this.#ackedRound = Math.max(this.#ackedRound, round);
  }

  /** So many entries have been sent from `nextIndex` on, of so many bytes. */
  sent(count: number, bytes: number, round: number): void {
    if (count === 0) return;
    if (this.#probing) this.#probe = { nextIndex: this.#nextIndex, round };
    this.#nextIndex += count;
    this.#inFlight.push({ last: this.#nextIndex - 1, bytes });
  }

  /** It holds all up to `index`, as is known in `round`. True when that is news. */
  matched(index: number, round: number): boolean {
    this.#inFlight = this.#inFlight.filter(({ last }) => last > index);
    this.#nextIndex = Math.max(this.#nextIndex, index + 1);
    if (index <= this.#matchIndex) return false;
    this.#matchIndex = index;
    this.#matchedRound = round;
    this.#probing = false;
    return true;
  }

  /**
   * True when it lacks what it had acknowledged before an append was sent in `round`: its disk has forgotten, or was put back
   * to an older state. A late answer to an earlier append is none of that.
   */
  hasForgotten(conflictIndex: number, round: number): boolean {
    return conflictIndex <= this.#matchIndex && round > this.#matchedRound;
  }

  /**
   * It lacks what stands before an append that was sent in `round`; entries from `conflictIndex` on may help. True when they
   * should be sent: each of many messages that were on their way meets the same gap, and only the first tells something.
   */
  conflicted(conflictIndex: number, round: number): boolean {
    const nextIndex = Math.max(this.#matchIndex + 1, Math.min(conflictIndex, this.#nextIndex - 1));
    if (this.#probing && nextIndex === this.#probe.nextIndex && round <= this.#probe.round) return false;
    if (nextIndex === this.#nextIndex) return false;
    this.#nextIndex = nextIndex;
    this.#inFlight = [];
    this.#probing = true;
    return true;
  }
}
