// The flags of `k3s server` and `k3s agent`, which are also the keys of config.yaml. Names only: k3s refuses a flag that it
// does not know, and skips such a key with a warning, so a renderer's slip shows here as it would there.

export type FlagKind = 'text' | 'list' | 'switch';

const shared = {
  text:
    'config v vmodule log token token-file server data-dir node-name image-credential-provider-bin-dir ' +
    'image-credential-provider-config lb-server-port container-runtime-endpoint default-runtime image-service-endpoint ' +
    'pause-image snapshotter private-registry bind-address resolv-conf flannel-iface flannel-conf flannel-cni-conf ' +
    'vpn-auth vpn-auth-file cluster-secret',
  list:
    'node-label node-taint airgap-extra-registry node-ip node-external-ip node-internal-dns node-external-dns ' +
    'kubelet-arg kube-proxy-arg',
  switch:
    'debug alsologtostderr with-node-id selinux protect-kernel-defaults disable-default-registry-endpoint ' +
    'nonroot-devices enable-pprof rootless prefer-bundled-bin docker disable-selinux',
};

const server = {
  text:
    'https-listen-port supervisor-port apiserver-port apiserver-bind-address advertise-address advertise-port ' +
    'service-node-port-range cluster-domain flannel-backend egress-selector-mode servicelb-namespace write-kubeconfig ' +
    'write-kubeconfig-mode write-kubeconfig-group helm-job-image datastore-endpoint datastore-cafile datastore-certfile ' +
    'datastore-keyfile etcd-snapshot-name etcd-snapshot-schedule-cron etcd-snapshot-reconcile-interval ' +
    'etcd-snapshot-retention etcd-snapshot-dir etcd-s3-endpoint etcd-s3-endpoint-ca etcd-s3-access-key ' +
    'etcd-s3-secret-key etcd-s3-session-token etcd-s3-bucket etcd-s3-bucket-lookup-type etcd-s3-region etcd-s3-folder ' +
    'etcd-s3-proxy etcd-s3-config-secret etcd-s3-retention etcd-s3-timeout default-local-storage-path ' +
    'system-default-registry agent-token agent-token-file cluster-reset-restore-path secrets-encryption-provider',
  list:
    'tls-san cluster-cidr service-cidr cluster-dns kube-apiserver-arg etcd-arg kube-controller-manager-arg ' +
    'kube-scheduler-arg kube-cloud-controller-manager-arg disable no-deploy',
  switch:
    'tls-san-security flannel-ipv6-masq flannel-external-ip multi-cluster-cidr kine-tls etcd-expose-metrics ' +
    'etcd-disable-snapshots etcd-snapshot-compress etcd-s3 etcd-s3-skip-ssl-verify etcd-s3-insecure disable-scheduler ' +
    'disable-cloud-controller disable-kube-proxy disable-network-policy disable-helm-controller disable-apiserver ' +
    'disable-controller-manager disable-etcd embedded-registry supervisor-metrics cluster-init cluster-reset ' +
    'secrets-encryption disable-agent',
};

const agent = { text: '', list: '', switch: 'disable-apiserver-lb' };

export const aliases: Readonly<Record<string, string>> = {
  c: 'config',
  d: 'data-dir',
  i: 'node-ip',
  l: 'log',
  o: 'write-kubeconfig',
  s: 'server',
  t: 'token',
};

/** The environment behind a flag that neither the command line nor a file sets. */
export const environmentOf: Readonly<Record<string, string>> = {
  token: 'K3S_TOKEN',
  'token-file': 'K3S_TOKEN_FILE',
  server: 'K3S_URL',
  'data-dir': 'K3S_DATA_DIR',
  'node-name': 'K3S_NODE_NAME',
  'agent-token': 'K3S_AGENT_TOKEN',
  'agent-token-file': 'K3S_AGENT_TOKEN_FILE',
  'cluster-init': 'K3S_CLUSTER_INIT',
  'cluster-reset': 'K3S_CLUSTER_RESET',
  'lb-server-port': 'K3S_LB_SERVER_PORT',
  'resolv-conf': 'K3S_RESOLV_CONF',
  'system-default-registry': 'K3S_SYSTEM_DEFAULT_REGISTRY',
  'write-kubeconfig': 'K3S_KUBECONFIG_OUTPUT',
  'write-kubeconfig-mode': 'K3S_KUBECONFIG_MODE',
  'vpn-auth': 'K3S_VPN_AUTH',
};

/** Switches that are on when nobody says otherwise. */
export const onByDefault: ReadonlySet<string> = new Set(['tls-san-security']);

function table(...sets: readonly (typeof shared)[]): ReadonlyMap<string, FlagKind> {
  const flags = new Map<string, FlagKind>();
  for (const set of sets)
    for (const kind of ['text', 'list', 'switch'] as const)
      for (const name of set[kind].split(' ').filter(Boolean)) flags.set(name, kind);
  return flags;
}

export const flagsOf: Readonly<Record<'server' | 'agent', ReadonlyMap<string, FlagKind>>> = {
  server: table(shared, server),
  agent: table(shared, agent),
};
