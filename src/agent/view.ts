// The one read model: what membership sees and what was decided, joined. Pure; built anew after each change.
import { createHash } from 'node:crypto';
import type { ClusterState } from '../election/cluster-state.ts';
import { type Configuration, isVoter } from '../election/quorum.ts';
import type { ClusterView, TenureView, ViewNode } from '../integrations/cluster-view.ts';
import type { MemberRecord } from '../membership/member.ts';

/** HOST:PORT of an IP address, as `hostOf` and `portOf` read it. */
export function addressOf(ip: string, port: number): string {
  return ip.includes(':') ? `[${ip}]:${port}` : `${ip}:${port}`;
}

/** The host part of HOST:PORT, without the brackets of an IPv6 address. */
export function hostOf(address: string): string {
  return address.slice(0, address.lastIndexOf(':')).replace(/^\[|\]$/g, '');
}

/** The port of HOST:PORT. */
export function portOf(address: string): number {
  return Number(address.slice(address.lastIndexOf(':') + 1));
}

export type MemberRole = 'leader' | 'voter' | 'learner' | 'observer';

/** The part a member plays in decisions. */
export function roleOf(id: string, leader: string, configuration: Configuration): MemberRole {
  if (id === leader) return 'leader';
  if (isVoter(configuration, id)) return 'voter';
  return configuration.learners.includes(id) ? 'learner' : 'observer';
}

function standingOf(id: string, configuration: Configuration): ViewNode['standing'] {
  const role = roleOf(id, '', configuration);
  return role === 'leader' ? 'voter' : role;
}

/** The name a member goes by: the decided one, else its own word, else its id. */
export function nameOf(id: string, state: ClusterState, record: MemberRecord | undefined): string {
  return state.nodes[id]?.name ?? record?.name ?? id;
}

/** Of a secret as it is sealed now: 8 hex digits of its SHA-256; empty when there is none of that name. */
export function secretIdOf({ secrets }: ClusterState, name: string): string {
  const sealed = secrets[name];
  return sealed === undefined ? '' : createHash('sha256').update(sealed).digest('hex').slice(0, 8);
}

/** What integrations get. `openSecret` is given the ciphertext. */
export function clusterViewFrom(
  self: MemberRecord,
  records: readonly MemberRecord[],
  {
    state,
    configuration,
    tenure,
    wallMs,
  }: {
    readonly state: ClusterState;
    readonly configuration: Configuration;
    readonly tenure: TenureView;
    readonly wallMs: number;
  },
  openSecret: (sealed: string) => Uint8Array | undefined,
): ClusterView {
  const known = new Map(records.map(record => [record.id, record]));
  const nodes = Object.values(state.nodes)
    .map((node): ViewNode => {
      const record = known.get(node.id);
      const drain = state.drains[node.id];
      return {
        id: node.id,
        name: node.name,
        ip: record ? hostOf(record.address) : '',
        address: record?.address ?? '',
        standing: standingOf(node.id, configuration),
        state: record?.state ?? 'dead',
        capabilities: record?.capabilities ?? [],
        tags: record?.tags ?? {},
        reports: record?.services ?? [],
        ...(drain ? { drain } : {}),
      };
    })
    .sort((a, b) => (a.id < b.id ? -1 : 1));
  return {
    clusterId: state.clusterId,
    formerClusters: state.recoveries.map(({ formerId }) => formerId),
    forgotten: state.forgotten ?? {},
    clusterName: state.clusterName,
    level: state.level,
    self: { id: self.id, name: nameOf(self.id, state, self), ip: hostOf(self.address) },
    nodes,
    grants: state.grants,
    settings: state.settings,
    wallMs,
    operations: state.operations,
    secretNames: Object.keys(state.secrets).sort(),
    tenure,
    secret: name => {
      const sealed = state.secrets[name];
      return sealed === undefined ? undefined : openSecret(sealed);
    },
    secretId: name => secretIdOf(state, name),
  };
}
