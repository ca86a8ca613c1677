// Probes of one neighbour after another: ping, then helpers and a knock on the machine's door, then what that amounts to.
// Of the two ends of an edge one probes and the other takes that for proof of life. Decides nothing about life and
// death: it reports a silence with its evidence, and the table draws the conclusion.

import {
  brokenAfterMs,
  doubtfulLoss,
  firstProbeDelayMs,
  helpersMax,
  helperTimeoutMs,
  patientTimeoutMaxMs,
  pingAgainMs,
  probeIntervalMinMs,
  probeJitter,
  probeSpacingMs,
  probeYield,
  relaysMax,
  silentAfterMs,
  stalledAfterMs,
  weakSilenceLoss,
} from './limits.ts';
import { LinkQuality } from './link-quality.ts';
import type { Evidence } from './member.ts';

/** What a bare TCP connection to a machine's door has shown. */
export type KnockOutcome = 'accepted' | 'refused' | 'silent';

interface Probe {
  nextAtMs: number;
  /** Sequence number of the probe under way; 0 when there is none. */
  seq: number;
  sentAtMs: number;
  /** The last ping on the stream itself, answered or not: a late answer still tells the round trip. */
  last: { readonly seq: number; readonly sentAtMs: number };
  deadlineMs: number;
  helpersAsked: number;
  /** Helpers that have not answered yet; when the last one says no there is nothing to wait for. */
  helpersLeft: number;
  knock: KnockOutcome | undefined;
  /** While nothing answers, the ping is sent again at this time: the other side may be the one that hears nothing. */
  againAtMs: number;
  /** A member that is new here gets as long as one that has just been heard. */
  readonly watchedSinceMs: number;
  /** Last proof of life, of whatever kind. */
  heardAtMs: number;
  /** How lossy the link was then. */
  lossWhenHeard: number;
  /** Knocks in a row that were accepted while nothing came from the member itself. */
  stalls: number;
  readonly quality: LinkQuality;
}

interface Relay {
  readonly origin: string;
  readonly originSeq: number;
  readonly subject: string;
  readonly deadlineMs: number;
}

export type ProbeAction =
  | { readonly kind: 'ping'; readonly to: string; readonly seq: number }
  | {
      readonly kind: 'ask';
      readonly helpers: readonly string[];
      readonly subject: string;
      readonly seq: number;
    }
  | { readonly kind: 'knock'; readonly subject: string }
  /** Somebody wants `subject` probed, and there is no stream to it. */
  | { readonly kind: 'reach'; readonly subject: string }
  | {
      readonly kind: 'report';
      readonly to: string;
      readonly seq: number;
      readonly subject: string;
      readonly reached: boolean;
    }
  | {
      readonly kind: 'silent';
      readonly subject: string;
      readonly evidence: Evidence;
      /** Helpers that did not even say no: a sign that this node is the deaf one (Lifeguard's NACK). */
      readonly muteHelpers: number;
    };

export class Prober {
  readonly #probes = new Map<string, Probe>();
  readonly #relays = new Map<number, Relay>();
  readonly #random: () => number;
  #seq = 0;
  #sent = 0;
  #late = 0;

  constructor(random: () => number) {
    this.#random = random;
  }

