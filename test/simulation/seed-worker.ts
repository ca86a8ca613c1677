// One thread of `npm run sim`: runs the seeds it is handed and tells what came of them. A world is garbage after its run.
import { isMainThread, parentPort } from 'node:worker_threads';
import { scenarios } from './scenarios.ts';

/** Some seeds of one scenario, one after another. */
export interface Batch {
  readonly scenario: string;
  readonly from: number;
  readonly count: number;
}

export interface Outcome {
  readonly batch: Batch;
  readonly tookMs: number;
  readonly failures: readonly { readonly seed: number; readonly reason: string }[];
}

async function run(batch: Batch): Promise<Outcome> {
  const scenario = scenarios.find(({ name }) => name === batch.scenario);
  if (!scenario) throw new Error(`no scenario ${batch.scenario}`);
  const startedAtMs = performance.now();
  const failures: { seed: number; reason: string }[] = [];
  for (let seed = batch.from; seed < batch.from + batch.count; seed++) {
    try {
      await scenario.run(seed);
    } catch (error) {
      failures.push({ seed, reason: error instanceof Error ? error.message : String(error) });
    }
  }
  return { batch, tookMs: performance.now() - startedAtMs, failures };
}

if (!isMainThread)
  parentPort?.on('message', async (batch: Batch) => parentPort?.postMessage(await run(batch)));
