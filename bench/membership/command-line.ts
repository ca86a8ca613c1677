// The words after run.ts. Never guesses: an unknown word is an error that names those there are.
import { parseArgs } from 'node:util';
import { runsMax } from '../testbed/limits.ts';
import { rowsNamed, wholeNumber } from '../testbed/words.ts';
import { agentsMax, defaultRuns, defaultSizes } from './limits.ts';
import { rows } from './rows/all.ts';
import type { Row } from './rows/row.ts';

export interface CommandLine {
  readonly help: boolean;
  readonly sizes: readonly number[];
  readonly runs: number;
  readonly rows: readonly Row[];
  readonly withSerf: boolean;
  readonly out: string | undefined;
}

export const usage = `usage: node bench/membership/run.ts [--nodes 3,16,48] [--runs ${defaultRuns}] [--only ROW,...] [--peer serf|none] [--out FILE]

Measures node-agents of this checkout beside Debian's serf and prints one Markdown table. Needs root.

rows:
${rows.map(({ name, about }) => `  ${name.padEnd(10)}  ${about}`).join('\n')}
`;

/** @throws Error in one line that says what is wrong */
export function parseCommandLine(args: readonly string[]): CommandLine {
  const { values } = parseArgs({
    args: [...args],
    options: {
      help: { type: 'boolean', short: 'h', default: false },
      nodes: { type: 'string', default: defaultSizes.join(',') },
      runs: { type: 'string', default: String(defaultRuns) },
      only: { type: 'string' },
      peer: { type: 'string', default: 'serf' },
      out: { type: 'string' },
    },
  });
  if (values.peer !== 'serf' && values.peer !== 'none')
    throw new Error(`--peer is serf or none, not ${values.peer}`);
  return {
    help: values.help,
    sizes: values.nodes.split(',').map(text => wholeNumber('--nodes', text, 2, agentsMax)),
    runs: wholeNumber('--runs', values.runs, 1, runsMax),
    rows: rowsNamed(values.only, rows),
    withSerf: values.peer === 'serf',
    out: values.out,
  };
}
