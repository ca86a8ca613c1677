// What the leader decides about Kubernetes: two tokens, who founds and then keeps the cluster, servers one at a time, agents after them,
// and who gives a role up again. Pure and level-triggered: when all is decided nothing comes out, whoever leads.
import type {
  ClusterView,
  Decision,
  Grant,
  OperationView,
  ServiceReport,
  ViewNode,
} from '../cluster-view.ts';
import { joinsOf } from '../joins.ts';
import {
  agentCandidates,
  grantsOf,
  isHere,
  keeperGrant,
  leaveUnderWay,
  mayStay,
  nodeOf,
  readyServers,
  reportOf,
  serverCandidates,
  serversWanted,
  wantedRole,
} from './candidates.ts';
import { isPermanent } from './failures.ts';
import {
  agentParts,
  agentToken,
  caSecret,
  keeperParts,
  leaveParts,
  roles,
  serverParts,
  serverToken,
  service,
} from './names.ts';
import { hasFailedBefore, hopelessServers, mayLose, replaceable } from './newcomers.ts';
import { advanced } from './progress.ts';
import { recoveryDecisions, recoveryUnderWay } from './recovery.ts';

/** Words of a keeper's or a founder's report, `ca=HASH`; those with a token are of the grant with that. */
export const evidence = {
  ca: (hash: string) => `ca=${hash}`,
  drained: (token: number) => `drained=${token}`,
  gone: (token: number) => `gone=${token}`,
  /** A server that has never joined is away for long. */
  away: (token: number) => `away=${token}`,
  /** What a leave waits for, in a line for people. */
  held: (token: number, why: string) => `held=${token} ${why}`,
};

/** What the keeper's report has of them. */
function keepersEvidence(view: ClusterView): readonly string[] {
  const keeper = keeperGrant(view);
  return (keeper && reportOf(nodeOf(view, keeper.node), keeper)?.evidence) ?? [];
}

/** The decisions that are due. */
export function decideK3s(view: ClusterView): Decision[] {
  // Roles are taken away again by decisions of that level.
  if (view.level < 2) return [];
  const keeper = keeperGrant(view);
  const tokens: Decision[] = [serverToken, agentToken]
    .filter(({ name }) => !view.secretNames.includes(name))
    .map(each => ({ kind: 'secret', ...each }));
  if (!view.secretNames.includes(caSecret)) {
    const founding = keeper ? foundingBy(view, keeper) : firstKeeper(view);
    if (!keeper && founding.length === 0) return [];
    return [...tokens, ...founding, ...joins(view)];
  }
  const recovery = recoveryUnderWay(view);
  if (recovery) return [...tokens, ...recoveryDecisions(view, keeper, recovery), ...joins(view)];
  return [
    ...tokens,
    ...keeperMoves(view, keeper),
    ...serverChanges(view),
    ...agentGrants(view),
    ...leavesOf(view),
    ...joins(view),
  ];
}

const partsOf = (role: string) =>
  ({ [roles.keeper]: keeperParts, [roles.server]: serverParts })[role] ?? agentParts;

const joins = (view: ClusterView) => joinsOf(view, service, { partsOf, isPermanent });

/** Nobody has ever been told to found a cluster, or who was has been taken out before there was one. */
function firstKeeper(view: ClusterView): Decision[] {
  const first = serverCandidates(view).find(({ standing }) => standing !== 'observer');
  return first ? [{ kind: 'move', service, role: roles.keeper, node: first.id, from: 0 }] : [];
}

/**
 * The one who was told so is a server, and has the cluster's authority noted. However long it takes: whether it has founded a cluster nobody
 * else can know, so nobody else is told to before an operator has taken it out.
 */
function foundingBy(view: ClusterView, { node: id }: Grant): Decision[] {
  const grant = grantsOf(view, roles.server).find(each => each.node === id);
  if (!grant) return [{ kind: 'grant', service, role: roles.server, node: id }];
  const report = reportOf(nodeOf(view, id), grant);
  const hash = report?.evidence?.find(each => each.startsWith('ca='))?.slice(3) ?? '';
  return /^[0-9a-f]{64}$/.test(hash) ? [{ kind: 'keep', name: caSecret, text: hash }] : [];
}