  /** Probes of this node's own that were sent, and those that were not answered in time. */
  get counts(): { readonly sent: number; readonly late: number } {
    return { sent: this.#sent, late: this.#late };
  }

  quality(id: string): LinkQuality | undefined {
    return this.#probes.get(id)?.quality;
  }

  /** When something last came from a watched member itself; minus infinity when nothing has. */
  heardAtMs(id: string): number {
    return this.#probes.get(id)?.heardAtMs ?? Number.NEGATIVE_INFINITY;
  }

  watches(id: string): boolean {
    return this.#probes.has(id);
  }

  /** Makes these ids the whole set of members to probe. `patience` multiplies the time that new ones get. */
  watch(ids: ReadonlySet<string>, patience: number, nowMs: number): void {
    for (const id of this.#probes.keys()) if (!ids.has(id)) this.#probes.delete(id);
    for (const id of ids) {
      if (this.#probes.has(id)) continue;
      this.#probes.set(id, {
        nextAtMs: nowMs + firstProbeDelayMs * patience + this.#random() * probeIntervalMinMs,
        ...{
          seq: 0,
          sentAtMs: 0,
          last: { seq: 0, sentAtMs: 0 },
          deadlineMs: 0,
          helpersAsked: 0,
          helpersLeft: 0,
          knock: undefined,
        },
        ...{ againAtMs: Number.POSITIVE_INFINITY, heardAtMs: Number.NEGATIVE_INFINITY, stalls: 0 },
        lossWhenHeard: 0,
        watchedSinceMs: nowMs,
        quality: new LinkQuality(),
      });
    }
  }

  /** Probes a member at once, because there is a reason to doubt it. */
  hurry(id: string, nowMs: number): void {
    const probe = this.#probes.get(id);
    if (probe && probe.seq === 0) probe.nextAtMs = nowMs;
    else if (probe && probe.helpersAsked === 0) probe.deadlineMs = nowMs;
  }

  /** Something has come from a member: proof of life, also for those who have asked for a probe of it. */
  heard(from: string, nowMs: number): ProbeAction[] {
    const probe = this.#probes.get(from);
    if (probe) {
      // A good path on which nothing came at all was broken, not lossy, if it is well now: then what was lost does not count.
      // A lossy one is silent for as long at times, when TCP has lost a segment six times in a row (RFC 6298).
      const wasGood = probe.lossWhenHeard < doubtfulLoss;
      if (wasGood && nowMs - probe.heardAtMs > brokenAfterMs) probe.quality.pardon();
      probe.heardAtMs = nowMs;
      probe.lossWhenHeard = probe.quality.loss;
      probe.stalls = 0;
    }
    if (this.#relays.size === 0) return [];
    const actions: ProbeAction[] = [];
    for (const [seq, { origin, originSeq, subject }] of this.#relays) {
      if (subject !== from) continue;
      this.#relays.delete(seq);
      actions.push({ kind: 'report', to: origin, seq: originSeq, subject, reached: true });
    }
    return actions;
  }

  /** A ping of the other end has come: as good as an answer to one of this node's own, which is put off. */
  pinged(from: string, rttMs: number, loss: number, nowMs: number): void {
    const probe = this.#probes.get(from);
    if (!probe) return;
    probe.quality.told(rttMs, loss);
    if (probe.seq !== 0) return;
    probe.quality.heard();
    probe.nextAtMs = nowMs + this.#intervalMs(probe) * probeYield;
  }

  /** An answer to a ping. Gives the round trip when it ended a probe of this node's own in time. */
  acked(from: string, seq: number, nowMs: number): number | undefined {
    const probe = this.#probes.get(from);
    if (!probe || probe.last.seq !== seq || seq === 0) return undefined;
    const rttMs = nowMs - probe.last.sentAtMs;
    const late = probe.seq !== seq || probe.helpersAsked > 0;
    probe.last = { seq: 0, sentAtMs: 0 };
    if (late) probe.quality.answeredLate(rttMs);
    else probe.quality.answered(rttMs);
    if (probe.seq === seq) this.#rest(probe, nowMs);
    return late ? undefined : rttMs;
  }

  /** A helper's report. True when the helper reached the subject and that ended a probe. */
  reported(subject: string, seq: number, reached: boolean, nowMs: number): boolean {
    const probe = this.#probes.get(subject);
    if (!probe || probe.seq !== seq) return false;
    probe.helpersLeft -= 1;
    if (!reached) {
      if (probe.helpersLeft <= 0 && probe.knock !== undefined) probe.deadlineMs = nowMs;
      return false;
    }
    this.#rest(probe, nowMs);
    return true;
  }

  /**
   * What the door of a member's machine said. A refusal ends the wait: nobody is at home. Gives how many knocks in a row
   * were accepted while the stream was silent.
   */
  knocked(subject: string, outcome: KnockOutcome, nowMs: number): number {
    const probe = this.#probes.get(subject);
    if (!probe) return 0;
    probe.stalls = outcome === 'accepted' ? probe.stalls + 1 : 0;
    if (probe.seq === 0) return probe.stalls;
    probe.knock = outcome;
    if (outcome === 'refused' || probe.helpersLeft <= 0) probe.deadlineMs = nowMs;
    return probe.stalls;
  }

  /** Somebody asks for a probe of `subject`. */
  relay(origin: string, originSeq: number, subject: string, connected: boolean, nowMs: number): ProbeAction {
    if (this.#relays.size >= relaysMax)
      return { kind: 'report', to: origin, seq: originSeq, subject, reached: false };
    this.#seq += 1;
    this.#relays.set(this.#seq, { origin, originSeq, subject, deadlineMs: nowMs + helperTimeoutMs * 0.75 });
    return connected ? { kind: 'ping', to: subject, seq: this.#seq } : { kind: 'reach', subject };
  }

  /** A stream to `id` is ready: whoever waits for a relayed probe of it gets one. */
  met(id: string): ProbeAction[] {
    return [...this.#relays].flatMap(([seq, { subject }]) =>
      subject === id ? [{ kind: 'ping', to: id, seq } as const] : [],
    );
  }

  /** What is due. `connected` are the ids with an open stream; helpers are chosen among them. `patience` multiplies timeouts. */
  tick(connected: ReadonlySet<string>, patience: number, nowMs: number): ProbeAction[] {
    const actions: ProbeAction[] = [];
    for (const [seq, { origin, originSeq, subject, deadlineMs }] of this.#relays) {
      if (deadlineMs > nowMs) continue;
      this.#relays.delete(seq);
      actions.push({ kind: 'report', to: origin, seq: originSeq, subject, reached: false });
    }
    for (const [id, probe] of this.#probes) {
      if (probe.seq === 0 && probe.nextAtMs <= nowMs)
        this.#begin(id, probe, connected, patience, nowMs, actions);
      if (probe.seq !== 0 && probe.deadlineMs <= nowMs) this.#end(id, probe, connected, nowMs, actions);
      if (probe.seq !== 0 && probe.againAtMs <= nowMs) {
        probe.againAtMs = nowMs + pingAgainMs;
        if (connected.has(id)) actions.push({ kind: 'ping', to: id, seq: probe.seq });
      }
    }
    return actions;
  }

  nextMs(): number {
    let next = Number.POSITIVE_INFINITY;
    for (const probe of this.#probes.values())
      next = Math.min(next, probe.seq === 0 ? probe.nextAtMs : Math.min(probe.deadlineMs, probe.againAtMs));
    for (const relay of this.#relays.values()) next = Math.min(next, relay.deadlineMs);
    return next;
  }

  #begin(
    id: string,
    probe: Probe,
    connected: ReadonlySet<string>,
    patience: number,
    nowMs: number,
    actions: ProbeAction[],
  ): void {
    this.#seq += 1;
    this.#sent += 1;
    probe.seq = this.#seq;
    probe.sentAtMs = nowMs;
    probe.helpersAsked = 0;
    probe.knock = undefined;
    const there = connected.has(id);
    const timeoutMs = probe.quality.timeoutMs() * patience;
    probe.deadlineMs = there ? nowMs + Math.min(timeoutMs, patientTimeoutMaxMs) : nowMs;
    if (!there) return;
    probe.last = { seq: probe.seq, sentAtMs: nowMs };
    actions.push({ kind: 'ping', to: id, seq: probe.seq });
  }

  /** The direct way has been silent: other ways; and when those were silent, too, the verdict. */
  #end(
    id: string,
    probe: Probe,
    connected: ReadonlySet<string>,
    nowMs: number,
    actions: ProbeAction[],
  ): void {
    if (probe.helpersAsked === 0) {
      this.#late += 1;
      if (connected.has(id)) probe.quality.missed();
      const helpers = this.#helpers(id, connected);
      // Without helpers there is still the knock to wait for.
      probe.helpersAsked = Math.max(1, helpers.length);
      probe.helpersLeft = helpers.length;
      probe.deadlineMs = nowMs + helperTimeoutMs;
      probe.againAtMs = nowMs;
      if (helpers.length > 0) actions.push({ kind: 'ask', helpers, subject: id, seq: probe.seq });
      actions.push({ kind: 'knock', subject: id });
      return;
    }
    const { knock, sentAtMs, helpersLeft } = probe;
    const sinceMs = Math.max(probe.heardAtMs, probe.watchedSinceMs);
    const busy = knock === 'accepted' && nowMs < sinceMs + stalledAfterMs;
    if (probe.heardAtMs >= sentAtMs || busy) {
      // Late, but alive, as far as can be told by now.
      this.#rest(probe, nowMs);
      return;
    }
    if (knock !== 'refused' && nowMs < sinceMs + silentAfterMs) {
      probe.deadlineMs = sinceMs + silentAfterMs;
      return;
    }
    // Silence on a path that has lost much before says less than silence on a good one.
    const weak = knock === 'accepted' || probe.quality.loss > weakSilenceLoss;
    const evidence = knock === 'refused' ? 'gone' : weak ? 'stalled' : 'silent';
    const muteHelpers = knock === 'refused' ? 0 : Math.max(0, helpersLeft);
    this.#rest(probe, nowMs);
    actions.push({ kind: 'silent', subject: id, evidence, muteHelpers });
  }

  #rest(probe: Probe, nowMs: number): void {
    probe.seq = 0;
    probe.againAtMs = Number.POSITIVE_INFINITY;
    probe.nextAtMs = nowMs + this.#intervalMs(probe) * (1 - probeJitter / 2 + probeJitter * this.#random());
  }

  /** Longer with more edges, so that the sum stays the same; short where there is something to find out. */
  #intervalMs(probe: Probe): number {
    const doubtful = probe.stalls > 0 || probe.quality.loss > doubtfulLoss;
    return doubtful ? probeIntervalMinMs : Math.max(probeIntervalMinMs, this.#probes.size * probeSpacingMs);
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
