// How good the way to one neighbour is: round trip (RFC 6298, section 2), smoothed loss, and the verdict `lossy`, which
// comes and goes slowly so that nobody flaps. Says nothing about life and death.
import {
  lossWeight,
  lossyAfterMs,
  lossyForgetMs,
  lossyFrom,
  lossyQuarantineMaxMs,
  lossyQuarantineMs,
  lossyUntil,
  pardonAnswers,
  pardonMisses,
  probeTimeoutFirstMs,
  probeTimeoutMaxMs,
  probeTimeoutMinMs,
} from './limits.ts';

export class LinkQuality {
  #srttMs: number | undefined;
  #varianceMs = 0;
  #loss = 0;
  #lossThere = 0;
  #sinceMs: number | undefined;
  #lossy = false;
  /** Probes that must still be answered in a row until a pardon counts. */
  #toProve = 0;
  /** Probes that may be missed meanwhile. */
  #chances = 0;
  #relapses = 0;
  #lastRelapseMs = Number.NEGATIVE_INFINITY;

  /** Smoothed round trip in milliseconds; undefined before the first answer. */
  get rttMs(): number | undefined {
    return this.#srttMs;
  }
  /** Share of probes that were late or lost, 0 to 1, the worse of the two ends' figures. */
  get loss(): number {
    return Math.max(this.#loss, this.#lossThere);
  }
  /** What this end measured itself, for the other end. */
  get ownLoss(): number {
    return this.#loss;
  }
  get lossy(): boolean {
    return this.#lossy;
  }

  /** How long a direct ping may take, from what was measured. */
  timeoutMs(): number {
    if (this.#srttMs === undefined) return probeTimeoutFirstMs;
    return Math.min(probeTimeoutMaxMs, Math.max(probeTimeoutMinMs, this.#srttMs + 4 * this.#varianceMs));
  }

  answered(rttMs: number): void {
    this.#measure(rttMs);
    this.#prove();
    this.#loss -= this.#loss * lossWeight;
    // The other end may have stopped probing since it said so, because this one does.
    this.#lossThere -= this.#lossThere * lossWeight;
  }

  /** An answer that had been given up: it counts as lost, but the next ones are waited for longer. */
  answeredLate(rttMs: number): void {
    this.#measure(rttMs);
  }

  #measure(rttMs: number): void {
    if (this.#srttMs === undefined) {
      this.#srttMs = rttMs;
      this.#varianceMs = rttMs / 2;
    } else {
      this.#varianceMs += (Math.abs(rttMs - this.#srttMs) - this.#varianceMs) / 4;
      this.#srttMs += (rttMs - this.#srttMs) / 8;
    }
  }

  missed(): void {
    // What was asked before the way was well may still be missed.
    if (this.#toProve > 0) this.#toProve = this.#chances > 0 ? pardonAnswers : 0;
    this.#chances -= 1;
    this.#loss += (1 - this.#loss) * lossWeight;
  }

  /** The other end's figures of the same link: its round trip when this end has none of its own, and its loss. */
  told(rttMs: number, loss: number): void {
    if (rttMs > 0) {
      if (this.#srttMs === undefined) this.#varianceMs = rttMs / 2;
      this.#srttMs = rttMs;
    }
    this.#lossThere = loss;
  }

  /** The other end probes and all is well: what this end had measured fades. */
  heard(): void {
    this.#prove();
    this.#loss -= this.#loss * lossWeight;
  }

  /** The way seems to have been broken: what was lost does not count, once it has proved to be well. */
  pardon(): void {
    this.#toProve = pardonAnswers;
    this.#chances = pardonMisses;
  }

  #prove(): void {
    if (this.#toProve === 0) return;
    this.#toProve -= 1;
    if (this.#toProve === 0) this.forgive();
  }

  /** The member or the way to it was gone and is back: what was lost meanwhile says nothing of the link, nor does a verdict of that time. */
  forgive(): void {
    if (this.#lossy) this.#relapses = Math.max(0, this.#relapses - 1);
    this.#lossy = false;
    this.#loss = 0;
    this.#lossThere = 0;
    this.#sinceMs = undefined;
  }

  /** Draws the conclusion; true when `lossy` has changed. */
  judge(nowMs: number): boolean {
    const crossing = this.#lossy ? this.loss < lossyUntil : this.loss > lossyFrom;
    if (!crossing) {
      this.#sinceMs = undefined;
      return false;
    }
    this.#sinceMs ??= nowMs;
    if (nowMs - this.#sinceMs < (this.#lossy ? this.#quarantineMs() : lossyAfterMs)) return false;
    this.#lossy = !this.#lossy;
    this.#sinceMs = undefined;
    if (this.#lossy) {
      this.#relapses = nowMs - this.#lastRelapseMs > lossyForgetMs ? 0 : this.#relapses + 1;
      this.#lastRelapseMs = nowMs;
    }
    return true;
  }

  #quarantineMs(): number {
    return Math.min(lossyQuarantineMaxMs, lossyQuarantineMs * 2 ** Math.min(this.#relapses, 10));
  }
}