/** Another server sees to the cluster when the one that does cannot. */
function keeperMoves(view: ClusterView, keeper: Grant | undefined): Decision[] {
  const holder = keeper && nodeOf(view, keeper.node);
  const server = grantsOf(view, roles.server).find(({ node }) => node === holder?.id);
  const isFailing = [keeper, server].some(grant => grant && reportOf(holder, grant)?.state === 'failing');
  const isWell =
    holder !== undefined &&
    server !== undefined &&
    holder.state !== 'dead' &&
    holder.state !== 'left' &&
    holder.standing !== 'observer' &&
    !holder.drain &&
    mayStay(view, holder.id) &&
    !isFailing &&
    !isOut(reportOf(holder, server));
  if (isWell) return [];
  const heir = readyServers(view).find(
    node =>
      node.id !== keeper?.node &&
      node.state === 'alive' &&
      node.standing !== 'observer' &&
      !node.drain &&
      mayStay(view, node.id),
  );
  return heir ? [{ kind: 'move', service, role: roles.keeper, node: heir.id, from: keeper?.token ?? 0 }] : [];
}

/** Its server is no member of etcd, and waits to be let in: nobody lets the keeper in but another one. */
function isOut(report: ServiceReport | undefined): boolean {
  return report?.state === 'starting' && report.step === 'admission';
}

const leaveOf = ({ operations }: ClusterView, { node, token }: Grant) =>
  operations.find(
    each => each.service === service && each.kind === 'leave' && each.node === node && each.token === token,
  );

function opened({ role, node, token }: Grant): Decision {
  return { kind: 'open-operation', operation: 'leave', service, role, node, token, steps: leaveParts };
}

const isLeaving = (view: ClusterView, id: string) => leaveUnderWay(view, id) !== undefined;

/** One server more, or one less; only while all others are well, since each change is one of etcd's members. */
function serverChanges(view: ClusterView): Decision[] {
  const granted = grantsOf(view, roles.server);
  // Also an agent that leaves may do so to become a server.
  if (view.nodes.some(({ id }) => isLeaving(view, id))) return [];
  const wanted = serversWanted(view);
  const hopeless = hopelessOf(view);
  const surplus = surplusServers(view, granted, { wanted, hopeless });
  const replaced = replaceable(view, hopeless, wanted);
  const leavers = surplus.length > 0 ? surplus : replaced ? [replaced] : [];
  if (leavers.length > 0)
    return leavers
      .filter(each => mayLose(view, granted, each))
      .slice(0, 1)
      .map(opened);
  if (granted.length >= wanted || readyServers(view).length < granted.length) return [];
  const next = nextServers(view, granted, granted);
  // How long an agent's pods take to go nobody knows, and two servers are worse than one: all are free before the first begins.
  const agents = grantsOf(view, roles.agent);
  const busy = next.flatMap(({ id }) => agents.find(({ node }) => node === id) ?? []);
  const [first] = busy.length > 0 ? busy.filter(each => !leaveOf(view, each)) : [];
  if (busy.length > 0) return first ? [opened(first)] : [];
  return next.slice(0, 1).map(({ id }) => ({ kind: 'grant', service, role: roles.server, node: id }));
}

function hopelessOf(view: ClusterView): readonly Grant[] {
  const words = keepersEvidence(view);
  return hopelessServers(view, token => words.includes(evidence.away(token)));
}

/**
 * Those that will be servers beside `staying`, as things are: who has failed to be one comes last; whoever has no other role comes first, since an
 * agent would have to give up its pods.
 */
function nextServers(
  view: ClusterView,
  granted: readonly Grant[],
  staying: readonly Grant[],
): readonly ViewNode[] {
  const agents = new Set(grantsOf(view, roles.agent).map(({ node }) => node));
  const rank = ({ id, name }: ViewNode) =>
    (hasFailedBefore(view, id) ? 2 : 0) + (agents.has(id) && wantedRole(view, name) !== 'server' ? 1 : 0);
  const missing = Math.max(0, serversWanted(view) - staying.length);
  return serverCandidates(view)
    .filter(({ id }) => !granted.some(({ node }) => node === id))
    .toSorted((a, b) => rank(a) - rank(b))
    .slice(0, missing);
}

/** Servers that shall be none, or of which there is one too many, the best to go first: one that will not come, one that is away; never the keeper. */
function surplusServers(
  view: ClusterView,
  granted: readonly Grant[],
  { wanted, hopeless }: { readonly wanted: number; readonly hopeless: readonly Grant[] },
): readonly Grant[] {
  const keeper = keeperGrant(view)?.node;
  const others = granted.filter(({ node }) => node !== keeper);
  const unwanted = others.filter(({ node }) => !mayStay(view, node));
  if (unwanted.length > 0 || granted.length <= wanted) return unwanted;
  const isAway = ({ node }: Grant) => {
    const member = nodeOf(view, node);
    return member === undefined || !isHere(member);
  };
  const first = others.find(each => hopeless.includes(each)) ?? others.find(isAway) ?? others.at(-1);
  return first ? [first] : [];
}

