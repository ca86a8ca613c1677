// What a node keeps only while it leads: how far each follower is, who waits for a commit or for a confirmation, and a
// hand-over under way. It begins with an election and ends with the leadership. Pure.
import { electionTimeoutMinMs, leaseRoundsMax, proposalsMax, readsMax, transferTimeoutMs } from './limits.ts';
import { Progress } from './progress.ts';
import { type Configuration, isQuorum, quorumIndex } from './quorum.ts';

/** What has become of a proposal, a read or a hand-over. */
export interface Answer {
  readonly request: number;
  /** Of the entry, or up to where a read must see; 0 when refused. */
  readonly index: number;
  readonly refused?: string;
}

interface WaitingRead {
  readonly request: number;
  readonly index: number;
  readonly round: number;
}

interface Transfer {
  readonly request: number;
  readonly target: string;
  readonly untilMs: number;
}

export class Leading {
  /** Index of the first entry of this leader's term. */
  readonly termStartIndex: number;
  heartbeatAtMs: number;
  quorumCheckAtMs: number;
  /** Number of the present heartbeat. */
  #round = 0;
  /** When the latest rounds began. */
  #begun: { readonly round: number; readonly atMs: number }[] = [];
  readonly #own: string;
  readonly #progress = new Map<string, Progress>();
  /** Index of an entry → the request that waits for its commit. */
  readonly #proposals = new Map<number, number>();
  #reads: WaitingRead[] = [];
  #transfer: Transfer | undefined;

  constructor(own: string, termStartIndex: number, nowMs: number) {
    this.#own = own;
    this.termStartIndex = termStartIndex;
    this.heartbeatAtMs = nowMs;
    this.quorumCheckAtMs = nowMs + electionTimeoutMinMs;
  }

  get round(): number {
    return this.#round;
  }

  /** The next heartbeat goes out. */
  beginRound(nowMs: number): void {
    this.#round += 1;
    this.#begun = [...this.#begun, { round: this.#round, atMs: nowMs }].slice(-leaseRoundsMax);
  }

  /** The last round that a majority has answered, and when it began. */
  confirmedRound(configuration: Configuration): { readonly round: number; readonly atMs: number } {
    const round = quorumIndex(configuration, id =>
      id === this.#own ? this.#round : (this.#progress.get(id)?.ackedRound ?? 0),
    );
    return this.#begun.findLast(each => each.round <= round) ?? { round: 0, atMs: Number.NEGATIVE_INFINITY };
  }

  nextWakeMs(): number {
    return Math.min(
      ...[this.heartbeatAtMs, this.quorumCheckAtMs],
      this.#transfer?.untilMs ?? Number.POSITIVE_INFINITY,
    );
  }

  /** Progress of `id`, kept from now on. A new one counts as answering at first, so that it has time to. */
  follow(id: string, nextIndex: number, nowMs: number): Progress {
    const known = this.#progress.get(id);
    if (known) return known;
    const fresh = new Progress(nextIndex, nowMs);
    this.#progress.set(id, fresh);
    return fresh;
  }

  progressOf(id: string): Progress | undefined {
    return this.#progress.get(id);
  }

  matchOf(id: string): number {
    return this.#progress.get(id)?.matchIndex ?? 0;
  }

  /** True when a majority has answered of late (check-quorum). */
  hasQuorum(configuration: Configuration, nowMs: number): boolean {
    return isQuorum(configuration, new Set([this.#own, ...this.#answering(nowMs)]));
  }

  /** The voter that is furthest of those that answer, but for the leader. */
  furthest(voters: readonly string[], nowMs: number): string | undefined {
    const answering = new Set(this.#answering(nowMs));
    const others = voters.filter(id => id !== this.#own && answering.has(id));
    return others.sort((a, b) => this.matchOf(b) - this.matchOf(a) || (a < b ? -1 : 1))[0];
  }

  /** Why nothing may be proposed now. */
  get proposalRefused(): string | undefined {
    if (this.#transfer) return 'handing-over';
    return this.#proposals.size >= proposalsMax ? 'busy' : undefined;
  }

  /** `request` waits until the entry at `index` is committed. */
  awaitCommit(request: number, index: number): void {
    this.#proposals.set(index, request);
  }

  /** Answers for the entries up to `index`, which are committed. */
  committed(index: number): Answer[] {
    const due = [...this.#proposals].filter(([each]) => each <= index).sort(([a], [b]) => a - b);
    for (const [each] of due) this.#proposals.delete(each);
    return due.map(([each, request]) => ({ request, index: each }));
  }

  /** `request` waits until a majority has answered a heartbeat later than the present one. False when too many wait. */
  awaitConfirmation(request: number, index: number): boolean {
    if (this.#reads.length >= readsMax) return false;
    this.#reads.push({ request, index, round: this.round + 1 });
    return true;
  }

  /** Answers for the reads that a majority has confirmed. */
  confirmed(configuration: Configuration): Answer[] {
    if (this.#reads.length === 0) return [];
    const answers: Answer[] = [];
    const waiting = this.#reads;
    this.#reads = [];
    for (const read of waiting) {
      const confirmed = new Set([this.#own]);
      for (const [id, { ackedRound }] of this.#progress) if (ackedRound >= read.round) confirmed.add(id);
      if (isQuorum(configuration, confirmed)) answers.push({ request: read.request, index: read.index });
      else this.#reads.push(read);
    }
    return answers;
  }

  /** Whom this leader hands over to. */
  get successor(): string | undefined {
    return this.#transfer?.target;
  }

  beginTransfer(request: number, target: string, nowMs: number): void {
    this.#transfer = { request, target, untilMs: nowMs + transferTimeoutMs };
  }

  /** Gives up a hand-over that takes too long. */
  endLateTransfer(nowMs: number): Answer[] {
    if (!this.#transfer || this.#transfer.untilMs > nowMs) return [];
    const { request } = this.#transfer;
    this.#transfer = undefined;
    return request === 0 ? [] : [{ request, index: 0, refused: 'target-silent' }];
  }

  /** This node leads no more. What waited is not decided, as far as it knows; a hand-over has succeeded. */
  end(): Answer[] {
    const lost = [...this.#proposals.values(), ...this.#reads.map(({ request }) => request)];
    const answers: Answer[] = lost.map(request => ({ request, index: 0, refused: 'leadership-lost' }));
    const transfer = this.#transfer?.request ?? 0;
    return transfer === 0 ? answers : [...answers, { request: transfer, index: 0 }];
  }

  #answering(nowMs: number): string[] {
    const sinceMs = nowMs - electionTimeoutMinMs;
    return [...this.#progress].filter(([, { ackedAtMs }]) => ackedAtMs > sinceMs).map(([id]) => id);
  }
}
