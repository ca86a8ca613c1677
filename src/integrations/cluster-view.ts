// What an integration is told about the cluster, and what it may ask for. Types only.
// The agent builds a view after every change; an integration never reaches back into the agent.

/** Life of a member as this agent's membership sees it. */
export type MemberState = 'alive' | 'suspect' | 'degraded' | 'dead' | 'left';

/** How one role of a service fares on one node, in that node's own words; gossiped in its record. */
export interface ServiceReport {
  readonly service: string;
  readonly role: string;
  /** Fencing token (log index of the grant) this report is about. */
  readonly token: number;
  /**
   * `draining`: as an operator asked, it takes no new work, and some still runs; `drained`: none does. `released`: the role was given
   * away by the grant `token`, and nothing of it goes on here. `absent`: what the role needs is not installed, and that is no fault; there is
   * no grant, and `token` is 0.
   */
  readonly state: 'starting' | 'ready' | 'draining' | 'drained' | 'failing' | 'released' | 'absent';
  /** The step under way or failed; empty when ready. */
  readonly step: string;
  /** Reason code such as `slurmctld-missing`; of a role that is ready, of what does harm all the same. Else empty. */
  readonly reason: string;
  /** One line for people that names the thing and the mend; empty when there is nothing to say. */
  readonly detail: string;
  /** Of the service's key that is in use, which the log holds sealed: it tells two keys apart, and nothing of either. */
  readonly keyId?: string;
  /** Version of the settings (`ClusterView.settings`) that are in use; 0 for the defaults. */
  readonly settingsVersion?: number;
  /** What the node has found out that the leader may have to decide by, for programs: `ca=...`. */
  readonly evidence?: readonly string[];
}

/** An admitted node, joined with what membership knows of it. */
export interface ViewNode {
  readonly id: string;
  readonly name: string;
  /** IP address without port, as peers reach it. */
  readonly ip: string;
  /** HOST:PORT of its agent; empty while membership has never heard of it. */
  readonly address: string;
  /** Its part in decisions; only voters and learners hear from the leader itself, and can hold a role alone. */
  readonly standing: 'voter' | 'learner' | 'observer';
  readonly state: MemberState;
  /** What the node found on its own machine, e.g. `slurm-controller`, `slurm-worker`, `cores=8`, `memory-mib=7950`. */
  readonly capabilities: readonly string[];
  /** An operator's labels for it. */
  readonly tags: Readonly<Record<string, string>>;
  readonly reports: readonly ServiceReport[];
  /** An operator wants no new work there, and what runs moved elsewhere from `requeueAtMs` on (wall clock; 0: never). */
  readonly drain?: { readonly reason: string; readonly requeueAtMs: number };
}

/** A committed decision that a node plays a role in a service. */
export interface Grant {
  readonly service: string;
  readonly role: string;
  readonly node: string;
  /** Fencing token: log index of the grant. A larger token replaces a smaller one. */
  readonly token: number;
  /** Only one node has this role at a time. */
  readonly sole?: true;
  /** Who had it before, and by which grant; absent when nobody had. */
  readonly former?: { readonly node: string; readonly token: number };
}

/** How long this node may act in roles that it holds alone. Live: asked again right before and after each effect. */
export interface TenureView {
  /** Milliseconds left; 0 when it may not act. */
  leftMs(): number;
  /** Whether the grant with this token stands, by all that this node knows now: a view may be older than that. */
  stands(token: number): boolean;
  /** Milliseconds since this process learnt of the grant with this token. */
  knownForMs(token: number): number;
  /** True once the former holder has said that nothing of the role goes on there. */
  hasReleased(grant: Grant): boolean;
}

/** A committed, resumable record of something the leader drives on one node. */
export interface OperationView {
  /** Log index of the entry that opened it. */
  readonly id: number;
  readonly kind: 'join' | 'leave' | 'recover';
  readonly service: string;
  readonly role: string;
  readonly node: string;
  readonly token: number;
  /** What it is done with, such as the name of a snapshot. */
  readonly argument?: string;
  readonly steps: readonly {
    readonly name: string;
    readonly state: 'pending' | 'running' | 'done' | 'failed';
    readonly detail: string;
  }[];
  readonly outcome: 'running' | 'done' | 'failed';
  readonly reason: string;
}

/** The one read model an integration gets. Committed parts are equal on every node at the same log index. */
export interface ClusterView {
  readonly clusterId: string;
  /** Ids of the clusters that this one was recovered from: what a machine has of those is of this one. */
  readonly formerClusters: readonly string[];
  /** By service: log index by which an operator has given up all that it had before; none for others. */
  readonly forgotten: Readonly<Record<string, number>>;
  readonly clusterName: string;
  /** What every member's program knows how to decide (election, `levelOf`). */
  readonly level: number;
  readonly self: { readonly id: string; readonly name: string; readonly ip: string };
  /** Admitted nodes, sorted by id. */
  readonly nodes: readonly ViewNode[];
  readonly grants: readonly Grant[];
  /** By service, what an operator has decided for it, and by which entry of the log; none while defaults hold. */
  readonly settings: Readonly<Record<string, { readonly version: number; readonly settings: unknown }>>;
  /** Wall clock of this node. */
  readonly wallMs: number;
  readonly operations: readonly OperationView[];
  /** Names of the sealed secrets that the log holds. */
  readonly secretNames: readonly string[];
  readonly tenure: TenureView;
  /** Opens a sealed secret of the log; undefined when there is none of that name. */
  readonly secret: (name: string) => Uint8Array | undefined;
  /** Tells one secret of that name from the one that replaces it; empty when there is none. Public. */
  readonly secretId: (name: string) => string;
}

/** What a leader's integration asks to have decided; the agent turns each into one log entry. */
export type Decision =
  /** Make `bytes` random bytes, seal them, and keep them in the log under `name` (once; a second is refused). */
  | { readonly kind: 'secret'; readonly name: string; readonly bytes: number }
  /** The same with a text that was found out, such as the hash of a certificate. */
  | { readonly kind: 'keep'; readonly name: string; readonly text: string }
  | { readonly kind: 'grant'; readonly service: string; readonly role: string; readonly node: string }
  /** Takes it away again; only when the grant is still `token`. */
  | {
      readonly kind: 'revoke';
      readonly service: string;
      readonly role: string;
      readonly node: string;
      readonly token: number;
    }
  /** Gives a role that only one node may have to another; `from` is the token of its last grant, 0 for none. */
  | {
      readonly kind: 'move';
      readonly service: string;
      readonly role: string;
      readonly node: string;
      readonly from: number;
    }
  | {
      readonly kind: 'open-operation';
      readonly operation: OperationView['kind'];
      readonly service: string;
      readonly role: string;
      readonly node: string;
      readonly token: number;
      readonly steps: readonly string[];
    }
  | {
      readonly kind: 'advance-operation';
      readonly id: number;
      /** Replaces the steps' states. */
      readonly steps: OperationView['steps'];
      readonly outcome: OperationView['outcome'];
      readonly reason: string;
    };
