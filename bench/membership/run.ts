// The command: measures ClusterOS's agents beside Serf's, row by row, and prints one Markdown table on standard output.
// Whatever it started or made is gone when it ends, also on Ctrl-C. Never touches what it did not make.
import { writeFileSync } from 'node:fs';
import { type CommandLine, parseCommandLine, usage } from './command-line.ts';
import type { Contender } from './contender.ts';
import { Leavings, sweepLeavings } from './leavings.ts';
import { MachineFacts } from './machine-facts.ts';
import { nodeAgent } from './node-agent.ts';
import { say } from './progress.ts';
import { missingForBench } from './requirements.ts';
import type { Figure, Row } from './rows/row.ts';
import { serf } from './serf.ts';
import { Stage } from './stage.ts';
import { Table } from './table.ts';

const exitCodes = { done: 0, failed: 1, usage: 2, SIGINT: 130, SIGTERM: 143 } as const;
let current: Leavings | undefined;
let isInterrupted = false;

async function main(): Promise<number> {
  let commandLine: CommandLine;
  try {
    commandLine = parseCommandLine(process.argv.slice(2));
  } catch (error) {
    process.stderr.write(`error: ${messageOf(error)}\n${usage}`);
    return exitCodes.usage;
  }
  if (commandLine.help) {
    process.stdout.write(usage);
    return exitCodes.done;
  }
  const missing = missingForBench(commandLine);
  if (missing.length > 0) {
    process.stderr.write(missing.map(each => `error: this bench ${each}\n`).join(''));
    return exitCodes.usage;
  }
  for (const signal of ['SIGINT', 'SIGTERM'] as const) process.on(signal, () => void interrupt(signal));
  await sweepLeavings();
  return (await measureAll(commandLine)) ? exitCodes.done : exitCodes.failed;
}

/** @returns whether every row could be measured */
async function measureAll({ rows, sizes, runs, withSerf, out }: CommandLine): Promise<boolean> {
  const contenders = withSerf ? [nodeAgent, serf] : [nodeAgent];
  const facts = await MachineFacts.look();
  const table = new Table(contenders.map(({ name }) => name));
  const versions = contenders.map(contender => contender.version()).join('; ');
  const report = () =>
    `${table.markdown()}\nCells: minimum / **median** / maximum. ${[...facts.lines(), versions].join('. ')}.\n`;
  let isWhole = true;
  for (const row of rows) {
    table.beginRow();
    for (const size of row.sizesOf(sizes))
      for (const contender of contenders) {
        say(`${row.name} with ${size} of ${contender.name}: ${row.about}`);
        const figures = await measure(row, contender, size, runs);
        isWhole &&= figures !== undefined;
        table.add(
          contender.name,
          size,
          figures ?? [{ what: row.about, goal: '', text: 'could not be measured' }],
        );
        if (out !== undefined) writeFileSync(out, report());
      }
  }
  process.stdout.write(report());
  return isWhole;
}

/** @returns undefined after telling why when it could not be measured */
async function measure(
  row: Row,
  contender: Contender,
  size: number,
  runs: number,
): Promise<Figure[] | undefined> {
  const leavings = new Leavings();
  current = leavings;
  try {
    return await row.measure(new Stage(contender, size, runs, leavings));
  } catch (error) {
    if (isInterrupted) await new Promise(() => {}); // interrupt() ends the process
    say(`${row.name} with ${size} of ${contender.name} could not be measured: ${messageOf(error)}`);
    return undefined;
  } finally {
    await leavings.remove();
  }
}

async function interrupt(signal: 'SIGINT' | 'SIGTERM'): Promise<void> {
  if (isInterrupted) return;
  isInterrupted = true;
  say(`${signal}: ending what was started`);
  await current?.remove();
  process.exit(exitCodes[signal]);
}

function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}

process.exitCode = await main();
