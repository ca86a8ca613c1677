// What the keeper has Kubernetes think of its nodes: it keeps work from those that an operator drains or that give up their role, moves
// pods away from them, gives the nodes their labels and taints, and has the cluster forget members that are gone for good. What somebody
// else has said of a node is left alone. Pure: what to do, from what is and what was decided.
import type { ClusterView, OperationView, ViewNode } from '../cluster-view.ts';
import { leaveUnderWay } from './candidates.ts';
import { labelsOf, taintsOf } from './config-file.ts';
import type { EtcdMember, KubeNode, KubePod, KubeTaint, NodeChange } from './kube.ts';
import { evictAgainMs, evictionsMax, leaseGoneMs } from './limits.ts';
import {
  drainAnnotation,
  etcdAnnotations,
  memberLabel,
  roles,
  service,
  tagPrefix,
  taintsAnnotation,
} from './names.ts';
import { settingsOf, type TaintRule } from './settings.ts';

/** What the keeper sees. */
export interface Sight {
  readonly nodes: readonly KubeNode[];
  /** By name of the node, for those that are drained. */
  readonly pods: ReadonlyMap<string, readonly KubePod[]>;
  /** By uid of a pod: when its eviction was last forbidden. */
  readonly forbidden: ReadonlyMap<string, number>;
}

export type Upkeep =
  | { readonly kind: 'change'; readonly node: string; readonly change: NodeChange; readonly summary: string }
  | {
      readonly kind: 'evict';
      readonly pods: readonly KubePod[];
      readonly force: boolean;
      readonly summary: string;
    }
  /** First out of etcd, where it is a member, then out of Kubernetes. */
  | { readonly kind: 'forget'; readonly node: KubeNode; readonly summary: string }
  /** Out of etcd, by its own door: it has no Node. */
  | { readonly kind: 'take-out'; readonly member: EtcdMember; readonly summary: string };

/** Why and until when a node is kept free of work; undefined when it is not. */
export interface Draining {
  readonly reason: string;
  /** From then on (wall clock) pods end whatever forbids it; 0: never. */
  readonly forceAtMs: number;
}

export function drainingOf(member: ViewNode, leave: OperationView | undefined): Draining | undefined {
  if (member.drain) return { reason: member.drain.reason, forceAtMs: member.drain.requeueAtMs };
  return leave ? { reason: 'it gives up its role in this cluster', forceAtMs: 0 } : undefined;
}

/** The member that a Node is: by the label that it registered with. */
export const memberOf = (node: KubeNode) => node.labels[memberLabel] ?? '';

/** Of those pods the ones that keep a drain from its end. */
export function staying(pods: readonly KubePod[]): readonly KubePod[] {
  return pods.filter(({ kind }) => kind === 'movable' || kind === 'bare');
}

/** What is to be done now; none when all is as it should be, or must wait. */
export function upkeep(view: ClusterView, sight: Sight): readonly Upkeep[] {
  const settings = settingsOf(view.settings[service]);
  return sight.nodes.flatMap((node): Upkeep[] => {
    const id = memberOf(node);
    // Whoever has joined it by hand sees to it by hand.
    if (id === '') return [];
    const member = view.nodes.find(each => each.id === id);
    if (!member)
      return isGone(node)
        ? [{ kind: 'forget', node, summary: `have the cluster forget ${node.name}, which was removed` }]
        : [];
    const leave = leaveUnderWay(view, id);
    const hasRole = view.grants.some(
      each => each.service === service && each.role !== roles.keeper && each.node === id,
    );
    // It was registered once more while its role was taken from it.
    if (!hasRole && !leave)
      return isGone(node)
        ? [{ kind: 'forget', node, summary: `have the cluster forget ${node.name}, which has no role` }]
        : [];
    const draining = drainingOf(member, leave);
    const changes = [
      ...cordon(node, draining),
      ...described(node, member, settings.taints),
      ...(draining ? evictions(node, draining, sight, view.wallMs) : []),
    ];
    if (changes.length > 0 || !leave) return changes;
    const isFree = node.unschedulable && staying(sight.pods.get(node.name) ?? []).length === 0;
    const isAway = !node.ready && isGone(node);
    return isFree || isAway
      ? [{ kind: 'forget', node, summary: `have the cluster forget ${node.name}, which gives up its role` }]
      : [];
  });
}

