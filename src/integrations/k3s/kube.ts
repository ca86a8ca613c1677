// What is asked of the Kubernetes API, as far as ClusterOS needs it: nodes, their pods, and the members of etcd. The real one is
// kube-client.ts; types only.

export interface KubeTaint {
  readonly key: string;
  readonly value: string;
  readonly effect: string;
}

export interface KubeNode {
  readonly name: string;
  readonly labels: Readonly<Record<string, string>>;
  readonly annotations: Readonly<Record<string, string>>;
  readonly taints: readonly KubeTaint[];
  readonly unschedulable: boolean;
  /** Its condition Ready. */
  readonly ready: boolean;
  /** Why it is not, in Kubernetes' words; empty when it is. */
  readonly why: string;
  /** Since its kubelet last renewed its lease; undefined when there is no lease. Wall clocks of two machines: seconds count, not milliseconds. */
  readonly leaseAgeMs: number | undefined;
  /** `v1.34.9+k3s1`. */
  readonly version: string;
  readonly addresses: readonly string[];
}

export interface KubePod {
  readonly namespace: string;
  readonly name: string;
  readonly uid: string;
  /**
   * `movable`: something makes another one elsewhere; `bare`: nothing does; `bound`: it belongs to the node (a daemon, or a static pod);
   * `ended`: it does not run any more.
   */
  readonly kind: 'movable' | 'bare' | 'bound' | 'ended';
  /** It was asked to end already. */
  readonly leaving: boolean;
}

/** What an operator of a Node would do to it; what is not there stays as it is. */
export interface NodeChange {
  readonly unschedulable?: boolean;
  /** Null takes one away. */
  readonly labels?: Readonly<Record<string, string | null>>;
  readonly annotations?: Readonly<Record<string, string | null>>;
  /** All of them. */
  readonly taints?: readonly KubeTaint[];
}

/** A member of etcd, as etcd itself has it. */
export interface EtcdMember {
  /** An unsigned number of 64 bits in decimal, as its gateway writes it: a JavaScript number would lose digits. */
  readonly id: string;
  /** `<node>-<8 hex digits>`; empty until it has started for the first time. */
  readonly name: string;
  /** It has no vote yet. */
  readonly isLearner: boolean;
}

/** A door to one cluster. All reject with a ServiceError: `api-unreachable` (passing) or `api-refused`. */
export interface Kube {
  /** Empty when the API says that it is ready; else which of its checks fail. */
  readyz(): Promise<string>;
  nodes(): Promise<readonly KubeNode[]>;
  node(name: string): Promise<KubeNode | undefined>;
  podsOn(node: string): Promise<readonly KubePod[]>;
  /** False when a disruption budget forbids it now. One that is gone already is evicted. */
  evict(pod: KubePod): Promise<boolean>;
  /** Without asking a disruption budget. */
  deletePod(pod: KubePod): Promise<void>;
  changeNode(name: string, change: NodeChange): Promise<void>;
  /** One that is not there is no error. */
  deleteNode(name: string): Promise<void>;
  /** What k3s remembers to know a machine again by, once its Node is gone. One that is not there is no error. */
  deleteNodePassword(node: string): Promise<void>;
  /** As a majority has them. */
  etcdMembers(): Promise<readonly EtcdMember[]>;
  /**
   * Takes one out of etcd by its id. One that is not there is no error. etcd refuses one without which too few of the voters have ever
   * started (`api-refused`), or are connected (`api-unreachable`: that may pass).
   */
  removeEtcdMember(id: string): Promise<void>;
}

/** Opens a door by what this machine's server has for its administrator. */
export type OpenKube = () => Promise<Kube>;
