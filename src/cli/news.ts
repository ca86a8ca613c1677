// Tells what is new in each answer of a watch, which repeats the whole list.

/** Keeps the last answer and finds the rows that differ from it. */
export class News<Row> {
  readonly #key: (row: Row) => string;
  readonly #content: (row: Row) => string;
  #last: ReadonlyMap<string, string> = new Map();

  /**
   * @param key what makes a row the same row
   * @param content what of it is news when it changes
   */
  constructor(key: (row: Row) => string, content: (row: Row) => string) {
    this.#key = key;
    this.#content = content;
  }

  /** The rows that were not in the answer before, or were different in it. */
  in(rows: readonly Row[]): Row[] {
    const next = new Map(rows.map(row => [this.#key(row), this.#content(row)]));
    const news = rows.filter(row => this.#last.get(this.#key(row)) !== next.get(this.#key(row)));
    this.#last = next;
    return news;
  }
}
