// `make limits`: writes docs/limits.md, the costs of large clusters by the simulator and every limit of the source.
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { limitsText } from '../tidy/limits-text.ts';
import { type Costs, costsOf, median } from './large.ts';

const root = join(import.meta.dirname, '../..');
const page = join(root, 'docs/limits.md');
const sizes = [3, 16, 48, 100, 300, 1000];
/** Larger ones are run with the first seed only: minutes each. */
const largestWithAllSeeds = 300;

const { values } = parseArgs({
  options: { seeds: { type: 'string', default: '3' }, 'only-limits': { type: 'boolean', default: false } },
});
const seeds = Number(values.seeds);
if (!Number.isSafeInteger(seeds) || seeds < 1) {
  console.error('usage: node test/simulation/limits-page.ts [--seeds N] [--only-limits]');
  process.exit(2);
}

const seconds = (milliseconds: number) =>
  Number.isNaN(milliseconds) ? '-' : (milliseconds / 1000).toFixed(2);
const whole = (value: number) => value.toFixed(0);

/** Minimum / **median** / maximum of one figure over the runs. */
function range(
  runs: readonly Costs[],
  figure: (costs: Costs) => number,
  format: (value: number) => string,
): string {
  const all = runs.map(figure);
  return `${format(Math.min(...all))} / **${format(median(all))}** / ${format(Math.max(...all))}`;
}

function simulated(): string {
  const startedAt = performance.now();
  const columns = sizes.map(nodes =>
    Array.from({ length: nodes > largestWithAllSeeds ? 1 : seeds }, (_, i) =>
      costsOf(nodes, 100 + i, what => {
        const elapsed = ((performance.now() - startedAt) / 1000).toFixed(0);
        process.stderr.write(`${elapsed.padStart(5)} s  seed ${100 + i}: ${what}\n`);
      }),
    ),
  );
  const rows: [string, (costs: Costs) => number, (value: number) => string][] = [
    ['last start → all see all, s', costs => costs.formedMs, seconds],
    ['a newcomer → all see it, it sees all, s', costs => costs.joinedMs, seconds],
    ['a changed tag → all hold it, s', costs => costs.changeMs, seconds],
    ['SIGKILL → every other calls it dead, s', costs => costs.killedMs, seconds],
    ['power cut → every other calls it dead, s', costs => costs.cutMs, seconds],
    ['a tenth, ten at most, killed at once → all dead for all, s', costs => costs.manyMs, seconds],
    ['a minute of two halves ends → whole again, s', costs => costs.healedMs, seconds],
    ['idle: messages sent per node and second', costs => costs.messagesPerSecond, value => value.toFixed(1)],
    ['idle: bytes sent per node and second', costs => costs.bytesPerSecond, whole],
    ['streams per node, median', costs => costs.streams.median, whole],
    ['streams per node, most', costs => costs.streams.most, whole],
    ['healthy members called dead', costs => costs.falseDeaths, whole],
  ];
  const lines = rows.map(([what, figure, format]) => {
    const cells = columns.map(runs => range(runs, figure, format));
    return `| ${what} | ${cells.join(' | ')} |`;
  });
  return [`| members | ${sizes.join(' | ')} |`, `| --- |${' --- |'.repeat(sizes.length)}`, ...lines].join(
    '\n',
  );
}

const former = readFileSync(page, { encoding: 'utf8', flag: 'a+' });
const begin = '<!-- simulated -->';
const end = '<!-- /simulated -->';
const kept = former.includes(begin)
  ? former.slice(former.indexOf(begin) + begin.length, former.indexOf(end)).trim()
  : '';
const table =
  values['only-limits'] && kept !== ''
    ? kept
    : `${simulated()}\n\nSeeds 100 to ${99 + seeds}; of sizes above ${largestWithAllSeeds} the first only, and no partition.`;

writeFileSync(
  page,
  `# Limits

Made by \`make limits\`; the second half is checked against the source by a test.

## Large clusters, simulated

\`src/membership\` itself, on a virtual network with 0.5 to 8 ms of delay each way, in virtual time: minimum / **median** /
maximum over the seeds. Members start within one second, each with the addresses of three others. Bytes are those of the
encoded messages and 88 for each of them (gRPC, HTTP/2, TLS, TCP/IP), without TCP's own acknowledgements. What real
processes do is measured by [bench/membership](../bench/membership/README.md).

${begin}
${table}
${end}

## Every limit

${limitsText(root)}`,
);
