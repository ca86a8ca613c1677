// The shape of a row: something that is done to three members, and the figures that come of it. A row never knows whether it
// looks at ClusterOS or at etcd.
import type { Figure } from '../../testbed/figure.ts';
import type { Stage } from '../stage.ts';

export interface Row {
  /** The word for --only. */
  readonly name: string;
  /** For --help and the progress. */
  readonly about: string;
  measure(stage: Stage): Promise<Figure[]>;
}
