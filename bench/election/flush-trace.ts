// How often processes make the kernel flush a file, counted by strace at the system calls themselves. Only looks, but
// slows what it looks at: never while something else is measured.
import { setTimeout as sleep } from 'node:timers/promises';
import type { Child } from '../../test/lab/child.ts';
import { waitFor } from '../../test/lab/wait-for.ts';
import type { Leavings } from '../testbed/leavings.ts';
import { traceTimeoutMs, traceWindowMs } from './limits.ts';
import type { Member } from './member.ts';

const calls = ['fsync', 'fdatasync', 'sync_file_range', 'syncfs', 'sync', 'msync'];

/**
 * Flushes in a second, of all threads of each member.
 * @param write has something decided, once the counting is over: a trace that does not see that one is blind
 */
export async function traceFlushes(
  members: readonly Member[],
  leavings: Leavings,
  write: () => Promise<void>,
): Promise<ReadonlyMap<Member, number>> {
  const namespace = await leavings.namespace('trace');
  const traces: [Member, Child][] = [];
  for (const member of members) {
    const { pid } = member.child;
    const trace = await leavings.spawn(namespace, [
      'strace',
      '-f',
      '-e',
      `trace=${calls}`,
      '-p',
      String(pid),
    ]);
    await waitFor(() => trace.stderr.some(line => line.includes('attached')), {
      timeoutMs: traceTimeoutMs,
      what: `strace to be attached to ${member.seat.name}`,
      explain: () => trace.stderr.join('\n'),
    });
    traces.push([member, trace]);
  }
  const before = traces.map(([, trace]) => flushesIn(trace));
  await sleep(traceWindowMs);
  const rates = traces.map(
    ([member, trace], index) =>
      [member, (1000 * (flushesIn(trace) - (before[index] ?? 0))) / traceWindowMs] as const,
  );
  const total = () => traces.reduce((sum, [, trace]) => sum + flushesIn(trace), 0);
  const atEnd = total();
  await write();
  await waitFor(() => total() > atEnd, { timeoutMs: traceTimeoutMs, what: 'strace to see a durable write' });
  for (const [, trace] of traces) {
    trace.kill('SIGINT'); // it lets go of the process
    await trace.exited;
  }
  return new Map(rates);
}

/** A call that took long is told twice; its end has no bracket behind the name. */
function flushesIn({ stderr }: Child): number {
  const call = new RegExp(`\\b(?:${calls.join('|')})\\(`);
  return stderr.filter(line => call.test(line)).length;
}
