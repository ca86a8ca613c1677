// What controllers of Kubernetes and k3s do to nodes, members, tokens and pods, on the server that leads etcd: pass after pass
// over all objects, so that nothing depends on an event that a change of leaders lost.
import { tuning } from './control.ts';
import type { KubeStore } from './kube-store.ts';
import { reactionMs } from './limits.ts';
import { error, info, textOf } from './log.ts';
import { passwordSecretName } from './node-passwords.ts';
import {
  type Condition,
  conditionOf,
  type KubeObject,
  kubeTime,
  leases,
  nodes,
  pods,
  prefixOf,
  secrets,
  type Taint,
  taintsOf,
} from './objects.ts';
import { passPods } from './pod-passes.ts';

const nodeFinalizer = 'wrangler.cattle.io/node';
const etcdFinalizer = 'wrangler.cattle.io/managed-etcd-controller';
const etcdLabel = 'node-role.kubernetes.io/etcd';
const annotation = {
  remove: 'etcd.k3s.cattle.io/remove',
  removedName: 'etcd.k3s.cattle.io/removed-node-name',
  name: 'etcd.k3s.cattle.io/node-name',
  address: 'etcd.k3s.cattle.io/node-address',
};

export class Controllers {
  readonly #store: KubeStore;
  /** When each lease was last seen to change, by this leader: a node's own clock is not believed. */
  readonly #renewals = new Map<string, { version: string; atMs: number }>();
  readonly #podsEndAtMs = new Map<string, number>();
  #timer: NodeJS.Timeout | undefined;
  #soon: NodeJS.Timeout | undefined;
  #stopWatch: () => void = () => {};
  #isBusy = false;

  constructor(store: KubeStore) {
    this.#store = store;
  }

