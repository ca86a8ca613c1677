// The shape of a row: something that is done to a cluster, and the figures that come of it. A row never knows whether it
// looks at ClusterOS or at Serf.
import type { Stage } from '../stage.ts';

/** One cell of the table, and the line it belongs to. */
export interface Figure {
  readonly what: string;
  /** What issue 3 asks for, in its words; empty when it asks for nothing here. */
  readonly goal: string;
  readonly text: string;
}

export interface Row {
  /** The word for --only. */
  readonly name: string;
  /** For --help and the progress. */
  readonly about: string;
  /** Which of the sizes that were asked for it is measured at. */
  sizesOf(sizes: readonly number[]): readonly number[];
  measure(stage: Stage): Promise<Figure[]>;
}

/** Most rows: every size. */
export function everySize(sizes: readonly number[]): readonly number[] {
  return sizes;
}
