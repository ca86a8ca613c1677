// What k3s is told on one machine: 10-clusteros.yaml, rendered whole. Keys that all servers must have alike come from the one spec
// that was decided (docs.k3s.io, cli/server); an operator's own files in the same folder come after it. Pure.
import { stringify } from 'yaml';
import type { ViewNode } from '../cluster-view.ts';
import { files, memberLabel, ports, tagPrefix } from './names.ts';
import type { K3sSettings, TaintRule } from './settings.ts';

export const configMark =
  '# Written by ClusterOS; changes are lost. Put yours into a file such as 90-site.yaml beside it.\n';

export interface OwnPlace {
  readonly member: ViewNode;
  readonly name: string;
  /** As the other machines reach it. */
  readonly ip: string;
  /** The interface that has it. */
  readonly device: string;
}

/** @param joins URL of a server that is there, or `found` for the first one. */
export function serverConfig(place: OwnPlace, settings: K3sSettings, joins: string): string {
  const { ip, name } = place;
  return textOf({
    ...(joins === 'found' ? { 'cluster-init': true } : { server: joins }),
    'token-file': files.serverToken,
    'agent-token-file': files.agentToken,
    ...common(place, settings),
    'advertise-address': ip,
    'tls-san': [...new Set([ip, name, ...settings.tlsSans])],
    'cluster-cidr': settings.clusterCidr,
    'service-cidr': settings.serviceCidr,
    'cluster-dns': settings.clusterDns,
    'cluster-domain': settings.clusterDomain,
    'flannel-backend': settings.flannelBackend,
    disable: settings.disable,
    'secrets-encryption': settings.secretsEncryption,
    'embedded-registry': settings.embeddedRegistry,
    'write-kubeconfig-mode': '0600',
    'etcd-snapshot-schedule-cron': settings.snapshots.schedule,
    'etcd-snapshot-retention': settings.snapshots.keep,
  });
}

export function agentConfig(place: OwnPlace, settings: K3sSettings, server: string): string {
  return textOf({ server, 'token-file': files.joinToken, ...common(place, settings) });
}

function common({ member, name, ip, device }: OwnPlace, settings: K3sSettings): Record<string, unknown> {
  const taints = taintsOf(member, settings.taints).map(
    ({ key, value, effect }) => `${key}=${value}:${effect}`,
  );
  return {
    'node-name': name,
    'node-ip': ip,
    'flannel-iface': device,
    // They count at the first registration only; the keeper sees to them after that.
    'node-label': Object.entries(labelsOf(member)).map(([key, value]) => `${key}=${value}`),
    ...(taints.length === 0 ? {} : { 'node-taint': taints }),
  };
}

function textOf(values: Record<string, unknown>): string {
  return configMark + stringify(values);
}

/** Keys that count once: where it joined, and what its node was registered with, which the keeper sees to after that. */
const onceOnly = /^(server|cluster-init|node-label|node-taint):/;

/** Of the API of a server, as a member reaches it. */
export function urlOf(ip: string): string {
  return `https://${ip.includes(':') ? `[${ip}]` : ip}:${ports.api}`;
}

/** What two texts must have alike so that k3s need not be started again. */
export function essenceOf(text: string): string {
  let isOnceOnly = false;
  return text
    .split('\n')
    .filter(line => {
      // A list has its entries on lines of their own, which begin with a space.
      if (!line.startsWith(' ')) isOnceOnly = onceOnly.test(line);
      return !isOnceOnly;
    })
    .join('\n');
}

/** Labels of the Node of a member: whose it is, what it is, and its tags. Texts that a label cannot hold are left out (RFC 1123 names). */
export function labelsOf({
  id,
  capabilities,
  tags,
}: Pick<ViewNode, 'id' | 'capabilities' | 'tags'>): Record<string, string> {
  const gpus = capabilities.filter(each => each.startsWith('gpu=')).map(each => each.slice(4));
  const vendors = [...new Set(gpus.map(each => each.split(':')[0] ?? ''))].filter(each => each !== '');
  const count = capabilities.find(each => each.startsWith('gpus='))?.slice(5);
  const labels: [string, string][] = [
    [memberLabel, id],
    ...(tags.site === undefined ? [] : [['topology.kubernetes.io/zone', tags.site] as [string, string]]),
    ...(count === undefined ? [] : [['clusteros.io/gpus', count] as [string, string]]),
    ...vendors.map((vendor): [string, string] => [`clusteros.io/gpu-${vendor.toLowerCase()}`, 'true']),
    ...Object.entries(tags).map(([key, value]): [string, string] => [`${tagPrefix}${key}`, value]),
  ];
  return Object.fromEntries(labels.filter(([key, value]) => isLabelKey(key) && isLabelValue(value)));
}

const isLabelValue = (text: string) => /^([A-Za-z0-9]([A-Za-z0-9._-]{0,61}[A-Za-z0-9])?)?$/.test(text);
const isLabelKey = (text: string) => isLabelValue(text.slice(text.indexOf('/') + 1)) && !text.endsWith('/');

/** Those of the rules that are for a member. */
export function taintsOf(
  { tags }: Pick<ViewNode, 'tags'>,
  rules: readonly TaintRule[],
): readonly TaintRule[] {
  return rules.filter(rule => Object.entries(rule.tags).every(([key, value]) => tags[key] === value));
}
