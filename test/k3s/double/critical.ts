// The settings that all servers of a cluster must share (k3s' CriticalControlArgs), as a server tells them to who joins.
import type { Settings } from './settings.ts';

/** By the name of the field in /v1-k3s/config: the flag that k3s names when it differs, and its value here. */
const fields: Readonly<Record<string, readonly [flag: string, value: (settings: Settings) => unknown]>> = {
  ClusterDNSs: ['cluster-dns', settings => listOr(settings, 'cluster-dns', '10.43.0.10')],
  ClusterIPRanges: ['cluster-cidr', settings => listOr(settings, 'cluster-cidr', '10.42.0.0/16')],
  ClusterDomain: ['cluster-domain', settings => settings.text('cluster-domain') ?? 'cluster.local'],
  DisableCCM: ['disable-cloud-controller', settings => settings.isOn('disable-cloud-controller')],
  DisableHelmController: ['disable-helm-controller', settings => settings.isOn('disable-helm-controller')],
  DisableNPC: ['disable-network-policy', settings => settings.isOn('disable-network-policy')],
  DisableServiceLB: ['disable-service-lb', settings => settings.list('disable').includes('servicelb')],
  EncryptSecrets: ['secrets-encryption', settings => settings.isOn('secrets-encryption')],
  EncryptProvider: [
    'secrets-encryption-provider',
    settings => settings.text('secrets-encryption-provider') ?? 'aescbc',
  ],
  EmbeddedRegistry: ['embedded-registry', settings => settings.isOn('embedded-registry')],
  FlannelBackend: ['flannel-backend', settings => settings.text('flannel-backend') ?? 'vxlan'],
  FlannelIPv6Masq: ['flannel-ipv6-masq', settings => settings.isOn('flannel-ipv6-masq')],
  FlannelExternalIP: ['flannel-external-ip', settings => settings.isOn('flannel-external-ip')],
  EgressSelectorMode: ['egress-selector-mode', settings => settings.text('egress-selector-mode') ?? 'agent'],
  ServiceIPRanges: ['service-cidr', settings => listOr(settings, 'service-cidr', '10.43.0.0/16')],
  SupervisorMetrics: ['supervisor-metrics', settings => settings.isOn('supervisor-metrics')],
};

function listOr(settings: Settings, flag: string, fallback: string): readonly string[] {
  const said = settings.list(flag);
  return said.length === 0 ? [fallback] : said;
}

export function criticalSettings(settings: Settings): Record<string, unknown> {
  return Object.fromEntries(Object.entries(fields).map(([name, [, value]]) => [name, value(settings)]));
}

/** The flags in which two servers differ. */
export function differences(
  one: Readonly<Record<string, unknown>>,
  other: Readonly<Record<string, unknown>>,
): string[] {
  return Object.entries(fields)
    .filter(([name]) => JSON.stringify(one[name]) !== JSON.stringify(other[name]))
    .map(([, [flag]]) => flag);
}
