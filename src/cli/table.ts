// Prints rows in columns for people. A column is declared beside the noun it shows; a table keeps its widths, so that
// the lines of a watch stay under their header.
import CliTable from 'cli-table3';
import { plain } from './shell.ts';

export interface Column<Row> {
  readonly title: string;
  /** Room for usual values, so that the table stands still from one call to the next; characters. */
  readonly widthMin?: number;
  /** Shown with `-o wide` only. */
  readonly wide?: true;
  readonly cell: (row: Row) => string;
  /** What `-o wide` shows in place of `cell`. */
  readonly wideCell?: (row: Row) => string;
}

const gap = '  ';
const noBorders = Object.fromEntries(
  ['top', 'bottom', 'mid', 'left', 'right'].flatMap(side =>
    [side, `${side}-mid`, `${side}-left`, `${side}-right`].map(name => [name, '']),
  ),
);

/** One table over one or more batches of rows. */
export class Table<Row> {
  readonly #columns: readonly Column<Row>[];
  readonly #wide: boolean;
  readonly #widths: number[];
  #header: boolean;

  constructor(
    columns: readonly Column<Row>[],
    { wide, header }: { readonly wide: boolean; readonly header: boolean },
  ) {
    this.#columns = columns.filter(column => wide || column.wide !== true);
    this.#wide = wide;
    this.#widths = this.#columns.map(column => column.widthMin ?? 0);
    this.#header = header;
  }

  /** The lines of `rows`, each with its newline; the header stands before the first batch. */
  text(rows: readonly Row[]): string {
    const lines = rows.map(row =>
      this.#columns.map(column => plain(((this.#wide && column.wideCell) || column.cell)(row)) || '-'),
    );
    if (this.#header) lines.unshift(this.#columns.map(column => column.title));
    this.#header = false;
    if (lines.length === 0) return '';
    for (const line of lines) {
      for (const [at, cell] of line.entries())
        this.#widths[at] = Math.max(this.#widths[at] ?? 0, cell.length);
    }
    const table = new CliTable({
      chars: { ...noBorders, middle: gap },
      style: { head: [], border: [], 'padding-left': 0, 'padding-right': 0 },
    });
    table.push(...lines.map(line => line.map((cell, at) => cell.padEnd(this.#widths[at] ?? 0))));
    return table
      .toString()
      .split('\n')
      .map(line => `${line.trimEnd()}\n`)
      .join('');
  }
}
