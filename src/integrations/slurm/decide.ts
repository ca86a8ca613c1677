// What the leader decides about SLURM: a munge key, a controller, workers, and an operation for each join. Pure and
// level-triggered: when all is decided nothing comes out, whoever leads.
import type { ClusterView, Decision, Grant, ViewNode } from '../cluster-view.ts';
import { joinsOf } from '../joins.ts';
import { controllerCandidates, controllerGrant, hasCopyOf } from './candidates.ts';
import { controllerParts, mungeKey, service, workerParts } from './names.ts';
import { cannotServe, isPermanent } from './reasons.ts';

/** The decisions that are due. */
export function decideSlurm(view: ClusterView): Decision[] {
  const controller = controllerGrant(view);
  const heir = controller ? heirOf(view, controller) : firstController(view);
  if (!controller && !heir) return [];
  // Asked also when there is a controller: of the two decisions one may be lost when the leader is.
  const secret: Decision[] = view.secretNames.includes(mungeKey.name)
    ? []
    : [{ kind: 'secret', ...mungeKey }];
  const move: Decision[] = heir
    ? [{ kind: 'move', service, role: 'controller', node: heir.id, from: controller?.token ?? 0 }]
    : [];
  if (!controller) return [...secret, ...move];
  return [...secret, ...move, ...workerGrants(view), ...joinsOf(view, service, { partsOf, isPermanent })];
}

/** The leader's own machine when it can, else the first of those that can, so that any leader would say the same. */
function firstController(view: ClusterView): ViewNode | undefined {
  const able = controllerCandidates(view).filter(({ state, drain }) => state === 'alive' && !drain);
  return able.find(({ id }) => id === view.self.id) ?? able[0];
}

/** Who shall have the controller's role instead of its holder, when that one cannot keep it and another has its queue. */
function heirOf(view: ClusterView, { node, token, former }: Grant): ViewNode | undefined {
  const holder = view.nodes.find(({ id }) => id === node);
  const report = holder?.reports.find(
    each => each.service === service && each.role === 'controller' && each.token === token,
  );
  const isGone = !holder || holder.state === 'dead' || holder.state === 'left';
  // Without a word from the leader itself a holder cannot know whether it still is one.
  const isAside = holder?.standing === 'observer';
  const cannot = report?.state === 'failing' && cannotServe(report.reason);
  if (!isGone && !isAside && !cannot && !holder.drain) return undefined;
  // One that never served has changed nothing: what its own predecessor had is as good.
  const hasServed =
    report?.state === 'ready' ||
    view.operations.some(each => each.token === token && each.outcome === 'done');
  const tokens = hasServed || !former ? [token] : [token, former.token];
  const able = controllerCandidates(view).filter(
    each =>
      each.id !== node &&
      each.state === 'alive' &&
      !each.drain &&
      tokens.some(copied => hasCopyOf(each, copied)),
  );
  return able.find(({ id }) => id === view.self.id) ?? able[0];
}

function workerGrants({ nodes, grants }: ClusterView): Decision[] {
  const granted = new Set(
    grants.filter(grant => grant.service === service && grant.role === 'worker').map(({ node }) => node),
  );
  return nodes
    .filter(
      ({ id, state, capabilities }) =>
        state === 'alive' && capabilities.includes('slurm-worker') && !granted.has(id),
    )
    .map(({ id }) => ({ kind: 'grant', service, role: 'worker', node: id }));
}

const partsOf = (role: string) => (role === 'controller' ? controllerParts : workerParts);
