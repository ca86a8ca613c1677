// Prints an answer as -o asks. JSON and YAML are the contract (fields may be added, never change meaning); the tables
// and names are for people and shells.
import type { Shell } from './shell.ts';
import type { Column } from './table.ts';

export const formats = ['table', 'wide', 'json', 'yaml', 'name'] as const;
export type Format = (typeof formats)[number];

export interface OutputOptions {
  readonly format: Format;
  /** Whether a table has a header. */
  readonly header: boolean;
}

/** How things of one kind are shown. */
export interface Noun<Row> {
  readonly columns: readonly Column<Row>[];
  readonly json: (row: Row) => object;
  readonly name: (row: Row) => string;
}

/** Prints a list that is complete. */
export async function printList<Row>(
  shell: Shell,
  { format, header }: OutputOptions,
  noun: Noun<Row>,
  rows: readonly Row[],
): Promise<void> {
  switch (format) {
    case 'json':
    case 'yaml':
      return printValue(shell, format, rows.map(noun.json));
    case 'name':
      for (const row of rows) shell.stdout.write(`${noun.name(row)}\n`);
      return;
    default:
      shell.stdout.write(await tableText(noun, rows, format === 'wide', header));
  }
}

/** Prints one value as JSON (indented, for people read that too) or as YAML. */
export async function printValue(shell: Shell, format: 'json' | 'yaml', value: unknown): Promise<void> {
  if (format === 'json') shell.stdout.write(`${JSON.stringify(value, null, 2)}\n`);
  else shell.stdout.write((await import('yaml')).stringify(value));
}

/** Prints what a watch brings, batch by batch: a line of the table, of JSON or of names, or a YAML document a row. */
export async function watchPrinter<Row>(
  shell: Shell,
  { format, header }: OutputOptions,
  noun: Noun<Row>,
): Promise<(rows: readonly Row[]) => void> {
  const each = (text: (row: Row) => string) => (rows: readonly Row[]) => {
    for (const row of rows) shell.stdout.write(text(row));
  };
  switch (format) {
    case 'json':
      return each(row => `${JSON.stringify(noun.json(row))}\n`);
    case 'yaml': {
      const { stringify } = await import('yaml');
      return each(row => `---\n${stringify(noun.json(row))}`);
    }
    case 'name':
      return each(row => `${noun.name(row)}\n`);
    default: {
      const { Table } = await import('./table.ts');
      const table = new Table(noun.columns, { wide: format === 'wide', header });
      return rows => {
        shell.stdout.write(table.text(rows));
      };
    }
  }
}

async function tableText<Row>(
  noun: Noun<Row>,
  rows: readonly Row[],
  wide: boolean,
  header: boolean,
): Promise<string> {
  const { Table } = await import('./table.ts');
  return new Table(noun.columns, { wide, header }).text(rows);
}
