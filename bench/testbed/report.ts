// What a bench prints: its table, the machine, the noise, the versions and the date. Written to a file, too, after every cell.
import { writeFileSync } from 'node:fs';
import type { Figure } from './figure.ts';
import { MachineFacts } from './machine-facts.ts';
import { Table } from './table.ts';

interface Versioned {
  readonly name: string;
  /** Name and version, for people. */
  version(): string;
}

export class Report {
  readonly table: Table;
  readonly #facts: MachineFacts;
  readonly #versions: string;
  readonly #out: string | undefined;
  #isWhole = true;

  private constructor(contenders: readonly Versioned[], facts: MachineFacts, out: string | undefined) {
    this.table = new Table(contenders.map(({ name }) => name));
    this.#facts = facts;
    this.#versions = contenders.map(contender => contender.version()).join('; ');
    this.#out = out;
  }

  /** Looks at the machine first, before anything is started on it. @param out a file */
  static async begin(contenders: readonly Versioned[], out: string | undefined): Promise<Report> {
    return new Report(contenders, await MachineFacts.look(), out);
  }

  /** Adds the cells of one contender. @param figures undefined when they could not be measured */
  add(contender: string, size: number, about: string, figures: readonly Figure[] | undefined): void {
    this.#isWhole &&= figures !== undefined;
    this.table.add(contender, size, figures ?? [{ what: about, goal: '', text: 'could not be measured' }]);
    if (this.#out !== undefined) writeFileSync(this.#out, this.#text());
  }

  /** Prints it. @returns whether everything could be measured */
  end(): boolean {
    process.stdout.write(this.#text());
    return this.#isWhole;
  }

  #text(): string {
    const facts = [...this.#facts.lines(), this.#versions].join('. ');
    return `${this.table.markdown()}\nCells: minimum / **median** / maximum. ${facts}.\n`;
  }
}
