// A client that has something to write and talks to one member only: it tries until it is told that a write is durable,
// again and again. Tells when that was. A refused try is repeated soon; one without an answer is left alone, and another begun.
import { setTimeout as sleep } from 'node:timers/promises';
import type { Connection } from './contender.ts';
import { hedgeMs, retryMs } from './limits.ts';

export class TryingClient {
  readonly #connection: Connection;
  /** When writes that were begun since the client started have been answered. */
  readonly #durableAtMs: number[] = [];
  #ended = false;

  /** Begins at once. */
  constructor(connection: Connection) {
    this.#connection = connection;
    void this.#run();
  }

  /** The first success that was told at that time or later; undefined when there is none yet. */
  firstSince(atMs: number): number | undefined {
    return this.#durableAtMs.find(each => each >= atMs);
  }

  end(): void {
    this.#ended = true;
  }

  async #run(): Promise<void> {
    while (!this.#ended) {
      const trial = this.#connection.write().then(
        () => void this.#durableAtMs.push(performance.now()),
        () => sleep(retryMs),
      );
      await Promise.race([trial, sleep(hedgeMs)]);
    }
  }
}
