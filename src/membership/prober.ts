// Probes of one member after another: ping, then helpers, then a verdict; and the round-trip times that come of it.
// Decides nothing about life and death: it reports `answered` or `silent` and the table draws the conclusion.
import {
  firstProbeDelayMs,
  helpersMax,
  helperTimeoutMs,
  probeIntervalMs,
  probeJitter,
  probeTimeoutFirstMs,
  probeTimeoutMaxMs,
  probeTimeoutMinMs,
} from './limits.ts';

interface Probe {
  nextAtMs: number;
  /** Sequence number of the probe under way; 0 when there is none. */
  seq: number;
  sentAtMs: number;
  deadlineMs: number;
  helpersAsked: boolean;
  /** Helpers that have not answered yet; when the last one says no there is nothing to wait for. */
  helpersLeft: number;
}

interface Relay {
  readonly origin: string;
  readonly originSeq: number;
  readonly subject: string;
  readonly deadlineMs: number;
}

/** Smoothed round trip, RFC 6298 section 2. */
export interface RoundTrip {
  readonly srttMs: number;
  readonly varianceMs: number;
}

export type ProbeAction =
  | { readonly kind: 'ping'; readonly to: string; readonly seq: number }
  | {
      readonly kind: 'ask';
      readonly helpers: readonly string[];
      readonly subject: string;
      readonly seq: number;
    }
  | {
      readonly kind: 'report';
      readonly to: string;
      readonly seq: number;
      readonly subject: string;
      readonly reached: boolean;
    }
  | { readonly kind: 'silent'; readonly subject: string };

export class Prober {
  readonly #probes = new Map<string, Probe>();
  readonly #relays = new Map<number, Relay>();
  readonly #roundTrips = new Map<string, RoundTrip>();
  readonly #random: () => number;
  #seq = 0;

  constructor(random: () => number) {
    this.#random = random;
  }

  roundTrip(id: string): RoundTrip | undefined {
    return this.#roundTrips.get(id);
  }

