// The words after run.ts. Never guesses: an unknown word is an error that names those there are.
import { parseArgs } from 'node:util';
import { runsMax } from '../testbed/limits.ts';
import { rowsNamed, wholeNumber } from '../testbed/words.ts';
import { defaultRuns } from './limits.ts';
import { rows } from './rows/all.ts';
import type { Row } from './rows/row.ts';

export interface CommandLine {
  readonly help: boolean;
  readonly runs: number;
  readonly rows: readonly Row[];
  readonly withEtcd: boolean;
  readonly out: string | undefined;
}

export const usage = `usage: node bench/election/run.ts [--runs ${defaultRuns}] [--only ROW,...] [--peer etcd|none] [--out FILE]

Measures three node-agents of this checkout beside Debian's etcd and prints one Markdown table. Needs root. Everything is
on the disk of TMPDIR, or of /tmp.

rows:
${rows.map(({ name, about }) => `  ${name.padEnd(10)}  ${about}`).join('\n')}
`;

/** @throws Error in one line that says what is wrong */
export function parseCommandLine(args: readonly string[]): CommandLine {
  const { values } = parseArgs({
    args: [...args],
    options: {
      help: { type: 'boolean', short: 'h', default: false },
      runs: { type: 'string', default: String(defaultRuns) },
      only: { type: 'string' },
      peer: { type: 'string', default: 'etcd' },
      out: { type: 'string' },
    },
  });
  if (values.peer !== 'etcd' && values.peer !== 'none')
    throw new Error(`--peer is etcd or none, not ${values.peer}`);
  return {
    help: values.help,
    runs: wholeNumber('--runs', values.runs, 1, runsMax),
    rows: rowsNamed(values.only, rows),
    withEtcd: values.peer === 'etcd',
    out: values.out,
  };
}
