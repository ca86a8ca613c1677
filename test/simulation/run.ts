// `npm run sim`: replays scenarios by seed, from the command line.
import { parseArgs } from 'node:util';
import type { Finished } from './scenario.ts';
import { scenarios } from './scenarios.ts';
import { RunError } from './world.ts';

const usage = `usage: npm run sim -- [--scenario S3] [--seed N | --seeds N] [--events]
  --scenario NAME  one scenario (${scenarios.map(({ name }) => name).join(', ')}); all by default
  --seed N         one seed, with its trace hash
  --seeds N        seeds 1 to N of each scenario
  --events         prints what was announced, in virtual time (with --seed)`;

const { values } = (() => {
  try {
    return parseArgs({
      options: {
        scenario: { type: 'string' },
        seed: { type: 'string' },
        seeds: { type: 'string' },
        events: { type: 'boolean', default: false },
      },
    });
  } catch (error) {
    console.error(`error: ${error instanceof Error ? error.message : error}\n${usage}`);
    process.exit(2);
  }
})();

const chosen = scenarios.filter(({ name }) => values.scenario === undefined || name === values.scenario);
const first = Number(values.seed ?? 1);
const last = values.seed === undefined ? Number(values.seeds ?? 100) : first;
if (chosen.length === 0 || !Number.isSafeInteger(first) || !Number.isSafeInteger(last) || last < first) {
  console.error(`error: no such scenario, or a seed that is not a whole number\n${usage}`);
  process.exit(2);
}

let failed = 0;
for (const scenario of chosen) {
  const startedAt = Date.now();
  let bad = 0;
  for (let seed = first; seed <= last; seed++) {
    try {
      const world = await scenario.run(seed);
      if (values.events) printEvents(world);
      if (values.seed !== undefined)
        console.log(`${scenario.name} seed ${seed}: ok, trace ${world.traceHash()}`);
    } catch (error) {
      bad += 1;
      if (values.events && error instanceof RunError) printEvents(error.world);
      console.log(`${scenario.name} seed ${seed}: FAILED: ${error instanceof Error ? error.message : error}`);
      if (values.seed !== undefined && error instanceof Error) console.log(error.stack, error.cause);
      console.log(`  replay: npm run sim -- --scenario ${scenario.name} --seed ${seed} --events`);
    }
  }
  failed += bad;
  const seconds = ((Date.now() - startedAt) / 1000).toFixed(1);
  console.log(
    `${scenario.name}: ${last - first + 1 - bad} of ${last - first + 1} seeds hold (${seconds} s): ${scenario.title}`,
  );
}
process.exit(failed === 0 ? 0 : 1);

function printEvents(world: Pick<Finished, 'events'>): void {
  for (const { nowMs, on, event, message } of world.events) {
    console.log(`${nowMs.toFixed(1).padStart(10)} ${on.padEnd(8)} ${event.padEnd(18)} ${message}`);
  }
}
