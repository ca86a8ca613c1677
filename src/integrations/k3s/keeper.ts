// The keeper's role: one server at a time sees to the cluster as a whole. It lets members in, keeps the nodes as they were decided to
// be, and says in its report, for the leader, which of those that give up their role are out.
import type { ClusterView, OperationView, ServiceReport, ViewNode } from '../cluster-view.ts';
import type { Host } from '../host.ts';
import { hasJoined } from '../joins.ts';
import { oneLine, ServiceError } from '../service-error.ts';
import { grantsOf, isHere, leaveUnderWay, nodeOf, reportOf } from './candidates.ts';
import { evidence } from './decide.ts';
import { type Etcd, holdsWithout, isMemberName, Orphanage, orphansIn } from './etcd-members.ts';
import { holdUpOf } from './hold-ups.ts';
import type { EtcdMember, Kube, KubeNode, KubePod } from './kube.ts';
import type { KubeDoor } from './kube-door.ts';
import {
  evidenceMax,
  joinPatienceMs,
  joinTokenLifeMs,
  joinTokenReuseMs,
  k3sCommandTimeoutMs,
  keepBusyMs,
  newcomerPatienceMs,
  podsShownMax,
} from './limits.ts';
import { etcdAnnotations, roles, service } from './names.ts';
import { newcomersAway } from './newcomers.ts';
import { Since } from './since.ts';
import { drainingOf, etcdMemberOf, isGone, memberOf, staying, type Upkeep, upkeep } from './upkeep.ts';
import type { Admission, NodeWord } from './words.ts';

export class Keeper {
  readonly #door: KubeDoor;
  readonly #forbidden = new Map<string, number>();
  /** By role and asker. */
  readonly #admitting = new Map<string, Promise<Admission>>();
  readonly #tokens = new Map<string, { readonly token: string; readonly atMs: number }>();
  /** What it saw last; undefined while it is not the keeper, or has seen nothing. */
  #view: ClusterView | undefined;
  #nodes: readonly KubeNode[] = [];
  #seenAtMs = 0;
  #pods: ReadonlyMap<string, readonly KubePod[]> = new Map();
  #members: readonly EtcdMember[] = [];
  #orphanage = new Orphanage();
  /** By the token of the grant: since when a server that has never joined is away. */
  #newcomersAway = new Since<number>();
  /** The server that was let in last. */
  #welcomed: { readonly id: string; readonly atMs: number } | undefined;

  constructor(door: KubeDoor) {
    this.#door = door;
  }