/** Members that are to be servers soon, and are made no agents meanwhile; nobody while one holds all others up and cannot be replaced. */
function awaitedServers(view: ClusterView): readonly ViewNode[] {
  const granted = grantsOf(view, roles.server);
  const hopeless = hopelessOf(view);
  const replaced = replaceable(view, hopeless, serversWanted(view));
  if (hopeless.length > 0 && !replaced) return [];
  const staying = granted.filter(each => each !== replaced && !isLeaving(view, each.node));
  return nextServers(view, granted, staying);
}

/** Agents come after the servers, so that none is made a server right after it has begun to work. */
function agentGrants(view: ClusterView): Decision[] {
  const servers = grantsOf(view, roles.server);
  const agents = grantsOf(view, roles.agent);
  const roleLess = agentCandidates(view).filter(
    ({ id }) => ![...servers, ...agents].some(({ node }) => node === id) && !isLeaving(view, id),
  );
  const awaited = new Set(awaitedServers(view).map(({ id }) => id));
  const grants = roleLess
    .filter(({ id, name }) => !awaited.has(id) && wantedRole(view, name) !== 'server')
    .map(({ id }): Decision => ({ kind: 'grant', service, role: roles.agent, node: id }));
  const unwanted = agents.filter(grant => {
    const member = nodeOf(view, grant.node);
    return member !== undefined && wantedRole(view, member.name) === 'none' && !leaveOf(view, grant);
  });
  return [...grants, ...unwanted.map(opened)];
}

/** Roles that are given up: revoked once the keeper has said that the cluster has forgotten the node, and over once the node has. */
function leavesOf(view: ClusterView): Decision[] {
  const words = keepersEvidence(view);
  return view.operations
    .filter(each => each.service === service && each.kind === 'leave' && each.outcome === 'running')
    .flatMap(operation => leaveProgress(view, operation, words));
}

function leaveProgress(view: ClusterView, operation: OperationView, words: readonly string[]): Decision[] {
  const { role, node, token } = operation;
  const grant = view.grants.find(each => each.token === token);
  const member = nodeOf(view, node);
  const isForgotten = grant === undefined || words.includes(evidence.gone(token));
  const isDrained = isForgotten || words.includes(evidence.drained(token));
  const report = member?.reports.find(
    each => each.service === service && each.role === role && each.token === token,
  );
  const hasStopped = member === undefined || !isHere(member) || report?.state === 'released';
  const done = [isDrained, isForgotten, isForgotten && grant === undefined && hasStopped];
  const held = words
    .find(each => each.startsWith(evidence.held(token, '')))
    ?.slice(evidence.held(token, '').length);
  // What it said before it knew that it has no role any more tells nothing of how it ends.
  const isEnding = report?.state === 'failing' && report.step === 'stop';
  const revoked: Decision[] = grant && isForgotten ? [{ kind: 'revoke', service, role, node, token }] : [];
  return [...revoked, ...advanced(operation, done, isEnding ? report.detail : held)];
}

/** Why `id` should not be taken out of the cluster as things are; empty when nothing of Kubernetes speaks against it. */
export function removalHarm(view: ClusterView, id: string): string {
  const granted = grantsOf(view, roles.server);
  const own = granted.find(({ node }) => node === id);
  const member = nodeOf(view, id);
  if (!own || !member) return '';
  if (!view.secretNames.includes(caSecret))
    return `${member.name} is just founding the Kubernetes cluster: wait until "clusterctl operations" says that it has`;
  if (granted.length === 1)
    return `${member.name} is the only server of Kubernetes, and has all that is stored there: give the cluster another first ("clusterctl service settings k3s", servers)`;
  if (isHere(member))
    return `${member.name} is a server of Kubernetes: have it give that up first ("roles: {${member.name}: none}" in "clusterctl service configure k3s")`;
  if (!mayLose(view, granted, own))
    return `Kubernetes has lost its majority of servers, and cannot take ${member.name} out: start the others, or see "clusterctl k3s recover"`;
  return '';
}

/** Why Kubernetes must not be begun from nothing as things are; empty when nobody serves it. */
export function forgetHarm(view: ClusterView): string {
  const names = readyServers(view).map(({ name }) => name);
  return names.length === 0
    ? ''
    : `Kubernetes works, on ${names.join(', ')}: only one that is lost for good can be forgotten`;
}
