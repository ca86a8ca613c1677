// A cluster of agents on hosts that have a k3s: the double of test/k3s, by the PATH of the agents. What the tests ask of Kubernetes
// they ask as an administrator would, on a server.
import assert from 'node:assert/strict';
import { dirname } from 'node:path';
import { fileURLToPath } from 'node:url';
import { clusterctlProgram } from './agent-host.ts';
import type { Host } from './host.ts';
import { LabCluster } from './lab-cluster.ts';
import { waitFor } from './wait-for.ts';

const doubleFolder = dirname(fileURLToPath(new URL('../k3s/double/k3s', import.meta.url)));
/** Programs as hosts find them, the double first. */
export const k3sPath = `${doubleFolder}:/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin`;

export interface Part {
  readonly member: string;
  readonly role: string;
  readonly state: string;
  readonly reason: string;
  readonly detail: string;
  readonly token: number;
}

/** SLURM would only take time from the two processors. */
export function k3sCluster(): LabCluster {
  return new LabCluster({ 'integrations.slurm.enabled': false }, { PATH: k3sPath });
}

/** How the roles of Kubernetes fare, as `clusterctl service show k3s` has it on `host`; none while there are none. */
export async function partsOn(host: Host): Promise<readonly Part[]> {
  const argv = [clusterctlProgram, 'service', 'show', 'k3s', '-o', 'json'];
  const env = { CLUSTERCTL_ENDPOINT: `unix:${host.paths.socket}` };
  const { exitCode, stdout, stderr } = await host.run(argv, { timeoutMs: 10_000, env });
  if (exitCode === 5) return [];
  // 6: some role is not ready.
  assert.ok(exitCode === 0 || exitCode === 6, stderr);
  return (JSON.parse(stdout) as { readonly parts: readonly Part[] }).parts;
}

/** Waits until so many servers and agents are ready, by the cluster's own word. */
export function untilRoles(
  host: Host,
  wanted: { readonly server: number; readonly agent: number },
  timeoutMs = 120_000,
): Promise<readonly Part[]> {
  return waitFor(
    async () => {
      const parts = await partsOn(host);
      const ready = (role: string) =>
        parts.filter(each => each.role === role && each.state === 'ready').length;
      return ready('server') === wanted.server && ready('agent') === wanted.agent && parts;
    },
    { what: `${wanted.server} servers and ${wanted.agent} agents`, timeoutMs },
  );
}

export interface Node {
  readonly metadata: {
    readonly name: string;
    readonly labels: Readonly<Record<string, string>>;
    readonly annotations: Readonly<Record<string, string>>;
  };
  readonly spec: { readonly unschedulable?: boolean };
  readonly status: { readonly conditions: readonly { readonly type: string; readonly status: string }[] };
}

/** `k3s kubectl` on a server; its output. */
export async function kubectl(host: Host, args: readonly string[]): Promise<string> {
  const { exitCode, stdout, stderr } = await host.run(['k3s', 'kubectl', ...args], {
    timeoutMs: 30_000,
    env: { PATH: k3sPath },
  });
  assert.equal(exitCode, 0, `kubectl ${args.join(' ')}: ${stderr}`);
  return stdout;
}

export async function nodesOn(host: Host): Promise<readonly Node[]> {
  const { items } = JSON.parse(await kubectl(host, ['get', 'nodes', '-o', 'json'])) as {
    readonly items: readonly Node[];
  };
  return items;
}

export const isReady = ({ status }: Node) =>
  status.conditions.some(({ type, status: is }) => type === 'Ready' && is === 'True');
