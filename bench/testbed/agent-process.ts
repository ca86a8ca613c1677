// How a bench starts an agent of the checkout that this file is in, and reads a line of its log. Never by its code.
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { newClusterKey, nodeAgent as program } from '../../test/lab/agent-host.ts';
import { told } from './debian-package.ts';
import type { Seat } from './seat.ts';

const port = 7443;
const checkout = fileURLToPath(new URL('../../', import.meta.url));

/** Nothing but membership and election: no daemons, no tailscaled. */
const settings: Readonly<Record<string, string>> = {
  'integrations.slurm.enabled': 'false',
  'integrations.tailscale.enabled': 'false',
};

/** Writes what all agents of a cluster share: its key, and an empty file of settings. */
export function prepareAgents(shared: string): void {
  writeFileSync(join(shared, 'cluster.key'), newClusterKey(), { mode: 0o600 });
  writeFileSync(join(shared, 'node.yaml'), '');
}

/** The command that starts an agent. @param seeds addresses without port of agents to join */
export function agentArgv(seat: Seat, seeds: readonly string[]): string[] {
  const values = { ...settings, 'admin.socket': adminSocketOf(seat) };
  return [
    ...[program, 'start', '--foreground', '--config', join(seat.shared, 'node.yaml')],
    ...['--name', seat.name, '--bind', `${seat.ip}:${port}`],
    ...['--cluster-key', join(seat.shared, 'cluster.key'), '--data-dir', join(seat.folder, 'data')],
    ...seeds.flatMap(seed => ['--peer', `${seed}:${port}`]),
    ...Object.entries(values).flatMap(([name, value]) => ['--set', `${name}=${value}`]),
  ];
}

/** The unix socket on which an agent answers clusterctl. */
export function adminSocketOf({ folder }: Seat): string {
  return join(folder, 'agent.sock');
}

/** The fields of a line of an agent's log; none when it is no such line. */
export function fieldsOf(line: string): Readonly<Record<string, unknown>> {
  try {
    const value: unknown = JSON.parse(line);
    return typeof value === 'object' && value !== null ? (value as Record<string, unknown>) : {};
  } catch {
    return {};
  }
}

/** The commit of this checkout and the Node that runs it. */
export function agentVersion(): string {
  const git = (...args: string[]) => told('git', '-C', checkout, ...args);
  try {
    const changed = git('status', '--porcelain', '--', 'src', 'bin', 'proto') === '' ? '' : ' with changes';
    return `node-agent of ${git('rev-parse', '--short', 'HEAD')}${changed}, Node ${process.version}`;
  } catch {
    return `node-agent of an unknown commit, Node ${process.version}`;
  }
}
