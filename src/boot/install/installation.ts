// What every step of an installation has in hand.
import type { Host } from '../../integrations/host.ts';
import type { TargetDisk } from './disk.ts';
import type { Journal } from './journal.ts';
import type { MachineFacts } from './plan.ts';

export interface Installation {
  readonly host: Host;
  readonly journal: Journal;
  readonly disk: TargetDisk;
  readonly machine: MachineFacts;
  /** What is copied: the root, but in a rehearsal. */
  readonly from: string;
  readonly filters: readonly string[];
  readonly startedAtMs: number;
}
