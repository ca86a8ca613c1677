// A cluster of agents on hosts that have a k3s: the double of test/k3s, by the PATH of the agents. What the tests ask of Kubernetes
// they ask as an administrator would, on a server.
import assert from 'node:assert/strict';
import { dirname } from 'node:path';
import { fileURLToPath } from 'node:url';
import { clusterctlProgram } from './agent-host.ts';
import type { Host } from './host.ts';
import { LabCluster } from './lab-cluster.ts';
import type { RunResult } from './machine.ts';
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

/** `clusterctl` on `host`, however it ends. */
export function ctl(host: Host, args: readonly string[], timeoutMs = 30_000): Promise<RunResult> {
  const env = { CLUSTERCTL_ENDPOINT: `unix:${host.paths.socket}`, HOME: '/run/home' };
  return host.run([clusterctlProgram, ...args], { timeoutMs, env });
}

/** One that must work; what it prints. */
export async function done(host: Host, args: readonly string[], timeoutMs?: number): Promise<string> {
  const { exitCode, stdout, stderr } = await ctl(host, args, timeoutMs);
  assert.equal(exitCode, 0, `clusterctl ${args.join(' ')}: ${stderr}${stdout}`);
  return stdout;
}

/** Sets what an operator wants of Kubernetes. */
export async function configure(host: Host, settings: object): Promise<void> {
  host.writeFile('/etc/clusteros/wanted.yaml', JSON.stringify(settings));
  const file = ['--file', '/etc/clusteros/wanted.yaml'];
  const { exitCode, stderr } = await ctl(
    host,
    ['service', 'configure', 'k3s', ...file, '--yes', '--force'],
    60_000,
  );
  // 6: not all servers go by it yet.
  assert.ok(exitCode === 0 || exitCode === 6, stderr);
}

/** Further agents of the cluster, on hosts that have none. */
export async function addAgents(cluster: LabCluster, names: readonly string[]): Promise<void> {
  await Promise.all(names.map(name => cluster.add(name)));
}

/** Gives the hardware of a host a number, as its maker would. */
export async function number(host: Host): Promise<void> {
  const folder = '/sys/firmware/devicetree/base';
  const script = `mount -t tmpfs none /sys/firmware && mkdir -p ${folder} && echo "board of ${host.name}" > ${folder}/serial-number`;
  const { exitCode, stderr } = await host.run(['bash', '-c', script]);
  assert.equal(exitCode, 0, stderr);
}

/** Names of etcd's members, by etcd's own word on a server. */
export async function etcdMembers(host: Host): Promise<readonly string[]> {
  const tls = '/var/lib/rancher/k3s/server/tls/etcd';
  const { exitCode, stdout, stderr } = await host.run([
    ...['curl', '--silent', '--show-error', '--cacert', `${tls}/server-ca.crt`],
    ...['--cert', `${tls}/client.crt`, '--key', `${tls}/client.key`],
    ...['--data', '{"linearizable":true}', 'https://127.0.0.1:2379/v3/cluster/member/list'],
  ]);
  assert.equal(exitCode, 0, stderr);
  const { members } = JSON.parse(stdout) as { readonly members: readonly { readonly name: string }[] };
  return members.map(({ name }) => name.replace(/-[0-9a-f]{8}$/, '')).sort();
}