  start(): void {
    this.#timer = setInterval(() => void this.pass(), tuning().controllerMs);
    // Soon after a node or a pod changed, as what watches would; the passes are for what time alone changes.
    const watched = [prefixOf(nodes), prefixOf(pods)];
    this.#stopWatch = this.#store.onEvent(({ key }) => {
      if (!watched.some(prefix => key.startsWith(prefix))) return;
      clearTimeout(this.#soon);
      this.#soon = setTimeout(() => void this.pass(), reactionMs);
    });
  }

  stop(): void {
    clearInterval(this.#timer);
    clearTimeout(this.#soon);
    this.#stopWatch();
  }

  async pass(): Promise<void> {
    if (!this.#store.raft.isLeader) {
      this.#renewals.clear();
      return;
    }
    if (this.#isBusy) return;
    this.#isBusy = true;
    for (const node of this.#store.all(nodes))
      await this.#try(node.metadata.name, () => this.#passNode(node));
    await this.#try('tokens', () => this.#passTokens());
    await this.#try('leases', () => this.#passLeases());
    await this.#try('pods', () => passPods(this.#store, this.#podsEndAtMs));
    this.#isBusy = false;
  }

  async #try(what: string, work: () => Promise<void>): Promise<void> {
    try {
      await work();
    } catch (thrown) {
      error(`error syncing '${what}': handler managed-etcd-controller: ${textOf(thrown)}, requeuing`);
    }
  }

  async #passNode(node: KubeObject): Promise<void> {
    if (node.metadata.deletionTimestamp !== undefined) return await this.#finish(node);
    await this.#ensureMetadata(node);
    await this.#obeyRemoval(node);
    await this.#judge(node);
  }

  /** Finalizers, the range of its pods, and the taint of a cordon. */
  async #ensureMetadata(node: KubeObject): Promise<void> {
    const isMember = node.metadata.labels?.[etcdLabel] === 'true';
    const wanted = [nodeFinalizer, ...(isMember ? [etcdFinalizer] : [])];
    await this.#update(node, each => {
      each.metadata.finalizers = [...new Set([...(each.metadata.finalizers ?? []), ...wanted])];
      const spec = { ...each.spec };
      if (spec.podCIDR === undefined) {
        spec.podCIDR = this.#freeRange();
        spec.podCIDRs = [spec.podCIDR];
      }
      const cordon: Taint = { key: 'node.kubernetes.io/unschedulable', effect: 'NoSchedule' };
      spec.taints = withTaint(taintsOf(each), cordon, spec.unschedulable === true);
      return { ...each, spec };
    });
  }

  /** The removal of a member that an annotation asks for (k3s pkg/etcd/member_controller.go). */
  async #obeyRemoval(node: KubeObject): Promise<void> {
    const { annotations = {}, labels = {}, name } = node.metadata;
    if (labels[etcdLabel] !== 'true' || annotations[annotation.remove] === undefined) return;
    const removed = annotations[annotation.removedName];
    const current = annotations[annotation.name];
    if (removed !== undefined) {
      if (current === undefined || current === removed) return;
      info('Resetting removed node flag as removed node name (did not match current node name)');
      await this.#update(node, each => {
        const { [annotation.removedName]: _, ...left } = each.metadata.annotations ?? {};
        each.metadata.annotations = { ...left, [annotation.remove]: 'false' };
        return each;
      });
      return;
    }
    if (annotations[annotation.remove]?.toLowerCase() !== 'true') return;
    const address = annotations[annotation.address];
    if (current === undefined) throw new Error(`node name annotation for node ${name} not found`);
    if (address === undefined) throw new Error(`node address annotation for node ${name} not found`);
    await this.#removeMember(current, address);
    await this.#update(node, each => {
      const {
        [annotation.name]: _name,
        [annotation.address]: _address,
        ...left
      } = each.metadata.annotations ?? {};
      each.metadata.annotations = { ...left, [annotation.removedName]: current };
      return each;
    });
  }

  /** What is done before a deleted node goes: its member, its password. */
  async #finish(node: KubeObject): Promise<void> {
    const { annotations = {}, labels = {}, name } = node.metadata;
    if (labels[etcdLabel] === 'true') {
      info(`Removing etcd member ${name} from cluster`);
      const removed = annotations[annotation.removedName];
      const [member, address] = [annotations[annotation.name], annotations[annotation.address]];
      if (removed !== undefined)
        info(
          `etcd member ${name} was already removed as member name ${removed} via annotation from the cluster`,
        );
      else if (member !== undefined && address !== undefined) await this.#removeMember(member, address);
    }
    await this.#store.delete(secrets, 'kube-system', passwordSecretName(name)).catch(() => {});
    await this.#update(node, each => {
      each.metadata.finalizers = [];
      return each;
    });
  }

  async #removeMember(name: string, address: string): Promise<void> {
    const { raft } = this.#store;
    const member = [...raft.state.members.values()].find(
      each => each.name === name && new URL(each.peerUrl).hostname === address,
    );
    if (member === undefined) return;
    info(`Removing name=${name} id=${member.id} address=${address} from etcd`);
    const outcome = await raft.propose({ kind: 'member-remove', id: member.id });
    if (!outcome.ok) throw new Error(outcome.error);
  }

  /** Calls a node Unknown whose lease stands still, and takes the taints of its absence when it is Ready again. */
  async #judge(node: KubeObject): Promise<void> {
    const { name } = node.metadata;
    const version = this.#store.peek(leases, 'kube-node-lease', name)?.metadata.resourceVersion ?? '';
    const seen = this.#renewals.get(name);
    const nowMs = performance.now();
    if (seen?.version !== version) this.#renewals.set(name, { version, atMs: nowMs });
    const isSilent =
      seen !== undefined && seen.version === version && nowMs - seen.atMs > tuning().nodeGraceMs;
    const ready = conditionOf(node, 'Ready');
    if (isSilent && ready?.status !== 'Unknown') {
      info(`Node ${name} is unresponsive: lease not renewed`);
      await this.#update(node, each => {
        const message = 'Kubelet stopped posting node status.';
        const unknown = {
          status: 'Unknown',
          reason: 'NodeStatusUnknown',
          message,
          lastTransitionTime: kubeTime(),
        };
        const conditions = ((each.status?.conditions ?? []) as readonly Condition[]).map(condition => ({
          ...condition,
          ...unknown,
        }));
        return {
          ...each,
          status: { ...each.status, conditions },
          spec: { ...each.spec, taints: absence(each, 'Unknown') },
        };
      });
    } else if (!isSilent && ready !== undefined)
      await this.#update(node, each => ({
        ...each,
        spec: { ...each.spec, taints: absence(each, ready.status) },
      }));
  }

  /** Bootstrap tokens end with their time. */
  async #passTokens(): Promise<void> {
    for (const { type, data, metadata } of this.#store.all(secrets, 'kube-system')) {
      if (type !== 'bootstrap.kubernetes.io/token') continue;
      const expires = Buffer.from((data as Record<string, string>).expiration ?? '', 'base64').toString();
      if (expires !== '' && Date.parse(expires) <= Date.now())
        await this.#store.purge(secrets, 'kube-system', metadata.name);
    }
  }

  /** The lease of a node that is gone goes too. */
  async #passLeases(): Promise<void> {
    for (const { metadata } of this.#store.all(leases, 'kube-node-lease'))
      if (
        this.#store.peek(nodes, '', metadata.name) === undefined &&
        !this.#isRenewed(metadata.name, metadata.resourceVersion)
      )
        await this.#store.purge(leases, 'kube-node-lease', metadata.name);
  }

  #isRenewed(name: string, version = ''): boolean {
    const key = `lease/${name}`;
    const seen = this.#renewals.get(key);
    if (seen?.version !== version) this.#renewals.set(key, { version, atMs: performance.now() });
    return (
      seen === undefined || seen.version !== version || performance.now() - seen.atMs < tuning().nodeGraceMs
    );
  }

  #freeRange(): string {
    const used = new Set(this.#store.all(nodes).map(node => node.spec?.podCIDR));
    let at = 0;
    while (used.has(`10.42.${at}.0/24`)) at += 1;
    return `10.42.${at}.0/24`;
  }

  async #update(node: KubeObject, change: (node: KubeObject) => KubeObject): Promise<void> {
    // Compared with what this leader has first: a pass over nodes that are as they should be asks nobody.
    const is = this.#store.peek(nodes, '', node.metadata.name);
    if (is === undefined || JSON.stringify(change(structuredClone(is))) === JSON.stringify(is)) return;
    await this.#store.update(nodes, '', node.metadata.name, change);
  }
}

function absence(node: KubeObject, ready: string): readonly Taint[] {
  const taint = (name: string, effect: string): Taint => ({ key: `node.kubernetes.io/${name}`, effect });
  let taints = taintsOf(node);
  for (const effect of ['NoSchedule', 'NoExecute']) {
    taints = withTaint(taints, taint('unreachable', effect), ready === 'Unknown');
    taints = withTaint(taints, taint('not-ready', effect), ready === 'False');
  }
  return taints;
}

function withTaint(taints: readonly Taint[], taint: Taint, isThere: boolean): readonly Taint[] {
  const has = (each: Taint) => each.key === taint.key && each.effect === taint.effect;
  if (!isThere) return taints.filter(each => !has(each));
  return taints.some(has) ? taints : [...taints, taint];
}