/** Nothing of it runs any more, by its lease. Of a member that was removed it is the proof. */
export function isGone({ ready, leaseAgeMs }: KubeNode): boolean {
  // An age is of two clocks; that Kubernetes has heard nothing of it is of one.
  if (ready) return false;
  return leaseAgeMs === undefined || leaseAgeMs > leaseGoneMs;
}

function cordon(node: KubeNode, draining: Draining | undefined): Upkeep[] {
  const ours = node.annotations[drainAnnotation];
  if (!draining) {
    if (ours === undefined) return [];
    const change = { unschedulable: false, annotations: { [drainAnnotation]: null } };
    return [{ kind: 'change', node: node.name, change, summary: `give ${node.name} work again` }];
  }
  // One that somebody else keeps work from stays so when we are done.
  if (node.unschedulable && (ours === undefined || ours === draining.reason)) return [];
  const change = { unschedulable: true, annotations: { [drainAnnotation]: draining.reason } };
  return [{ kind: 'change', node: node.name, change, summary: `keep work from ${node.name}` }];
}

/** Labels and taints that are ours: of the member's tags and of what its machine has. A kubelet gives them at its first registration only. */
function described(node: KubeNode, member: ViewNode, rules: readonly TaintRule[]): Upkeep[] {
  const wanted = labelsOf(member);
  const isOurs = (key: string) => key.startsWith(tagPrefix) || key.startsWith('clusteros.io/');
  const labels: Record<string, string | null> = {};
  for (const [key, value] of Object.entries(wanted)) if (node.labels[key] !== value) labels[key] = value;
  for (const key of Object.keys(node.labels))
    if (isOurs(key) && !Object.hasOwn(wanted, key)) labels[key] = null;
  const taints = taintChange(node, taintsOf(member, rules));
  if (Object.keys(labels).length === 0 && !taints) return [];
  const change: NodeChange = { ...(Object.keys(labels).length > 0 && { labels }), ...taints };
  return [{ kind: 'change', node: node.name, change, summary: `give ${node.name} its labels and taints` }];
}

function taintChange(node: KubeNode, rules: readonly TaintRule[]): NodeChange | undefined {
  const textOf = ({ key, value, effect }: KubeTaint) => `${key}=${value}:${effect}`;
  const wanted = rules.map(({ key, value, effect }) => ({ key, value, effect }));
  const former = formerTaints(node.annotations[taintsAnnotation]);
  const texts = new Set(wanted.map(textOf));
  const gone = former.filter(text => !texts.has(text));
  const present = node.taints.map(textOf);
  const missing = wanted.filter(each => !present.includes(textOf(each)));
  const note = JSON.stringify([...texts].sort());
  const isNoted = texts.size === 0 ? former.length === 0 : note === node.annotations[taintsAnnotation];
  if (gone.length === 0 && missing.length === 0 && isNoted) return undefined;
  const kept = node.taints.filter(each => !gone.includes(textOf(each)));
  return {
    taints: [...kept, ...missing],
    annotations: { [taintsAnnotation]: texts.size === 0 ? null : note },
  };
}

function formerTaints(text: string | undefined): readonly string[] {
  try {
    const read: unknown = JSON.parse(text ?? '[]');
    return Array.isArray(read) ? read.filter(each => typeof each === 'string') : [];
  } catch {
    return [];
  }
}

/** Pods that can go elsewhere go at once, as far as disruption budgets allow; those that nothing would make anew stay until they are forced. */
function evictions(node: KubeNode, draining: Draining, { pods, forbidden }: Sight, nowMs: number): Upkeep[] {
  if (!node.unschedulable) return [];
  const force = draining.forceAtMs > 0 && nowMs >= draining.forceAtMs;
  const due = staying(pods.get(node.name) ?? []).filter(
    ({ kind, leaving, uid }) =>
      !leaving &&
      (force ||
        (kind === 'movable' && nowMs - (forbidden.get(uid) ?? Number.NEGATIVE_INFINITY) >= evictAgainMs)),
  );
  if (due.length === 0) return [];
  const summary = force
    ? `end ${due.length} pods on ${node.name}, whose time is up`
    : `move ${due.length} pods away from ${node.name}`;
  return [{ kind: 'evict', pods: due.slice(0, evictionsMax), force, summary }];
}

/** The etcd member of a Node; empty when it is none, or is out already. */
export function etcdMemberOf({ annotations }: KubeNode): string {
  const name = annotations[etcdAnnotations.name] ?? '';
  return name === annotations[etcdAnnotations.removed] ? '' : name;
}
