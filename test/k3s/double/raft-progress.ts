// How far the log has come: at each other member, as the leader knows it, and here, for who waits for an entry to be applied.
import { tuning } from './control.ts';
import { timedOut } from './raft-messages.ts';

export interface Progress {
  next: number;
  match: number;
  isSending: boolean;
  isFailing?: boolean;
  /** The commit index that it was told last. */
  told: number;
  heardAtMs: number;
}

export class Followers {
  #progress = new Map<string, Progress>();

  /** Begins anew for a leader that was just elected; it believes its voters to be there until they were silent for an election. */
  reset(voters: readonly string[], lastIndex: number): void {
    this.#progress = new Map();
    for (const id of voters) this.of(id, lastIndex).heardAtMs = performance.now();
  }

  /** That of a member, made when it is new. */
  of(id: string, lastIndex: number): Progress {
    const known = this.#progress.get(id);
    if (known !== undefined) return known;
    const made = {
      next: lastIndex + 1,
      match: 0,
      isSending: false,
      told: 0,
      heardAtMs: Number.NEGATIVE_INFINITY,
    };
    this.#progress.set(id, made);
    return made;
  }

  matchOf(id: string): number {
    return this.#progress.get(id)?.match ?? 0;
  }

  /** Whether it answered within an election. */
  isActive(id: string): boolean {
    const heardAtMs = this.#progress.get(id)?.heardAtMs ?? Number.NEGATIVE_INFINITY;
    return performance.now() - heardAtMs < tuning().electionMs;
  }

  /** Whether its last message was answered: etcd's "connected", which ends with the connection. */
  isConnected(id: string): boolean {
    return this.isActive(id) && this.#progress.get(id)?.isFailing !== true;
  }
}

/** Waits for the log to be applied up to an entry. */
export class Milestones {
  #index = 0;
  readonly #waiting = new Set<() => void>();

  tell(index: number): void {
    this.#index = index;
    for (const look of [...this.#waiting]) look();
  }

  /** @throws Error in etcd's words when it is not there in time */
  async until(index: number, deadline: number): Promise<void> {
    if (this.#index >= index) return;
    await new Promise<void>((resolve, reject) => {
      const look = () => {
        if (this.#index < index) return;
        clearTimeout(timer);
        this.#waiting.delete(look);
        resolve();
      };
      const late = () => {
        this.#waiting.delete(look);
        reject(new Error(timedOut));
      };
      const timer = setTimeout(late, Math.max(0, deadline - performance.now()));
      this.#waiting.add(look);
    });
  }
}
