// Every time and size of the double, with its unit and its reason. k3s' own values are named: most are shortened, so that a
// lab with five servers tells in seconds what a cluster tells in minutes. A test may set each in the control file.

/** The times that decide what a test sees, in milliseconds. */
export interface Tuning {
  /** k3s: 15 000, the tick of its manageLearners: how long a joined server is a learner. */
  readonly learnerTickMs: number;
  /** k3s: 300 000: a learner without progress is dropped. */
  readonly learnerStallMs: number;
  /** k3s: 500. */
  readonly heartbeatMs: number;
  /** k3s: 5000; an election starts after one to two of these. Also how long a leader counts a silent member as reachable. */
  readonly electionMs: number;
  /** etcd: 5 s and two elections: until "etcdserver: request timed out". */
  readonly requestTimeoutMs: number;
  /** kubelet: 10 000: between two renewals of a node's lease, and two looks at its own Node. */
  readonly leaseMs: number;
  /** kube-controller-manager: 50 000: silence after which a node is Unknown. */
  readonly nodeGraceMs: number;
  /** k3s: 2000: an agent asks a server again that it could not reach or believe. */
  readonly connectRetryMs: number;
  /** k3s: 5000 and up to as much again: an agent asks for its configuration again. */
  readonly configRetryMs: number;
  /** k3s: 5000: a server tests its etcd again. */
  readonly etcdTestMs: number;
  /** The passes of the controllers on the leader; nodes, pods, members, tokens. */
  readonly controllerMs: number;
  /** kubelet: 30 000 by default, what the pod asks for: a pod that was told to end is gone. */
  readonly podGraceMs: number;
  /** kubectl: 5000: a drain tries an eviction again that a budget forbade. */
  readonly evictionRetryMs: number;
}

export const defaultTuning: Tuning = {
  learnerTickMs: 1_500,
  learnerStallMs: 60_000,
  heartbeatMs: 500,
  electionMs: 2_000,
  requestTimeoutMs: 4_000,
  leaseMs: 2_000,
  nodeGraceMs: 8_000,
  connectRetryMs: 1_000,
  configRetryMs: 1_000,
  etcdTestMs: 1_000,
  controllerMs: 1_000,
  podGraceMs: 500,
  evictionRetryMs: 1_000,
};

/** Those of k3s itself, for a test that is about them. */
export const realTuning: Tuning = {
  learnerTickMs: 15_000,
  learnerStallMs: 300_000,
  heartbeatMs: 500,
  electionMs: 5_000,
  requestTimeoutMs: 15_000,
  leaseMs: 10_000,
  nodeGraceMs: 50_000,
  connectRetryMs: 2_000,
  configRetryMs: 5_000,
  etcdTestMs: 5_000,
  controllerMs: 5_000,
  podGraceMs: 30_000,
  evictionRetryMs: 5_000,
};

/** Between two looks at the control file for what is to be done by itself while the double runs. */
export const controlPollMs = 500;
/** From a change of a node or a pod to the pass over all: several changes at once are one pass. */
export const reactionMs = 50;
/** One request of k3s to a supervisor (clientaccess). */
export const supervisorTimeoutMs = 10_000;
/** One message between members: above a round trip on a bad day, below an election. */
export const peerTimeoutMs = 1_500;
/** Between two looks of an agent whether its server still answers (k3s: one second). */
export const balancerCheckMs = 1_000;
/** Entries in one message between members: a few hundred objects of Kubernetes stay below a megabyte. */
export const entriesPerMessageMax = 200;
/** Entries that a member keeps in its log before it writes its state instead: leases alone write one in two seconds per node. */
export const logEntriesMax = 1_000;
/** Events that a server keeps for watchers that come back; older ones are told "too old resource version". */
export const watchEventsMax = 1_000;
/** Bytes of a request body, the limit of etcd for one. */
export const bodyBytesMax = 1_572_864;
/** Requests of agents that a supervisor serves at once: reads, and others (k3s pkg/server/handlers/router.go). */
export const agentReadsMax = 20;
export const agentWritesMax = 10;
/** Learners that etcd has at most (`max-learners`). */
export const learnersMax = 1;
/** Databases of removed members that are kept aside (k3s maxBackupRetention). */
export const databaseBackupsMax = 5;
/** Days that leaf certificates live, and before whose end a start renews them. */
export const certificateDays = 365;
export const certificateRenewDays = 120;
/** Days that authorities live (k3s: ten years). */
export const authorityDays = 3_650;
/** A bootstrap token without a time of its own (k3s: one day). */
export const tokenTtlMs = 86_400_000;
/** Snapshots that are kept (k3s defaultSnapshotRentention). */
export const snapshotsKept = 5;
