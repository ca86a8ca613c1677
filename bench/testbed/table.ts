// The report: figures of all rows, sizes and contenders as one Markdown table, in the order in which they came.
import type { Figure } from './figure.ts';

interface Line {
  readonly what: string;
  readonly size: number;
  readonly goal: string;
  readonly cells: Map<string, string>;
}

export class Table {
  readonly #contenders: readonly string[];
  readonly #rows: Line[][] = [];

  constructor(contenders: readonly string[]) {
    this.#contenders = contenders;
  }

  /** What comes until the next call belongs to one row: its lines of one kind stand together, whatever their size. */
  beginRow(): void {
    this.#rows.push([]);
  }

  add(contender: string, size: number, figures: readonly Figure[]): void {
    const row = this.#rows.at(-1) ?? [];
    for (const { what, goal, text } of figures) {
      let line = row.find(each => each.what === what && each.size === size);
      if (line === undefined) {
        line = { what, size, goal, cells: new Map() };
        row.push(line);
      }
      line.cells.set(contender, text);
    }
  }

  markdown(): string {
    const header = ['what', 'agents', 'goal', ...this.#contenders];
    const lines = this.#rows.flatMap(row => {
      const kinds = [...new Set(row.map(({ what }) => what))];
      return kinds.flatMap(kind => row.filter(({ what }) => what === kind));
    });
    const body = lines.map(({ what, size, goal, cells }) => [
      what,
      String(size),
      goal,
      ...this.#contenders.map(name => cells.get(name) ?? '–'),
    ]);
    const rule = header.map(() => '---');
    return [header, rule, ...body].map(cells => `| ${cells.join(' | ')} |\n`).join('');
  }
}