  /** Makes these ids the whole set of members to probe. */
  watch(ids: ReadonlySet<string>, nowMs: number): void {
    for (const id of this.#probes.keys()) if (!ids.has(id)) this.#probes.delete(id);
    for (const id of ids) {
      if (!this.#probes.has(id))
        this.#probes.set(id, this.#idle(nowMs + firstProbeDelayMs + this.#random() * probeIntervalMs));
    }
  }

  /** Probes a member at once, because there is a reason to doubt it. */
  hurry(id: string, nowMs: number): void {
    const probe = this.#probes.get(id);
    if (probe && probe.seq === 0) probe.nextAtMs = nowMs;
    else if (probe && !probe.helpersAsked) probe.deadlineMs = nowMs;
  }

  /** The direct way to a member is known to be closed: do not wait for an answer, ask the helpers. */
  skipDirect(id: string, nowMs: number): void {
    const probe = this.#probes.get(id);
    if (probe && probe.seq !== 0 && !probe.helpersAsked) probe.deadlineMs = nowMs;
  }

  /** An answer to a ping. True when it ended a probe of `from`, that is, it is fresh proof of life. */
  acked(
    from: string,
    seq: number,
    nowMs: number,
  ): { readonly fresh: boolean; readonly actions: readonly ProbeAction[] } {
    const relay = this.#relays.get(seq);
    if (relay && relay.subject === from) {
      this.#relays.delete(seq);
      const { origin, originSeq, subject } = relay;
      return {
        fresh: true,
        actions: [{ kind: 'report', to: origin, seq: originSeq, subject, reached: true }],
      };
    }
    const probe = this.#probes.get(from);
    if (!probe || probe.seq !== seq || seq === 0) return { fresh: false, actions: [] };
    this.#measure(from, nowMs - probe.sentAtMs);
    this.#rest(probe, nowMs);
    return { fresh: true, actions: [] };
  }

  /** A helper's report. True when the helper reached the subject and that ended a probe. */
  reported(subject: string, seq: number, reached: boolean, nowMs: number): boolean {
    const probe = this.#probes.get(subject);
    if (!probe || probe.seq !== seq) return false;
    if (!reached) {
      probe.helpersLeft -= 1;
      if (probe.helpersLeft === 0) probe.deadlineMs = nowMs;
      return false;
    }
    this.#rest(probe, nowMs);
    return true;
  }

  /** Somebody asks for a probe of `subject`. Without an edge to it the answer is a NACK at once. */
  relay(origin: string, originSeq: number, subject: string, connected: boolean, nowMs: number): ProbeAction {
    if (!connected) return { kind: 'report', to: origin, seq: originSeq, subject, reached: false };
    this.#seq += 1;
    this.#relays.set(this.#seq, { origin, originSeq, subject, deadlineMs: nowMs + helperTimeoutMs / 2 });
    return { kind: 'ping', to: subject, seq: this.#seq };
  }

  /** What is due. `connected` are the ids with an open stream; helpers are chosen among them. */
  tick(connected: ReadonlySet<string>, nowMs: number): ProbeAction[] {
    const actions: ProbeAction[] = [];
    for (const [seq, relay] of this.#relays) {
      if (relay.deadlineMs > nowMs) continue;
      this.#relays.delete(seq);
      actions.push({
        kind: 'report',
        to: relay.origin,
        seq: relay.originSeq,
        subject: relay.subject,
        reached: false,
      });
    }
    for (const [id, probe] of this.#probes) {
      if (probe.seq === 0 && probe.nextAtMs <= nowMs) {
        this.#seq += 1;
        probe.seq = this.#seq;
        probe.sentAtMs = nowMs;
        probe.helpersAsked = false;
        probe.deadlineMs = connected.has(id) ? nowMs + this.timeoutMs(id) : nowMs;
        if (connected.has(id)) actions.push({ kind: 'ping', to: id, seq: probe.seq });
      }
      if (probe.seq === 0 || probe.deadlineMs > nowMs) continue;
      const helpers = probe.helpersAsked ? [] : this.#helpers(id, connected);
      if (helpers.length > 0) {
        probe.helpersAsked = true;
        probe.helpersLeft = helpers.length;
        probe.deadlineMs = nowMs + helperTimeoutMs;
        actions.push({ kind: 'ask', helpers, subject: id, seq: probe.seq });
      } else {
        this.#rest(probe, nowMs);
        actions.push({ kind: 'silent', subject: id });
      }
    }
    return actions;
  }

  nextMs(): number {
    let next = Number.POSITIVE_INFINITY;
    for (const probe of this.#probes.values())
      next = Math.min(next, probe.seq === 0 ? probe.nextAtMs : probe.deadlineMs);
    for (const relay of this.#relays.values()) next = Math.min(next, relay.deadlineMs);
    return next;
  }

  /** How long a direct ping to `id` may take, from what was measured. */
  timeoutMs(id: string): number {
    const trip = this.#roundTrips.get(id);
    if (!trip) return probeTimeoutFirstMs;
    return Math.min(probeTimeoutMaxMs, Math.max(probeTimeoutMinMs, trip.srttMs + 4 * trip.varianceMs));
  }

  #idle(nextAtMs: number): Probe {
    return { nextAtMs, seq: 0, sentAtMs: 0, deadlineMs: 0, helpersAsked: false, helpersLeft: 0 };
  }

  #rest(probe: Probe, nowMs: number): void {
    probe.seq = 0;
    probe.nextAtMs = nowMs + probeIntervalMs * (1 - probeJitter / 2 + probeJitter * this.#random());
  }

  #measure(id: string, rttMs: number): void {
    const trip = this.#roundTrips.get(id);
    const srttMs = trip ? trip.srttMs + (rttMs - trip.srttMs) / 8 : rttMs;
    const varianceMs = trip
      ? trip.varianceMs + (Math.abs(rttMs - trip.srttMs) - trip.varianceMs) / 4
      : rttMs / 2;
    this.#roundTrips.set(id, { srttMs, varianceMs });
  }

  #helpers(subject: string, connected: ReadonlySet<string>): string[] {
    const pool = [...connected].filter(id => id !== subject);
    const chosen: string[] = [];
    while (pool.length > 0 && chosen.length < helpersMax) {
      chosen.push(...pool.splice(Math.floor(this.#random() * pool.length), 1));
    }
    return chosen;
  }
}
