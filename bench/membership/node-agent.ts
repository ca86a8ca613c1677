// ClusterOS's own agent as a contender: started by the launcher of the checkout that this file is in, understood by its
// log alone. Never by its code.
import { clusterctlProgram } from '../../test/lab/agent-host.ts';
import { adminSocketOf, agentArgv, agentVersion, fieldsOf, prepareAgents } from '../testbed/agent-process.ts';
import type { Contender, Sighting, SightingKind } from './contender.ts';

const kinds: Readonly<Record<string, SightingKind>> = {
  'agent.started': 'listening',
  'member.alive': 'alive',
  'member.suspected': 'suspected',
  'member.degraded': 'degraded',
  'member.failed': 'failed',
  'member.left': 'left',
  'member.refuted': 'refuted',
};

export const nodeAgent: Contender = {
  name: 'node-agent',
  prepare: prepareAgents,
  argv: agentArgv,
  sighting(line) {
    const { event, member, epoch } = fieldsOf(line);
    const kind = kinds[String(event)];
    if (kind === undefined) return undefined;
    const sighting: Sighting = { kind, member: kind === 'listening' ? '' : String(member ?? '') };
    return typeof epoch === 'number' ? { ...sighting, epoch } : sighting;
  },
  tableArgv: seat => [
    ...[clusterctlProgram, '--endpoint', `unix:${adminSocketOf(seat)}`],
    ...['members', '-o', 'json'],
  ],
  presentIn(table) {
    const members = JSON.parse(table) as { readonly name: string; readonly state: string }[];
    const isPresent = ({ state }: { readonly state: string }) => !['failed', 'dead', 'left'].includes(state);
    return members.filter(isPresent).map(({ name }) => name);
  },
  version: agentVersion,
};
