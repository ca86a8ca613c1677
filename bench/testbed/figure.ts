// One cell of a bench's table, and the line it belongs to.

export interface Figure {
  readonly what: string;
  /** What the issue asks for, in its words; empty when it asks for nothing here. */
  readonly goal: string;
  readonly text: string;
}
