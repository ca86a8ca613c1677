// The members of etcd beside the nodes of Kubernetes: whether etcd works without one of them, and which of them have no Node. By its
// Node k3s itself takes a member out; those without one are left to us. Pure.
import type { ClusterView } from '../cluster-view.ts';
import { grantsOf, isHere, leaveUnderWay, majorityOf, nodeOf, reportOf } from './candidates.ts';
import type { EtcdMember, KubeNode } from './kube.ts';
import { leaseLateMs, orphanPatienceMs } from './limits.ts';
import { roles } from './names.ts';
import { Since } from './since.ts';
import { etcdMemberOf, memberOf } from './upkeep.ts';

/** What follows the name of a node in that of its member (k3s, pkg/etcd). */
const suffix = /-[0-9a-f]{8}$/;

/** Whether etcd's member of that name is that of the node, or of a former one of its name. */
export function isMemberName(member: string, node: string): boolean {
  return suffix.test(member) && member.replace(suffix, '') === node;
}

/**
 * Whether enough of the other voters are there for etcd to work without the member of this name, by their leases and by what members see
 * of each other. A voter without a Node counts as away. A learner has no vote that could be missed.
 */
export function holdsWithout(
  view: ClusterView,
  { members, nodes }: Etcd,
  leaving: Pick<EtcdMember, 'name' | 'isLearner'>,
): boolean {
  if (leaving.isLearner) return true;
  const others = members.filter(({ name, isLearner }) => !isLearner && name !== leaving.name);
  const well = others.filter(({ name }) => {
    const node = nodes.find(each => name !== '' && etcdMemberOf(each) === name);
    const member = node && nodeOf(view, memberOf(node));
    return node?.ready && (node.leaseAgeMs ?? Infinity) <= leaseLateMs && (!member || isHere(member));
  });
  return well.length >= majorityOf(others.length);
}

/** What etcd and Kubernetes say at one time. */
export interface Etcd {
  readonly members: readonly EtcdMember[];
  readonly nodes: readonly KubeNode[];
}

/** A member of etcd that k3s cannot be asked to take out. */
export interface Orphan {
  readonly member: EtcdMember;
  /** It gives up its role: nobody waits for its Node. Of all others one may be about to come. */
  readonly isLeaving: boolean;
}

/**
 * Members without a Node that are no server of ours, give that up, or wait to be let in themselves, so that it is their former self. One that may be just
 * joining is none: it is granted, and its k3s is to register. Nor is one that has never started, whose name etcd does not know yet: as a
 * learner that gets nowhere k3s drops it.
 */
export function orphansIn(view: ClusterView, { members, nodes }: Etcd): readonly Orphan[] {
  return members.flatMap(member => {
    const name = suffix.test(member.name) ? member.name.replace(suffix, '') : '';
    const hasNode = nodes.some(node => node.name === name || etcdMemberOf(node) === member.name);
    if (name === '' || name === view.self.name || hasNode) return [];
    const own = view.nodes.find(each => each.name === name);
    const grant = own && grantsOf(view, roles.server).find(({ node }) => node === own.id);
    const report = grant && reportOf(own, grant);
    const isWaiting = report?.state === 'starting' && report.step === 'admission';
    const isLeaving = own !== undefined && leaveUnderWay(view, own.id) !== undefined;
    return !grant || isWaiting || isLeaving ? [{ member, isLeaving }] : [];
  });
}

/** The orphans of now, and since when each is one; kept by whoever keeps the cluster. */
export class Orphanage {
  readonly #since = new Since<string>();
  #orphans: readonly Orphan[] = [];

  /** @param nowMs wall clock */
  see(orphans: readonly Orphan[], nowMs: number): void {
    this.#orphans = orphans;
    this.#since.see(
      orphans.map(({ member }) => member.id),
      nowMs,
    );
  }

  /** Those that are to be taken out now. */
  due(nowMs: number): readonly EtcdMember[] {
    return this.#orphans
      .filter(({ member: { id }, isLeaving }) => isLeaving || this.#since.lasts(id, orphanPatienceMs, nowMs))
      .map(({ member }) => member);
  }

  /** What is waited for, for people; empty for nothing. */
  waiting(nowMs: number): string {
    const due = new Set(this.due(nowMs));
    const names = this.#orphans.filter(({ member }) => !due.has(member)).map(({ member }) => member.name);
    if (names.length === 0) return '';
    const minutes = orphanPatienceMs / 60_000;
    return `in etcd without a node: ${names.join(', ')}; taken out when that has been so for ${minutes} minutes`;
  }
}
