// Row "idle": what the leader and the others cost while nothing is decided: processor time, memory, and how often they
// make a disk flush. Nothing asks them anything meanwhile.
import type { Figure } from '../../testbed/figure.ts';
import { processorMs, proportionalSetSize } from '../../testbed/process-cost.ts';
import { flushesPerSecond, mebibytes, percent, summary } from '../../testbed/samples.ts';
import { traceFlushes } from '../flush-trace.ts';
import { idleSettleMs, idleWindowMs, traceWindowMs } from '../limits.ts';
import type { Member } from '../member.ts';
import type { Row } from './row.ts';

export const idle: Row = {
  name: 'idle',
  about: 'processor, memory and disk flushes while nothing is decided',
  measure: stage =>
    stage.withTrio(async trio => {
      await trio.rest(idleSettleMs);
      const leader = trio.leader();
      const groups: readonly (readonly [string, readonly Member[]])[] = [
        ['leader', [leader]],
        ['followers', trio.followers()],
      ];
      const processor = await processorOf(trio.members, durationMs => trio.rest(durationMs));
      const memory = new Map(trio.members.map(member => [member, proportionalSetSize(member.child.pid)]));
      const flushes = await traceFlushes(trio.members, stage.leavings, () =>
        trio.connectionTo(leader).write(),
      );
      if (trio.leader() !== leader) throw new Error('the leader changed while nothing was done to it');
      const figures: Figure[] = groups.flatMap(([name, members]) => {
        const of = (values: ReadonlyMap<Member, number>) => members.map(member => values.get(member));
        return [
          {
            what: `idle processor, ${name}, % of one core over ${idleWindowMs / 1000} s`,
            goal: '≤ 1 %',
            text: summary(of(processor), percent),
          },
          {
            what: `flushes (fsync, fdatasync) over ${traceWindowMs / 1000} s with nothing decided, ${name}`,
            goal: '0',
            text: summary(of(flushes), flushesPerSecond),
          },
          { what: `memory (PSS), ${name}`, goal: '', text: summary(of(memory), mebibytes) },
        ];
      });
      for (const { what, text } of figures) stage.say(`${what}: ${text}`);
      return figures;
    }),
};

async function processorOf(
  members: readonly Member[],
  rest: (durationMs: number) => Promise<void>,
): Promise<ReadonlyMap<Member, number>> {
  const look = () => members.map(({ child }) => ({ atMs: performance.now(), cpuMs: processorMs(child.pid) }));
  const before = look();
  await rest(idleWindowMs);
  const after = look();
  return new Map(
    members.map((member, index) => {
      const [start, end] = [before[index], after[index]];
      if (start === undefined || end === undefined) throw new RangeError('a member was not looked at');
      return [member, (100 * (end.cpuMs - start.cpuMs)) / (end.atMs - start.atMs)];
    }),
  );
}
