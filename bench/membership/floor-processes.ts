// Starts a few floors (floor.ts) under the very Node, flags and environment of a running agent, so that they share pages
// with the agents as those do with each other. Only for contenders that are Node programs.
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { Child } from '../../test/lab/child.ts';
import { runOutside } from '../../test/lab/network.ts';
import { waitFor } from '../../test/lab/wait-for.ts';
import type { Leavings } from '../testbed/leavings.ts';
import { invocationOf } from '../testbed/process-cost.ts';
import { floorCount, floorTimeoutMs } from './limits.ts';

const script = fileURLToPath(new URL('floor.ts', import.meta.url));

/** Whether a process is a Node program. */
export function isNode(pid: number): boolean {
  return /(^|\/)node$/.test(invocationOf(pid).program);
}

/** Starts them; resolves when all listen. @throws Error when one does not */
export async function startFloors(leavings: Leavings, agentPid: number): Promise<Child[]> {
  const [key, certificate] = ['floor-key.pem', 'floor-certificate.pem'].map(name =>
    join(leavings.folder, name),
  ) as [string, string];
  const request = ['req', '-x509', '-newkey', 'ed25519', '-nodes', '-subj', '/CN=floor', '-days', '2'];
  await runOutside('openssl', [...request, '-keyout', key, '-out', certificate]);
  const namespace = await leavings.namespace('floor');
  const { program, flags, env } = invocationOf(agentPid);
  const floors: Child[] = [];
  for (let count = 0; count < floorCount; count += 1) {
    const floor = await leavings.spawn(namespace, [program, ...flags, script, key, certificate], env);
    await waitFor(() => floor.stdout.length > 0, {
      timeoutMs: floorTimeoutMs,
      what: 'an empty grpc-js server to listen',
      explain: () => floor.stderr.join('\n'),
    });
    floors.push(floor);
  }
  return floors;
}
