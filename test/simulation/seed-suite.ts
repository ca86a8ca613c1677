// Scenarios as tests, each with its seeds; and what the simulator promises of itself.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Scenario } from './scenario.ts';

/** Seeds begin here, so that the suite and a developer's `--seed 1` do not look at the same few worlds. */
const firstSeed = 1000;

export function seedSuite(scenarios: readonly Scenario[]): void {
  for (const { name, title, seeds, run } of scenarios) {
    test(`${name}: ${title} (${seeds} seeds)`, async () => {
      for (let seed = firstSeed; seed < firstSeed + seeds; seed++) await run(seed);
    });
  }

  test('the same seed gives the same trace, and another seed another', async () => {
    for (const { name, run } of scenarios) {
      if (name === 'S13') continue; // an hour of virtual time, thrice, shows nothing that the others do not
      const [once, again, other] = [await run(7), await run(7), await run(8)];
      assert.equal(once.traceHash(), again.traceHash(), `${name}: something real has leaked into the world`);
      assert.notEqual(once.traceHash(), other.traceHash(), `${name}: the seed has no effect`);
    }
  });
}
