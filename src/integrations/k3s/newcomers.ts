// Servers that were granted and have never joined: which of them never will, and who may take their place. Pure.
import type { ClusterView, Grant } from '../cluster-view.ts';
import { hasJoined } from '../joins.ts';
import {
  grantsOf,
  isHere,
  keeperGrant,
  majorityOf,
  nodeOf,
  readyServers,
  reportOf,
  serverCandidates,
} from './candidates.ts';
import { isPermanent } from './failures.ts';
import { roles, service } from './names.ts';

const isJoin = ({ kind, service: its }: ClusterView['operations'][number]) =>
  kind === 'join' && its === service;

/** By its own word and by the log. One of whose join the log knows nothing, since it is long ago or just beginning, counts as one that has. */
export function hasNeverJoined(view: ClusterView, grant: Grant): boolean {
  const joins = view.operations.filter(
    each => isJoin(each) && each.role === grant.role && each.token === grant.token,
  );
  const isOpen = joins.length > 0 && joins.every(({ outcome }) => outcome !== 'done');
  return isOpen && !hasJoined(reportOf(nodeOf(view, grant.node), grant));
}

/** Granted servers that have never joined, and whose machines are not here: the keeper looks how long. */
export function newcomersAway(view: ClusterView): readonly Grant[] {
  return grantsOf(view, roles.server).filter(grant => hasNeverJoined(view, grant) && isAway(view, grant));
}

function isAway(view: ClusterView, { node }: Grant): boolean {
  const state = nodeOf(view, node)?.state;
  return state === 'dead' || state === 'left';
}

/**
 * Granted servers that will not join as things are: their join has failed for good and they say no better since, or they have been away for long. The
 * keeper's own is none: it founds the cluster, or has it.
 * @param isLong whether the keeper has said so of the grant with this token
 */
export function hopelessServers(view: ClusterView, isLong: (token: number) => boolean): readonly Grant[] {
  const keeper = keeperGrant(view)?.node;
  return grantsOf(view, roles.server).filter(grant => {
    if (grant.node === keeper || !hasNeverJoined(view, grant)) return false;
    const member = nodeOf(view, grant.node);
    const latest = view.operations.findLast(each => isJoin(each) && each.token === grant.token);
    const hasFailed = latest?.outcome === 'failed' && isPermanent(latest.reason);
    const saysBetter = member && isHere(member) && reportOf(member, grant)?.state !== 'failing';
    return (hasFailed && !saysBetter) || (isAway(view, grant) && isLong(grant.token));
  });
}

/** A member whose last try to be a server came to nothing, whether it failed or had to make room, as far as the log remembers. */
export function hasFailedBefore({ operations }: ClusterView, id: string): boolean {
  const ended = operations.findLast(
    each => isJoin(each) && each.role === roles.server && each.node === id && each.outcome !== 'running',
  );
  // With a cluster that was given up ended every join: that tells nothing of who joined it.
  return ended?.outcome === 'failed' && ended.reason !== 'forgotten';
}

/**
 * The one of them that makes room for others: only when there are enough who have not failed themselves for as many servers as are wanted. So two
 * that fail do not take turns, and one server does not become two, which is worse.
 */
export function replaceable(
  view: ClusterView,
  hopeless: readonly Grant[],
  wanted: number,
): Grant | undefined {
  const granted = grantsOf(view, roles.server);
  const fresh = serverCandidates(view).filter(
    ({ id }) => !granted.some(({ node }) => node === id) && !hasFailedBefore(view, id),
  );
  return granted.length - hopeless.length + fresh.length >= wanted ? hopeless[0] : undefined;
}

/**
 * Whether etcd works before, and has a majority after one of its members is taken out, by what members say of themselves. One that has never joined
 * has no vote that would be missed; but it may have one that nobody knows of, so that beside another that leaves it counts as a voter
 * that is away. The keeper asks etcd itself before it takes anybody out.
 */
export function mayLose(view: ClusterView, granted: readonly Grant[], leaving: Grant): boolean {
  const well = new Set(readyServers(view).map(({ id }) => id));
  const isWell = ({ node }: Grant) => well.has(node);
  const others = granted.filter(({ node }) => node !== leaving.node);
  if (hasNeverJoined(view, leaving)) {
    const voters = others.filter(each => !hasNeverJoined(view, each));
    return voters.filter(isWell).length >= majorityOf(voters.length);
  }
  const isWorking = granted.filter(isWell).length >= majorityOf(granted.length);
  return isWorking && others.filter(isWell).length >= majorityOf(others.length);
}
