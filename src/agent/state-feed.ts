// The holder's candidates: each is told the newest generation as soon as it has dealt with the one before, so that a slow
// one skips some and none piles up. Knows who has what.
import { type CopyName, isNewer, type Manifest } from '../integrations/state-copy/manifest.ts';
import { stateBeatMs, stateFollowersMax, stateSilenceMs } from './limits.ts';

/** The way to one candidate. */
export interface FollowerLink {
  /** Carries `manifest` to one to whom this link has carried `base` before. */
  send(manifest: Manifest, base: Manifest | undefined): void;
  beat(): void;
  /** Ends it, with the reason. */
  end(reason: string): void;
}

/** What a candidate says. */
export interface FollowerWord {
  /** What it holds. */
  readonly held: CopyName | undefined;
  /** The last generation that it has taken or given up; 0 for none. */
  readonly done: number;
}

export interface FollowerStatus {
  readonly id: string;
  /** Of what it holds, whoever it had it from; 0 for nothing. */
  readonly token: number;
  readonly generation: number;
  /** When it said so; monotonic clock. */
  readonly ackedAtMs: number;
}

interface Follower {
  readonly id: string;
  readonly link: FollowerLink;
  /** The last one that the link has carried. */
  sent: Manifest | undefined;
  /** It has not dealt with that yet. */
  busy: boolean;
  held: CopyName | undefined;
  ackedAtMs: number;
}

export class StateFeed {
  readonly #nowMs: () => number;
  readonly #setTimer: (delayMs: number, run: () => void) => () => void;
  /** By id. */
  readonly #followers = new Map<string, Follower>();
  readonly #waiting = new Set<() => void>();
  #manifest: Manifest | undefined;
  #cancelBeat: () => void = () => {};

  constructor(options: {
    readonly nowMs: () => number;
    readonly setTimer: (delayMs: number, run: () => void) => () => void;
  }) {
    this.#nowMs = options.nowMs;
    this.#setTimer = options.setTimer;
  }

  /** The newest generation; undefined while this node holds nothing. */
  show(manifest: Manifest | undefined): void {
    this.#manifest = manifest;
    for (const follower of this.#followers.values()) this.#offer(follower);
  }

  followers(): readonly FollowerStatus[] {
    return [...this.#followers.values()].map(({ id, held, ackedAtMs }) => ({
      ...{ id, ackedAtMs, token: held?.token ?? 0, generation: held?.generation ?? 0 },
    }));
  }

  /** A candidate has come; one with the same id is replaced. Gives how to pass on what it says, and that it has gone. */
  join(
    id: string,
    link: FollowerLink,
    word: FollowerWord,
  ): { heard(word: FollowerWord): void; gone(): void } | undefined {
    const former = this.#followers.get(id);
    former?.link.end('another stream of yours has taken its place');
    if (!former && this.#followers.size >= stateFollowersMax) return undefined;
    const follower: Follower = {
      id,
      link,
      sent: undefined,
      busy: false,
      held: word.held,
      ackedAtMs: this.#nowMs(),
    };
    this.#followers.set(id, follower);
    if (this.#followers.size === 1) this.#beat();
    this.#offer(follower);
    return {
      heard: later => this.#heard(follower, later),
      gone: () => {
        if (this.#followers.get(id) === follower) this.#drop(follower);
      },
    };
  }

  /** Resolves when all candidates that are here hold `copy` or newer, at the latest after `timeoutMs`. Gives the ids of those that do. */
  async heldByAll(copy: CopyName, timeoutMs: number): Promise<readonly string[]> {
    const holds = ({ held }: Follower) => held !== undefined && !isNewer(copy, held);
    const all = () => [...this.#followers.values()].every(holds);
    await new Promise<void>(resolve => {
      const look = () => {
        if (!all()) return;
        cancel();
        this.#waiting.delete(look);
        resolve();
      };
      const cancel = this.#setTimer(timeoutMs, () => {
        this.#waiting.delete(look);
        resolve();
      });
      this.#waiting.add(look);
      look();
    });
    return [...this.#followers.values()].filter(holds).map(({ id }) => id);
  }

  close(): void {
    this.#cancelBeat();
    for (const { link } of this.#followers.values()) link.end('the agent ends');
    this.#followers.clear();
    this.#told();
  }

  #heard(follower: Follower, { held, done }: FollowerWord): void {
    if (this.#followers.get(follower.id) !== follower) return;
    follower.held = held;
    follower.ackedAtMs = this.#nowMs();
    this.#told();
    if (!follower.busy || done !== follower.sent?.generation) return;
    follower.busy = false;
    // One that has given up on this very generation gets it again with the next beat, or a newer one at once.
    if (follower.sent !== this.#manifest) this.#offer(follower);
  }

  #offer(follower: Follower): void {
    const manifest = this.#manifest;
    if (follower.busy || !manifest) return;
    const { held, sent } = follower;
    if (held?.token === manifest.token && held.generation === manifest.generation) return;
    follower.busy = true;
    follower.sent = manifest;
    follower.link.send(manifest, sent);
  }

  #beat(): void {
    this.#cancelBeat();
    this.#cancelBeat = this.#setTimer(stateBeatMs, () => {
      for (const follower of this.#followers.values()) {
        if (this.#nowMs() - follower.ackedAtMs > stateSilenceMs) {
          follower.link.end('nothing was heard');
          this.#drop(follower);
          continue;
        }
        follower.link.beat();
        this.#offer(follower);
      }
      if (this.#followers.size > 0) this.#beat();
    });
  }

  #drop(follower: Follower): void {
    this.#followers.delete(follower.id);
    if (this.#followers.size === 0) this.#cancelBeat();
    this.#told();
  }

  #told(): void {
    for (const look of [...this.#waiting]) look();
  }
}
