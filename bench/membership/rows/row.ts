// The shape of a row: something that is done to a cluster, and the figures that come of it. A row never knows whether it
// looks at ClusterOS or at Serf.
import type { Figure } from '../../testbed/figure.ts';
import type { Stage } from '../stage.ts';

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
