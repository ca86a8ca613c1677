// Who can run Kubernetes, as what, and who shall be a server next. Pure.
import type { ClusterView, Grant, OperationView, ServiceReport, ViewNode } from '../cluster-view.ts';
import { hasJoined } from '../joins.ts';
import { roles, service } from './names.ts';
import { type NodeRole, settingsOf } from './settings.ts';
import { compareVersions, skewOf, versionFrom, versionOf } from './versions.ts';

export function keeperGrant({ grants }: ClusterView): Grant | undefined {
  return grants.find(each => each.service === service && each.role === roles.keeper);
}

export function grantsOf({ grants }: ClusterView, role: string): readonly Grant[] {
  return grants.filter(each => each.service === service && each.role === role);
}

/** What `node` reports of the role that it has by `grant`. */
export function reportOf(node: ViewNode | undefined, grant: Grant): ServiceReport | undefined {
  return node?.reports.find(
    each => each.service === service && each.role === grant.role && each.token === grant.token,
  );
}

export const nodeOf = ({ nodes }: ClusterView, id: string) => nodes.find(each => each.id === id);

/** Servers that answer, by their own word: the keeper's first, then by id. */
export function readyServers(view: ClusterView): readonly ViewNode[] {
  const keeper = keeperGrant(view)?.node;
  const rank = ({ id }: ViewNode) => (id === keeper ? 0 : 1);
  return grantsOf(view, roles.server)
    .flatMap(grant => {
      const node = nodeOf(view, grant.node);
      const isReady = node && isHere(node) && hasJoined(reportOf(node, grant));
      return isReady ? [node] : [];
    })
    .toSorted((a, b) => rank(a) - rank(b) || (a.id < b.id ? -1 : 1));
}

export const isHere = ({ state }: ViewNode) => state === 'alive' || state === 'degraded';

/** What an operator wants `name` to be; undefined for whatever it is given. */
export function wantedRole({ settings }: ClusterView, name: string): NodeRole | undefined {
  return settingsOf(settings[service]).roles[name];
}

/** A member that has k3s, and that nobody wants to be without it. */
function canRun(view: ClusterView, node: ViewNode): boolean {
  return (
    node.capabilities.includes('k3s-node') && wantedRole(view, node.name) !== 'none' && !isTooOld(view, node)
  );
}

/** Its k3s is older than an operator wants any to be. */
export function isTooOld({ settings }: ClusterView, node: Pick<ViewNode, 'capabilities'>): boolean {
  const least = versionFrom(settingsOf(settings[service]).minimumVersion);
  const own = versionOf(node);
  return least !== undefined && own !== undefined && compareVersions(own, least) < 0;
}

/** Members that could be servers, the best first: those an operator names, then voters, then who is reached by wire and directly. */
export function serverCandidates(
  view: ClusterView,
  states: readonly ViewNode['state'][] = ['alive'],
): readonly ViewNode[] {
  const isPoor = ({ capabilities }: ViewNode) =>
    capabilities.some(each => each === 'link=wireless' || each === 'link=relayed');
  const rank = (node: ViewNode) =>
    (wantedRole(view, node.name) === 'server' ? 0 : 8) +
    (isPoor(node) ? 4 : 0) +
    ({ voter: 0, learner: 1, observer: 2 }[node.standing] ?? 2);
  const present = readyServers(view)
    .map(versionOf)
    .flatMap(each => each ?? [])
    .toSorted(compareVersions);
  return view.nodes
    .filter(
      node =>
        canRun(view, node) &&
        wantedRole(view, node.name) !== 'agent' &&
        states.includes(node.state) &&
        node.ip !== '' &&
        !node.drain &&
        skewOf(versionOf(node), present.at(0)) === '',
    )
    .toSorted((a, b) => rank(a) - rank(b) || (a.id < b.id ? -1 : 1));
}

/** How many servers there should be: an odd number, and no more than there are nodes for. Those that are servers count, also when they are away. */
export function serversWanted(view: ClusterView): number {
  const { servers } = settingsOf(view.settings[service]);
  const granted = grantsOf(view, roles.server).filter(({ node }) => mayStay(view, node));
  // One that is silent for a moment is no reason to take a server away.
  const candidates = serverCandidates(view, ['alive', 'suspect']);
  const able = new Set([...granted.map(({ node }) => node), ...candidates.map(({ id }) => id)]);
  const most = servers === 'auto' ? 3 : servers;
  return [5, 3].find(count => count <= most && able.size >= count) ?? 1;
}

/** A server that nobody wants to be something else. */
export function mayStay(view: ClusterView, id: string): boolean {
  const node = nodeOf(view, id);
  const wanted = node && wantedRole(view, node.name);
  return node !== undefined && wanted !== 'agent' && wanted !== 'none';
}

/** Members that could be agents. */
export function agentCandidates(view: ClusterView): readonly ViewNode[] {
  return view.nodes.filter(
    node => canRun(view, node) && node.state === 'alive' && node.ip !== '' && !node.drain,
  );
}

/** How many members of etcd must be there of so many. */
export const majorityOf = (count: number) => Math.floor(count / 2) + 1;

/** The leave of a member that is under way. */
export function leaveUnderWay(
  { operations }: Pick<ClusterView, 'operations'>,
  id: string,
): OperationView | undefined {
  return operations.find(
    each =>
      each.service === service && each.kind === 'leave' && each.node === id && each.outcome === 'running',
  );
}
