// What k3s and its parts are called: here, in the log and on the disk (facts: k3s, A3).
import type { SecretKey } from '../reconciler.ts';

export const service = 'k3s';

/** The steps of a join, as operations show them. */
export const serverParts = ['admission', 'configure', 'start', 'answering', 'ready'];
export const agentParts = ['admission', 'configure', 'start', 'ready'];
/** Of the one who sees to the cluster itself; its role is there once its own server is. */
export const keeperParts = ['answering'];
/** The steps of a leave. */
export const leaveParts = ['drain', 'forget', 'stop'];
/** The steps of a recovery. */
export const recoverParts = ['check', 'fence', 'reset'];

export const roles = { keeper: 'keeper', server: 'server', agent: 'agent' } as const;

/** The token that servers join with; whoever has it is an administrator of the cluster (docs.k3s.io, cli/token). */
export const serverToken: SecretKey = { name: 'k3s/server.token', bytes: 32 };
/** That agents could join with. None is ever given it, but unset it would be the servers' own. */
export const agentToken: SecretKey = { name: 'k3s/agent.token', bytes: 32 };
/** Hash of the certificate authority, once a first server has made it: 64 hex digits. Nobody founds a cluster once it is there. */
export const caSecret = 'k3s/ca';

export const ports = { api: 6443 } as const;

const data = '/var/lib/rancher/k3s';
const etc = '/etc/rancher/k3s';

export const folders = {
  etc,
  drop: `${etc}/config.yaml.d`,
  data,
  database: `${data}/server/db`,
  members: `${data}/server/db/etcd/member`,
  images: `${data}/agent/images`,
} as const;

export const files = {
  /** Ours; an operator's own are read after it, such as 90-site.yaml. */
  config: `${folders.drop}/10-clusteros.yaml`,
  serverToken: `${etc}/clusteros-server.token`,
  agentToken: `${etc}/clusteros-agent.token`,
  /** Of one agent, for minutes. */
  joinToken: `${etc}/clusteros-join.token`,
  kubeconfig: `${etc}/k3s.yaml`,
  tombstone: `${data}/server/db/etcd/tombstone`,
  authority: `${data}/server/tls/server-ca.crt`,
  /** An agent has it once a server has let it in. */
  kubeletCertificate: `${data}/agent/client-kubelet.crt`,
  nodePassword: '/etc/rancher/node/password',
} as const;

/** Label of a Node: id of the member that it is. */
export const memberLabel = 'clusteros.io/member';
/** Prefix of labels that stand for a member's tags. */
export const tagPrefix = 'tag.clusteros.io/';
/** Annotation of a Node that we keep work from: why. */
export const drainAnnotation = 'clusteros.io/drain';
/** Annotation of a Node: the taints that we have put there, as JSON. */
export const taintsAnnotation = 'clusteros.io/taints';
/** Annotations by which k3s takes a server out of etcd (k3s, pkg/etcd/member_controller.go). */
export const etcdAnnotations = {
  name: 'etcd.k3s.cattle.io/node-name',
  remove: 'etcd.k3s.cattle.io/remove',
  removed: 'etcd.k3s.cattle.io/removed-node-name',
} as const;
