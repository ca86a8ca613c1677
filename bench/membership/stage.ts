// What a row is given: one contender, one size, how many runs, and grounds on which to form clusters. All that comes of
// it is in one Leavings, which is removed after the row whatever happened.

import { type Ground, makeLoopback } from '../testbed/ground.ts';
import type { Leavings } from '../testbed/leavings.ts';
import { say } from '../testbed/progress.ts';
import { Wire } from '../testbed/wire.ts';
import { Cluster } from './cluster.ts';
import type { Contender } from './contender.ts';
import { formTimeoutMs, phaseMaxMs, settleMs } from './limits.ts';

export class Stage {
  readonly contender: Contender;
  readonly size: number;
  readonly runs: number;
  readonly leavings: Leavings;

  constructor(contender: Contender, size: number, runs: number, leavings: Leavings) {
    this.contender = contender;
    this.size = size;
    this.runs = runs;
    this.leavings = leavings;
  }

  async loopback(): Promise<Ground> {
    return await makeLoopback(this.leavings, this.size);
  }

  async wire(): Promise<Wire> {
    return await Wire.make(this.leavings, this.size);
  }

  /** Seats with empty disks; nothing runs. */
  cluster(ground: Ground): Cluster {
    return new Cluster(this.contender, ground, this.leavings, this.size);
  }

  /** A cluster in which all see all and that has settled. @throws Error when they do not find each other */
  async formed(ground: Ground): Promise<Cluster> {
    const cluster = this.cluster(ground);
    await cluster.startWithSeed();
    await cluster.untilListening();
    if ((await cluster.untilAllSeeAll()) === undefined)
      throw new Error(
        `${this.size} of ${this.contender.name} did not all see each other within ${formTimeoutMs} ms`,
      );
    await cluster.rest(settleMs);
    return cluster;
  }

  /** A moment's wait of random length, so that what follows falls anywhere in a probe period. */
  async phase(cluster: Cluster): Promise<void> {
    await cluster.rest(Math.random() * phaseMaxMs);
  }

  /** Tells what was seen, for whoever watches the bench. */
  say(text: string): void {
    say(`${this.contender.name}, ${this.size}: ${text}`);
  }
}
