// What is stored in a Kubernetes in memory: nodes, pods with disruption budgets, what k3s knows machines again by; and the door to it
// as the integration has it.
import type { EtcdMember, Kube, KubeNode, KubePod, NodeChange } from '../../../src/integrations/k3s/kube.ts';
import { ServiceError } from '../../../src/integrations/service-error.ts';
import { etcdErrors } from './memory-etcd.ts';

/** Kubernetes calls a node not ready when its lease is older (node-monitor-grace-period). */
const nodeGraceMs = 40_000;

export interface NodeObject {
  readonly name: string;
  readonly uid: string;
  readonly address: string;
  labels: Readonly<Record<string, string>>;
  annotations: Readonly<Record<string, string>>;
  taints: KubeNode['taints'];
  unschedulable: boolean;
  leaseAtMs: number;
  /** When its kubelet has all it needs. */
  readyAtMs: number;
}

export interface PodObject {
  readonly namespace: string;
  readonly name: string;
  readonly uid: string;
  /** Empty while it has no place. */
  readonly node: string;
  readonly kind: KubePod['kind'];
  /** Name of a disruption budget. */
  readonly budget?: string;
}

export class MemoryKube {
  readonly nodes = new Map<string, NodeObject>();
  /** By name of the node. */
  readonly passwords = new Map<string, string>();
  pods: PodObject[] = [];
  /** How many pods of a disruption budget may go now. */
  readonly budgets = new Map<string, number>();
  /** Everything that was changed through a door, in order. */
  readonly changes: string[] = [];
  #made = 0;

  newUid(): string {
    this.#made += 1;
    return `uid-${this.#made}`;
  }

  addPod(pod: Omit<PodObject, 'uid' | 'namespace'>): void {
    this.pods.push({ namespace: 'default', uid: this.newUid(), ...pod });
  }

  podsOn(node: string): readonly PodObject[] {
    return this.pods.filter(each => each.node === node);
  }

  /** What its owner makes anew elsewhere. */
  endPod(uid: string, nowMs: number): void {
    const gone = this.pods.find(each => each.uid === uid);
    if (!gone) return;
    this.pods = this.pods.filter(each => each !== gone);
    if (gone.kind !== 'movable') return;
    const place = [...this.nodes.values()].find(each => !each.unschedulable && this.isReady(each, nowMs));
    this.pods.push({ ...gone, uid: this.newUid(), node: place?.name ?? '' });
  }

  isReady({ readyAtMs, leaseAtMs }: NodeObject, nowMs: number): boolean {
    return nowMs >= readyAtMs && nowMs - leaseAtMs < nodeGraceMs;
  }

  change(name: string, { unschedulable, labels, annotations, taints }: NodeChange): void {
    const node = this.nodes.get(name);
    if (!node) throw new ServiceError('api-refused', false, `nodes "${name}" not found`, true);
    if (unschedulable !== undefined) node.unschedulable = unschedulable;
    if (taints) node.taints = taints;
    node.labels = merged(node.labels, labels);
    node.annotations = merged(node.annotations, annotations);
  }

  deleteNode(name: string): void {
    this.nodes.delete(name);
    // Pods of a node that is not there are collected; k3s forgets the password with the node (pkg/node/controller.go).
    this.pods = this.pods.filter(({ node }) => node !== name);
    this.passwords.delete(name);
  }
}

function merged(
  values: Readonly<Record<string, string>>,
  change: Readonly<Record<string, string | null>> = {},
): Readonly<Record<string, string>> {
  const both = Object.entries({ ...values, ...change });
  return Object.fromEntries(both.filter((each): each is [string, string] => each[1] !== null));
}

/** Where a door leads to. */
export interface DoorEnds {
  readonly kube: MemoryKube;
  nowMs(): number;
  /** Brings the model up to now. Resolves with why the API of this machine does not answer; empty when it does. */
  trouble(): string;
  /** Checks of its readiness that fail; none where it is not said. */
  failedChecks?(): readonly string[];
  etcdMembers(): readonly EtcdMember[];
  /** @returns etcd's error; empty when it is done */
  removeEtcdMember(id: string): string;
  deleteNode(name: string): void;
}

export function doorTo({ kube, nowMs, trouble, failedChecks, ...ends }: DoorEnds): Kube {
  const api = (): MemoryKube => {
    const why = trouble();
    if (why !== '') throw new ServiceError('api-unreachable', false, why, true);
    return kube;
  };
  const seen = (node: NodeObject): KubeNode => {
    const ready = kube.isReady(node, nowMs());
    return {
      ...{ name: node.name, labels: node.labels, annotations: node.annotations, taints: node.taints },
      ...{ unschedulable: node.unschedulable, ready, version: 'v1.34.9+k3s1', addresses: [node.address] },
      why: ready ? '' : nowMs() < node.readyAtMs ? 'container runtime is down' : 'Kubelet stopped posting',
      leaseAgeMs: nowMs() - node.leaseAtMs,
    };
  };
  return {
    async readyz() {
      api();
      const failing = failedChecks?.() ?? [];
      return failing.map(each => `[-]${each} failed: reason withheld`).join(', ');
    },
    nodes: async () => [...api().nodes.values()].map(seen),
    async node(name) {
      const node = api().nodes.get(name);
      return node && seen(node);
    },
    podsOn: async name =>
      api()
        .podsOn(name)
        .map(pod => ({ ...pod, leaving: false })),
    async evict({ uid, name }) {
      const pod = api().pods.find(each => each.uid === uid);
      if (pod?.budget !== undefined && (kube.budgets.get(pod.budget) ?? 0) < 1) return false;
      kube.changes.push(`evict ${name}`);
      kube.endPod(uid, nowMs());
      return true;
    },
    async deletePod({ uid, name }) {
      kube.changes.push(`delete pod ${name}`);
      api().endPod(uid, nowMs());
    },
    async changeNode(name, change) {
      kube.changes.push(`change ${name} ${JSON.stringify(change)}`);
      api().change(name, change);
    },
    async deleteNode(name) {
      kube.changes.push(`delete node ${name}`);
      if (api().nodes.has(name)) ends.deleteNode(name);
    },
    async deleteNodePassword(name) {
      api().passwords.delete(name);
    },
    async etcdMembers() {
      api();
      return ends.etcdMembers().map(({ id, name, isLearner }) => ({ id, name, isLearner }));
    },
    async removeEtcdMember(id) {
      api();
      kube.changes.push(`remove member ${id}`);
      const why = ends.removeEtcdMember(id);
      if (why === '' || why === etcdErrors.notFound) return;
      const reason = why === etcdErrors.notEnoughStarted ? 'api-refused' : 'api-unreachable';
      throw new ServiceError(reason, false, `taking the member ${id} out of etcd failed: ${why}`, true);
    },
  };
}
