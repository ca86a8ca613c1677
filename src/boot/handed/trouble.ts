// What is wrong with a file that was handed over, for whoever has put it there.

export interface Trouble {
  /** In words that follow the name of the file and a colon. */
  readonly why: string;
  readonly mend: string;
}
