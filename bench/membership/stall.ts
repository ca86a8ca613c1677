// Makes a running agent stand still for a while: the process as a whole by SIGSTOP, or a Node program's event loop alone
// by a busy loop that its inspector runs. Resolves when the agent goes on.
import { fileURLToPath } from 'node:url';
import { resultOf } from '../../test/lab/machine.ts';
import type { Ground } from '../testbed/ground.ts';
import type { Leavings } from '../testbed/leavings.ts';
import { invocationOf } from '../testbed/process-cost.ts';
import type { Cluster } from './cluster.ts';
import { isNode } from './floor-processes.ts';
import { blockCommandTimeoutMs } from './limits.ts';
import type { WatchedAgent } from './watched-agent.ts';

const script = fileURLToPath(new URL('block-loop.ts', import.meta.url));

/** SIGSTOP and SIGCONT. */
export async function stop(cluster: Cluster, { child }: WatchedAgent, durationMs: number): Promise<void> {
  child.kill('SIGSTOP');
  await cluster.rest(durationMs);
  child.kill('SIGCONT');
}

/** Whether it has an event loop that can be blocked from outside. */
export function hasEventLoop({ child }: WatchedAgent): boolean {
  if (!isNode(child.pid)) return false;
  const { flags, env } = invocationOf(child.pid);
  // Where SIGUSR1 does not open the inspector it ends the process.
  return ![...flags, env.NODE_OPTIONS ?? ''].some(each => each.includes('--disable-sigusr1'));
}

/** Keeps its event loop busy; the kernel and the other threads of it go on. Needs a loopback of its own. */
export async function blockLoop(
  ground: Ground,
  leavings: Leavings,
  { child, seat }: WatchedAgent,
  durationMs: number,
): Promise<void> {
  child.kill('SIGUSR1');
  const argv = [process.execPath, script, String(durationMs)];
  const blocker = await leavings.spawn(ground.namespaceOf(seat.number), argv);
  const { exitCode, stderr } = await resultOf(blocker, argv.join(' '), blockCommandTimeoutMs);
  if (exitCode !== 0) throw new Error(`the event loop of ${seat.name} could not be blocked: ${stderr}`);
}
