// ClusterOS's own agent as a contender: started by the launcher of the checkout that this file is in, understood by its
// log alone. Never by its code.
import { execFileSync } from 'node:child_process';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { clusterctlProgram, newClusterKey, nodeAgent as program } from '../../test/lab/agent-host.ts';
import type { Contender, Seat, Sighting, SightingKind } from './contender.ts';
import { commandTimeoutMs } from './limits.ts';

const port = 7443;
const checkout = fileURLToPath(new URL('../../', import.meta.url));

const kinds: Readonly<Record<string, SightingKind>> = {
  'agent.started': 'listening',
  'member.alive': 'alive',
  'member.suspected': 'suspected',
  'member.degraded': 'degraded',
  'member.failed': 'failed',
  'member.left': 'left',
  'member.refuted': 'refuted',
};

/** Nothing but membership and election: no daemons, no tailscaled. */
const settings: Readonly<Record<string, string>> = {
  'integrations.slurm.enabled': 'false',
  'integrations.tailscale.enabled': 'false',
};

export const nodeAgent: Contender = {
  name: 'node-agent',
  prepare(shared) {
    writeFileSync(join(shared, 'cluster.key'), newClusterKey(), { mode: 0o600 });
    writeFileSync(join(shared, 'node.yaml'), '');
  },
  argv(seat, seeds) {
    const values = { ...settings, 'admin.socket': socketOf(seat) };
    return [
      ...[program, 'start', '--foreground', '--config', join(seat.shared, 'node.yaml')],
      ...['--name', seat.name, '--bind', `${seat.ip}:${port}`],
      ...['--cluster-key', join(seat.shared, 'cluster.key'), '--data-dir', join(seat.folder, 'data')],
      ...seeds.flatMap(seed => ['--peer', `${seed}:${port}`]),
      ...Object.entries(values).flatMap(([name, value]) => ['--set', `${name}=${value}`]),
    ];
  },
  sighting(line) {
    const { event, member, epoch } = fieldsOf(line);
    const kind = kinds[String(event)];
    if (kind === undefined) return undefined;
    const sighting: Sighting = { kind, member: kind === 'listening' ? '' : String(member ?? '') };
    return typeof epoch === 'number' ? { ...sighting, epoch } : sighting;
  },
  tableArgv: seat => [
    ...[clusterctlProgram, '--endpoint', `unix:${socketOf(seat)}`],
    ...['members', '-o', 'json'],
  ],
  presentIn(table) {
    const members = JSON.parse(table) as { readonly name: string; readonly state: string }[];
    const isPresent = ({ state }: { readonly state: string }) => !['failed', 'dead', 'left'].includes(state);
    return members.filter(isPresent).map(({ name }) => name);
  },
  version() {
    const git = (...args: string[]) =>
      execFileSync('git', ['-C', checkout, ...args], { encoding: 'utf8', timeout: commandTimeoutMs }).trim();
    try {
      const changed = git('status', '--porcelain', '--', 'src', 'bin', 'proto') === '' ? '' : ' with changes';
      return `node-agent of ${git('rev-parse', '--short', 'HEAD')}${changed}, Node ${process.version}`;
    } catch {
      return `node-agent of an unknown commit, Node ${process.version}`;
    }
  },
};

function socketOf({ folder }: Seat): string {
  return join(folder, 'agent.sock');
}

function fieldsOf(line: string): Readonly<Record<string, unknown>> {
  try {
    const value: unknown = JSON.parse(line);
    return typeof value === 'object' && value !== null ? (value as Record<string, unknown>) : {};
  } catch {
    return {};
  }
}
