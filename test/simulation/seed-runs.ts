// Many seeds of many scenarios on all cores: hands out batches of about a second, so that progress is seen and nothing piles up.
import { Worker } from 'node:worker_threads';
import type { Scenario } from './scenario.ts';
import type { Batch, Outcome } from './seed-worker.ts';

/** What has come of one scenario so far. */
export interface Tally {
  readonly scenario: Scenario;
  /** Seeds handed out, from the first one on. */
  handedOut: number;
  done: number;
  failed: number;
  /** Of one core. */
  spentMs: number;
  /** Batches under way. */
  underWay: number;
}

export interface SeedRunsOptions {
  readonly scenarios: readonly Scenario[];
  readonly firstSeed: number;
  /** Seeds of each scenario; Infinity when only the time is bounded. */
  readonly seeds: number;
  /** No batch begins later than this; Infinity when only the seeds are bounded. */
  readonly forMs: number;
  readonly jobs: number;
  readonly onFailure: (scenario: Scenario, seed: number, reason: string) => void;
  /** All seeds of a scenario are done. */
  readonly onScenario: (tally: Tally) => void;
}

/** A batch is meant to take this long: short enough to be shared out evenly, long enough that handing out costs nothing. */
const batchMs = 1000;
/** A batch that has not ended after this hangs, and its thread is ended: the slowest seed takes about half a minute. */
const batchMsMax = 900_000;

export class SeedRuns {
  readonly tallies: readonly Tally[];
  readonly #options: SeedRunsOptions;
  readonly #startedAtMs = performance.now();

  constructor(options: SeedRunsOptions) {
    this.#options = options;
    this.tallies = options.scenarios.map(scenario => ({
      ...{ scenario, handedOut: 0, done: 0, failed: 0, spentMs: 0, underWay: 0 },
    }));
  }

  get elapsedMs(): number {
    return performance.now() - this.#startedAtMs;
  }

  /** Resolves when everything that was to be run has been. */
  async run(): Promise<void> {
    await Promise.all(Array.from({ length: this.#options.jobs }, () => this.#work()));
  }

  /** One thread at a time from start to end; one that breaks is a failure of its batch, and another takes its place. */
  async #work(): Promise<void> {
    let worker: Worker | undefined;
    for (let batch = this.#next(); batch; batch = this.#next()) {
      worker ??= new Worker(new URL('./seed-worker.ts', import.meta.url));
      const outcome = await outcomeOf(worker, batch);
      if ('broken' in outcome) {
        await worker.terminate();
        worker = undefined;
      }
      this.#count(batch, outcome);
    }
    await worker?.terminate();
  }

  /** With a limit of seeds scenario by scenario; with a limit of time whichever has had the least of it. */
  #next(): Batch | undefined {
    const { seeds, forMs, firstSeed } = this.#options;
    if (this.elapsedMs >= forMs) return undefined;
    const open = this.tallies.filter(({ handedOut }) => handedOut < seeds);
    const owed = (each: Tally) => each.spentMs + each.underWay * batchMs;
    const tally = forMs < Number.POSITIVE_INFINITY ? open.toSorted((a, b) => owed(a) - owed(b))[0] : open[0];
    if (!tally) return undefined;
    const fitting = tally.done === 0 ? 1 : Math.floor((batchMs * tally.done) / Math.max(1, tally.spentMs));
    const count = Math.min(Math.max(1, fitting), seeds - tally.handedOut);
    const batch = { scenario: tally.scenario.name, from: firstSeed + tally.handedOut, count };
    tally.handedOut += count;
    tally.underWay += 1;
    return batch;
  }

  #count(batch: Batch, outcome: Outcome | { readonly broken: string }): void {
    const tally = this.tallies.find(({ scenario }) => scenario.name === batch.scenario);
    if (!tally) return;
    const failures = 'broken' in outcome ? [{ seed: batch.from, reason: outcome.broken }] : outcome.failures;
    tally.underWay -= 1;
    tally.done += batch.count;
    tally.failed += failures.length;
    tally.spentMs += 'broken' in outcome ? batchMs : outcome.tookMs;
    for (const { seed, reason } of failures) this.#options.onFailure(tally.scenario, seed, reason);
    if (tally.done === this.#options.seeds) this.#options.onScenario(tally);
  }
}

/** What a thread says of a batch, or that it has broken in one of the batch's seeds. */
function outcomeOf(worker: Worker, batch: Batch): Promise<Outcome | { readonly broken: string }> {
  const last = batch.from + batch.count - 1;
  const within = batch.count === 1 ? '' : `in one of the seeds ${batch.from} to ${last}: `;
  return new Promise(resolve => {
    const end = (outcome: Outcome | { readonly broken: string }) => {
      clearTimeout(timer);
      worker.off('message', end).off('error', onError).off('exit', onExit);
      resolve(outcome);
    };
    const onError = (error: unknown) =>
      end({ broken: `${within}${error instanceof Error ? error.message : error}` });
    const onExit = (code: number) => end({ broken: `${within}the thread has ended (${code})` });
    const timer = setTimeout(() => end({ broken: `${within}it does not end` }), batchMsMax);
    worker.on('message', end).on('error', onError).on('exit', onExit);
    worker.postMessage(batch);
  });
}