  /** What was decided meanwhile: it may let in whom it is told of now. */
  heed(view: ClusterView): void {
    if (this.#view) this.#view = view;
  }

  /** It is the keeper no more: it answers nobody. */
  rest(): void {
    this.#view = undefined;
    this.#welcomed = undefined;
    this.#tokens.clear();
    this.#forbidden.clear();
    this.#orphanage = new Orphanage();
    this.#newcomersAway = new Since();
  }

  /** One pass, as long as this node may act. Resolves with what the leader is to know. Rejects with a ServiceError. */
  async keep(
    view: ClusterView,
    onStep: (summary: string) => void,
  ): Promise<Pick<ServiceReport, 'evidence' | 'detail'>> {
    /** By node or member of etcd. */
    const hindered = new Map<string, string>();
    const trouble = await this.#door.through(async kube => {
      await this.#look(kube, view, view.wallMs);
      const troubles: string[] = [];
      const sight = { nodes: this.#nodes, pods: this.#pods, forbidden: this.#forbidden };
      const due = [...upkeep(view, sight), ...this.#orphanage.due(view.wallMs).map(takeOut)];
      for (const each of due) {
        if (view.tenure.leftMs() === 0) break;
        onStep(each.summary);
        // What one node is in the way of is no reason to leave the others.
        const why = await this.#act(kube, view, each);
        if (why === '') continue;
        troubles.push(why);
        if (each.kind === 'forget') hindered.set(each.node.name, why);
        if (each.kind === 'take-out') hindered.set(each.member.name, why);
      }
      if (due.length > 0) await this.#look(kube, view, view.wallMs);
      return [...troubles, this.#orphanage.waiting(view.wallMs)].filter(each => each !== '').join('; ');
    });
    this.#view = view;
    const leaves = view.operations.filter(
      each => each.service === service && each.kind === 'leave' && each.outcome === 'running',
    );
    const away = newcomersAway(view).map(({ token }) => token);
    this.#newcomersAway.see(away, view.wallMs);
    const long = away.filter(token => this.#newcomersAway.lasts(token, newcomerPatienceMs, view.wallMs));
    const progress = leaves.flatMap(leave => this.#progressOf(view, leave, hindered));
    return { evidence: mostTelling([...long.map(evidence.away), ...progress]), detail: oneLine(trouble) };
  }

  /** How the node of `asker` fares: now, or a moment ago. */
  async wordOn(asker: string, wallMs: number): Promise<NodeWord> {
    if (this.#view && Math.abs(wallMs - this.#seenAtMs) >= keepBusyMs) {
      const view = this.#view;
      await this.#door.through(kube => this.#look(kube, view, wallMs));
    }
    const member = this.#view && nodeOf(this.#view, asker);
    const node = this.#nodes.find(each => memberOf(each) === asker);
    if (!this.#view || !member)
      throw new Error('this member does not keep the cluster, or does not know the asker yet');
    const pods = staying(this.#pods.get(node?.name ?? '') ?? []);
    return {
      isThere: node !== undefined,
      ready: node?.ready === true,
      why: node?.why ?? '',
      isCordoned: node?.unschedulable === true,
      podsLeft: pods.slice(0, podsShownMax).map(({ namespace, name }) => `${namespace}/${name}`),
    };
  }

  /**
   * Lets a member in under its name, once nothing of a former one of that name is left. Whoever asks again meanwhile, since it has given
   * the answer up, gets the same one: one that went on beside it would take the node that has just joined for the former.
   */
  admit(host: Host, asker: string, role: 'server' | 'agent'): Promise<Admission> {
    const key = `${role} ${asker}`;
    const underWay = this.#admitting.get(key);
    if (underWay) return underWay;
    const answer = this.#admit(host, asker, role).finally(() => this.#admitting.delete(key));
    this.#admitting.set(key, answer);
    return answer;
  }

  async #admit(host: Host, asker: string, role: 'server' | 'agent'): Promise<Admission> {
    const view = this.#view;
    const member = view && nodeOf(view, asker);
    if (!view) return { kind: 'wait', detail: 'the keeper is just beginning' };
    const grant = view.grants.find(
      each => each.service === service && each.role === role && each.node === asker,
    );
    if (!member || !grant)
      return { kind: 'wait', detail: `the keeper has not heard yet that this member is to be a ${role}` };
    // k3s on a server ends when it is taken out of etcd: let in anew, it would never be out.
    if (leaveUnderWay(view, asker)) return { kind: 'wait', detail: 'it gives up its role in this cluster' };
    const { name } = member;
    const before = role === 'server' ? this.#joining(view, asker) : undefined;
    if (before) return { kind: 'wait', detail: `${before.name} is just joining: servers join one by one` };
    const cleared = await this.#door.through(async kube => {
      const why = await this.#clear(kube, view, { id: asker, name });
      return why ?? (role === 'server' ? await staleMember(kube, view, this.#nodes) : undefined);
    });
    if (cleared) return cleared;
    if (role === 'agent') return this.#joinToken(host, view, { id: asker, name });
    this.#welcomed = { id: asker, atMs: view.wallMs };
    return { kind: 'welcome', token: '' };
  }

  /** The server that was let in last, while it has not come: etcd has one learner at a time. */
  #joining(view: ClusterView, asker: string): ViewNode | undefined {
    const { id = asker, atMs = 0 } = this.#welcomed ?? {};
    if (id === asker || Math.abs(view.wallMs - atMs) > joinPatienceMs) return undefined;
    const grant = grantsOf(view, roles.server).find(({ node }) => node === id);
    const member = nodeOf(view, id);
    return grant && member && isHere(member) && !hasJoined(reportOf(member, grant)) ? member : undefined;
  }

  /** Takes away what is left of a node of this name. Resolves with why that cannot be, or not yet. */
  async #clear(
    kube: Kube,
    view: ClusterView,
    { id, name }: { readonly id: string; readonly name: string },
  ): Promise<Admission | undefined> {
    const node = await kube.node(name);
    if (node) {
      const former = memberOf(node);
      const why = former === id ? undefined : this.#whyStays(view, node, former);
      if (why) return why;
      if (!this.#mayAct(view)) return noKeeper;
      await this.#forget(kube, view, node);
    }
    const stale = (await kube.etcdMembers()).find(each => isMemberName(each.name, name));
    if (stale)
      return {
        kind: 'wait',
        detail: `its former self is still a member of etcd (${stale.name}) and is being taken out`,
      };
    // k3s holds on to a node that was deleted until it has cleaned up; a kubelet that finds it then would lose it again.
    if (node && (await kube.node(name)))
      return { kind: 'wait', detail: `its former node ${name} is being taken away` };
    if (!this.#mayAct(view)) return noKeeper;
    await kube.deleteNodePassword(name);
    return undefined;
  }

  /** Another may keep the cluster meanwhile, and have let the asker in. */
  #mayAct({ tenure }: ClusterView): boolean {
    return this.#view !== undefined && tenure.leftMs() > 0;
  }

  /** Why the node that has the name must not be taken away; undefined when it may. */
  #whyStays(view: ClusterView, node: KubeNode, former: string): Admission | undefined {
    const { name } = node;
    const refused = (why: string): Admission => {
      const mend = `if it is gone for good: "k3s kubectl delete node ${name}" on a server`;
      return { kind: 'refused', reason: 'name-in-use', detail: `${why}; ${mend}` };
    };
    if (former === '') return refused(`a node ${name} was joined to Kubernetes by hand`);
    if (nodeOf(view, former)) return refused(`the name ${name} is that of another member in Kubernetes`);
    if (isGone(node)) return undefined;
    // A removed member's machine ends its k3s itself, once it hears of it; and one that has just died is not known to be dead yet.
    const seconds = Math.round((node.leaseAgeMs ?? 0) / 10_000) * 10;
    const detail = node.ready
      ? `the former ${name} was removed from the cluster, but still runs in Kubernetes: switch it off`
      : `the former ${name} may still run: it was last heard of ${seconds} s ago`;
    return { kind: 'wait', detail };
  }

  async #joinToken(
    host: Host,
    view: ClusterView,
    { id, name }: { readonly id: string; readonly name: string },
  ): Promise<Admission> {
    const made = this.#tokens.get(id);
    if (made && Math.abs(view.wallMs - made.atMs) < joinTokenReuseMs) {
      this.#tokens.delete(id);
      return { kind: 'welcome', token: made.token };
    }
    const args = [
      'token',
      'create',
      '--ttl',
      `${joinTokenLifeMs / 60_000}m`,
      '--description',
      `clusteros: ${name}`,
    ];
    const { exitCode, stdout, stderr } = await host.run('k3s', args, { timeoutMs: k3sCommandTimeoutMs });
    const token = stdout.trim();
    if (exitCode !== 0 || !/^K10[0-9a-f]{64}::[a-z0-9]{6}\.[a-z0-9]{16}$/.test(token))
      return {
        kind: 'wait',
        detail: oneLine(`a token for it could not be made yet: ${stderr.trim().split('\n').at(-1) ?? ''}`),
      };
    this.#tokens.set(id, { token, atMs: view.wallMs });
    return { kind: 'welcome', token };
  }

  async #look(kube: Kube, view: ClusterView, wallMs: number): Promise<void> {
    this.#seenAtMs = wallMs;
    const { nodes, members } = await etcdOf(kube);
    this.#nodes = nodes;
    this.#members = members;
    this.#orphanage.see(orphansIn(view, { nodes, members }), wallMs);
    const drained = this.#nodes.filter(node => {
      const member = nodeOf(view, memberOf(node));
      return member && drainingOf(member, leaveUnderWay(view, member.id));
    });
    this.#pods = new Map(
      await Promise.all(drained.map(async ({ name }) => [name, await kube.podsOn(name)] as const)),
    );
  }

  /** Resolves with what kept it from being done, for people; empty when nothing did. */
  async #act(kube: Kube, view: ClusterView, what: Upkeep): Promise<string> {
    try {
      switch (what.kind) {
        case 'change':
          await kube.changeNode(what.node, what.change);
          return '';
        case 'evict':
          for (const pod of what.pods)
            if (what.force) await kube.deletePod(pod);
            else if (!(await kube.evict(pod))) this.#forbidden.set(pod.uid, view.wallMs);
          return '';
        case 'forget':
          return await this.#forget(kube, view, what.node);
        case 'take-out':
          return await this.#takeOut(kube, view, what.member);
      }
    } catch (error) {
      if (error instanceof ServiceError && error.reason !== 'api-unreachable')
        return `${what.summary}: ${error.message}`;
      throw error;
    }
  }

  /**
   * Out of etcd first, and only what etcd itself no longer lists is forgotten: k3s would else take it back (k3s#12920). Resolves with why
   * that must wait.
   */
  async #forget(kube: Kube, view: ClusterView, node: KubeNode): Promise<string> {
    const name = etcdMemberOf(node);
    if (name !== '') {
      // When it was decided all was well; another server may have died since.
      const etcd = await etcdOf(kube);
      const member = etcd.members.find(each => each.name === name) ?? { name, isLearner: false };
      if (!holdsWithout(view, etcd, member)) return staysIn(node.name);
      if (node.annotations[etcdAnnotations.remove] !== 'true')
        await kube.changeNode(node.name, { annotations: { [etcdAnnotations.remove]: 'true' } });
      const listed = await kube.etcdMembers();
      if (listed.some(each => each.name === name)) return '';
    }
    await kube.deleteNode(node.name);
    await kube.deleteNodePassword(node.name);
    return '';
  }

  /** By etcd's own door, as things are at this moment: its node may have come meanwhile. Resolves with why that must wait. */
  async #takeOut(kube: Kube, view: ClusterView, { id, name }: EtcdMember): Promise<string> {
    const etcd = await etcdOf(kube);
    const orphan = orphansIn(view, etcd).find(({ member }) => member.id === id);
    if (!orphan || view.tenure.leftMs() === 0) return '';
    if (!holdsWithout(view, etcd, orphan.member)) return staysIn(name);
    await kube.removeEtcdMember(id);
    return '';
  }

  /** How far a leave is, in words for the leader: out of the cluster, free of pods, or what it waits for. */
  #progressOf(
    view: ClusterView,
    { node: id, token }: OperationView,
    hindered: ReadonlyMap<string, string>,
  ): readonly string[] {
    const node = this.#nodes.find(each => memberOf(each) === id);
    const member = nodeOf(view, id);
    const name = member?.name ?? '';
    const held = (why: string) => (why === '' ? [] : [evidence.held(token, oneLine(why))]);
    if (!node) {
      const left = this.#members.find(each => isMemberName(each.name, name));
      if (!left) return [evidence.gone(token)];
      return held(hindered.get(left.name) ?? `${left.name} is being taken out of etcd`);
    }
    const pods = this.#pods.get(node.name) ?? [];
    const isFree = node.unschedulable && staying(pods).length === 0;
    if (isFree) return [evidence.drained(token), ...held(hindered.get(node.name) ?? '')];
    const draining = member && drainingOf(member, leaveUnderWay(view, id));
    return held(hindered.get(node.name) ?? (draining ? holdUpOf(pods, this.#forbidden, draining, name) : ''));
  }
}

/** As many as a report holds: what ends something before what people wait for. */
function mostTelling(words: readonly string[]): readonly string[] {
  const isText = (word: string) => word.startsWith('held=');
  return [...words.filter(word => !isText(word)), ...words.filter(isText)].slice(0, evidenceMax);
}

/** Both at one time, of etcd what a majority says. */
async function etcdOf(kube: Kube): Promise<Etcd> {
  return { members: await kube.etcdMembers(), nodes: await kube.nodes() };
}

const takeOut = (member: EtcdMember): Upkeep => {
  return { kind: 'take-out', member, summary: `take ${member.name}, which has no node, out of etcd` };
};

const staysIn = (name: string) =>
  `${name} stays in etcd, which would lose its majority: start the other servers`;

const noKeeper: Admission = { kind: 'wait', detail: 'another member is to keep the cluster' };

/** A member of etcd that is no server any more: it is taken out before another comes in, which etcd would not take while one is away. */
async function staleMember(
  kube: Kube,
  view: ClusterView,
  nodes: readonly KubeNode[],
): Promise<Admission | undefined> {
  const servers = grantsOf(view, roles.server).flatMap(({ node }) => nodeOf(view, node)?.name ?? []);
  const byHand = nodes.filter(node => memberOf(node) === '').map(({ name }) => name);
  const known = [...servers, ...byHand];
  // One that has never started may be the asker itself, from a try before: k3s knows it again by its address.
  const started = (await kube.etcdMembers()).filter(each => each.name !== '');
  const stale = started.find(each => !known.some(name => isMemberName(each.name, name)));
  return stale === undefined
    ? undefined
    : {
        kind: 'wait',
        detail: `${stale.name} is no server any more, and is taken out of etcd before another comes in`,
      };
}

/** What the keeper reports of its role. */
export function keeperReport(token: number, change: Partial<ServiceReport>): ServiceReport {
  return {
    ...{ service, role: roles.keeper, token, state: 'ready', step: '', reason: '', detail: '' },
    ...change,
  };
}
