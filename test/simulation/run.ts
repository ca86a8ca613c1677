// `npm run sim`: runs scenarios by seed from the command line, many on all cores, or one to be looked at.
import { availableParallelism } from 'node:os';
import { parseArgs } from 'node:util';
import type { Finished, Scenario } from './scenario.ts';
import { scenarios } from './scenarios.ts';
import { SeedRuns, type Tally } from './seed-runs.ts';
import { RunError } from './world.ts';

const usage = `usage: npm run sim -- [--scenario S3] [--seed N | --seeds N | --minutes M] [--first N] [--jobs N] [--events]
  --scenario NAME  one scenario (${scenarios.map(({ name }) => name).join(', ')}); all by default
  --seed N         one seed, with its trace hash
  --seeds N        so many seeds of each scenario (100 by default), from --first on (1 by default)
  --minutes M      as many seeds as fit into so many minutes, each scenario with an equal share of the time,
                   from --first on (by chance by default, and printed)
  --jobs N         so many threads; one for each core by default
  --events         prints what was announced, in virtual time (with --seed)`;

/** How often the state of affairs is told on standard error. */
const progressMs = 10_000;
/** Failures of one scenario that are printed; the rest are counted. */
const failuresToldMax = 20;

function refuse(why: string): never {
  console.error(`error: ${why}\n${usage}`);
  process.exit(2);
}

function given(): Readonly<Record<string, string | boolean | undefined>> {
  const text = { type: 'string' } as const;
  try {
    const options = { scenario: text, seed: text, seeds: text, minutes: text, first: text, jobs: text };
    return parseArgs({ options: { ...options, events: { type: 'boolean' } } }).values;
  } catch (error) {
    return refuse(error instanceof Error ? error.message : String(error));
  }
}

function numberIn(value: string | boolean | undefined, what: string): number | undefined {
  if (value === undefined) return undefined;
  const number = Number(value);
  const whole = what === '--minutes' || Number.isSafeInteger(number);
  if (!whole || !(number > 0)) refuse(`${what} wants a positive number`);
  return number;
}

const values = given();
const chosen = scenarios.filter(({ name }) => values.scenario === undefined || name === values.scenario);
if (chosen.length === 0) refuse(`no such scenario: ${values.scenario}`);
const seed = numberIn(values.seed, '--seed');
const minutes = numberIn(values.minutes, '--minutes');
const failed =
  seed === undefined
    ? await runMany(numberIn(values.seeds, '--seeds'), minutes, numberIn(values.first, '--first'))
    : await runOne(seed, values.events === true);
process.exit(failed ? 1 : 0);

async function runOne(seed: number, events: boolean): Promise<boolean> {
  let failed = false;
  for (const scenario of chosen) {
    try {
      const world = await scenario.run(seed);
      if (events) printEvents(world);
      console.log(`${scenario.name} seed ${seed}: ok, trace ${world.traceHash()}`);
    } catch (error) {
      failed = true;
      if (events && error instanceof RunError) printEvents(error.world);
      tellFailure(scenario, seed, error instanceof Error ? error.message : String(error));
      if (error instanceof Error) console.log(error.stack, error.cause);
    }
  }
  return failed;
}

async function runMany(
  seeds: number | undefined,
  minutes: number | undefined,
  first: number | undefined,
): Promise<boolean> {
  const byTime = minutes !== undefined;
  const firstSeed = first ?? (byTime ? 1 + Math.floor(Math.random() * 2 ** 31) : 1);
  if (byTime) console.log(`from seed ${firstSeed} on`);
  const told = new Map<Scenario, number>();
  const runs = new SeedRuns({
    ...{ scenarios: chosen, firstSeed },
    seeds: seeds ?? (byTime ? Number.POSITIVE_INFINITY : 100),
    forMs: byTime ? minutes * 60_000 : Number.POSITIVE_INFINITY,
    jobs: numberIn(values.jobs, '--jobs') ?? availableParallelism(),
    onFailure: (scenario, seed, reason) => {
      const before = told.get(scenario) ?? 0;
      told.set(scenario, before + 1);
      if (before < failuresToldMax) tellFailure(scenario, seed, reason);
    },
    onScenario: tellScenario,
  });
  const progress = setInterval(() => tellProgress(runs, seeds, minutes), progressMs);
  await runs.run();
  clearInterval(progress);
  const { tallies } = runs;
  for (const tally of tallies) if (tally.done > 0 && tally.done !== seeds) tellScenario(tally);
  const never = tallies.filter(({ done }) => done === 0).map(({ scenario }) => scenario.name);
  if (never.length > 0) console.log(`no time for ${never.join(', ')}`);
  const [done, bad] = [sum(tallies, 'done'), sum(tallies, 'failed')];
  const seconds = runs.elapsedMs / 1000;
  console.log(
    `${done - bad} of ${done} runs of ${tallies.length} scenarios hold; ${seconds.toFixed(0)} s, ${(done / seconds).toFixed(1)} runs a second`,
  );
  return bad > 0 || done === 0;
}

function sum(tallies: readonly Tally[], figure: 'done' | 'failed'): number {
  return tallies.reduce((total, tally) => total + tally[figure], 0);
}

function tellProgress(runs: SeedRuns, seeds: number | undefined, minutes: number | undefined): void {
  const { tallies, elapsedMs } = runs;
  const [done, bad] = [sum(tallies, 'done'), sum(tallies, 'failed')];
  const all = minutes === undefined ? ` of ${(seeds ?? 100) * tallies.length}` : '';
  const time = minutes === undefined ? '' : ` of ${minutes * 60}`;
  console.error(`${(elapsedMs / 1000).toFixed(0)}${time} s: ${done}${all} runs, ${bad} failed`);
}

function tellFailure({ name }: Scenario, seed: number, reason: string): void {
  console.log(`${name} seed ${seed}: FAILED: ${reason}`);
  console.log(`  replay: npm run sim -- --scenario ${name} --seed ${seed} --events`);
}

function tellScenario({ scenario, done, failed, spentMs }: Tally): void {
  const cost = `${(spentMs / done).toFixed(0)} ms each`;
  console.log(`${scenario.name}: ${done - failed} of ${done} seeds hold (${cost}): ${scenario.title}`);
}

function printEvents(world: Pick<Finished, 'events'>): void {
  for (const { nowMs, on, event, message } of world.events) {
    console.log(`${nowMs.toFixed(1).padStart(10)} ${on.padEnd(8)} ${event.padEnd(18)} ${message}`);
  }
}
