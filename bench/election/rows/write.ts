// Row "write": writes that are durable on a majority, over connections that are open: one after the other through the
// leader and through another, then many writers at once. Each must be an entry of the log; fewer are an error.
import { setTimeout as sleep } from 'node:timers/promises';
import type { Figure } from '../../testbed/figure.ts';
import { processorMs } from '../../testbed/process-cost.ts';
import { milliseconds, percentile, single, summary, writesPerSecond } from '../../testbed/samples.ts';
import type { Connection } from '../contender.ts';
import {
  callTimeoutMs,
  concurrentMs,
  forwardedWarmUpWrites,
  forwardedWrites,
  refusedTimeoutMs,
  retryMs,
  serialWrites,
  warmUpWrites,
  writerCount,
} from '../limits.ts';
import type { Stage } from '../stage.ts';
import type { Trio } from '../trio.ts';
import type { Row } from './row.ts';

export const write: Row = {
  name: 'write',
  about: 'durable writes through the leader and through another, one by one and many at once',
  measure: stage =>
    stage.withTrio(async trio => {
      const leader = trio.connectionTo(trio.leader());
      const follower = trio.followers()[0];
      if (follower === undefined) throw new Error('there is nobody but the leader');
      const before = (await leader.status()).lastIndex;
      const spent = () => trio.members.reduce((sum, { child }) => sum + processorMs(child.pid), 0);
      await serial(leader, 0, warmUpWrites);
      const spentBefore = spent();
      const direct = await serial(leader, 0, serialWrites);
      const perWrite = (spent() - spentBefore) / serialWrites;
      const other = trio.connectionTo(follower);
      const forwarded = await serial(other, forwardedWarmUpWrites, forwardedWrites);
      const { count, rates } = await concurrent(stage, trio);
      const entries = (await leader.status()).lastIndex - before;
      const answered = warmUpWrites + direct.count + forwarded.count + count;
      if (entries < answered)
        throw new Error(`${answered} writes were answered, but ${entries} are in the log`);
      const figures: Figure[] = [
        {
          what: 'serial durable write through the leader',
          goal: '≤ 2 × etcd',
          text: textOf(direct),
        },
        {
          what: 'processor time of all three for such a write',
          goal: '',
          text: `**${single(perWrite, milliseconds)}**`,
        },
        {
          what: 'serial durable write through another',
          goal: '',
          text: textOf(forwarded),
        },
        {
          what: `${writerCount} writers at once through the leader, each second`,
          goal: '',
          text: summary(rates, writesPerSecond),
        },
      ];
      for (const { what, text } of figures) stage.say(`${what}: ${text}`);
      return figures;
    }),
};

interface Series {
  /** How long each of the writes took, from its first try on. */
  readonly took: readonly number[];
  /** Tries that were refused, and made again. */
  readonly refused: number;
  /** Writes, with those of the warm-up. */
  readonly count: number;
}

async function serial(connection: Connection, warmUp: number, counted: number): Promise<Series> {
  const took: number[] = [];
  let refused = 0;
  for (let number = 0; number < warmUp + counted; number += 1) {
    const tries = await untilWritten(connection);
    if (number < warmUp) continue;
    took.push(tries.tookMs);
    refused += tries.refused;
  }
  return { took, refused, count: warmUp + counted };
}

/** Tries until it is written. @throws Error of the last try when it is refused for long */
async function untilWritten(
  connection: Connection,
): Promise<{ readonly tookMs: number; readonly refused: number }> {
  const begunAtMs = performance.now();
  for (let refused = 0; ; refused += 1) {
    try {
      await connection.write();
      return { tookMs: performance.now() - begunAtMs, refused };
    } catch (error) {
      if (performance.now() > begunAtMs + refusedTimeoutMs) throw error;
      await sleep(retryMs);
    }
  }
}

function textOf({ took, refused }: Series): string {
  const tail = `99 % ${single(percentile(took, 99), milliseconds)}`;
  return `${summary(took, milliseconds)}, ${tail}${refused === 0 ? '' : `; ${refused} tries refused`}`;
}

/** Writes in each whole second after the warm-up, and how many there were in all. */
async function concurrent(
  { contender }: Stage,
  trio: Trio,
): Promise<{ readonly count: number; readonly rates: readonly number[] }> {
  const { seat } = trio.leader();
  const opening = Array.from({ length: writerCount }, () => contender.connect(seat, callTimeoutMs));
  const connections = await Promise.all(opening);
  const countsFromMs = performance.now() + concurrentMs / 2;
  const endsAtMs = countsFromMs + concurrentMs;
  const rates = Array.from({ length: Math.floor(concurrentMs / 1000) }, () => 0);
  let count = 0;
  const writeOn = async (connection: Connection) => {
    while (performance.now() < endsAtMs) {
      await connection.write();
      count += 1;
      const second = Math.floor((performance.now() - countsFromMs) / 1000);
      if (rates[second] !== undefined) rates[second] += 1;
    }
  };
  await Promise.all(connections.map(writeOn)).finally(() => {
    for (const connection of connections) connection.close();
  });
  return { count, rates };
}
