// What the leader decides about SLURM: a munge key, a controller, workers, and an operation for each join. Pure and
// level-triggered: when all is decided nothing comes out, whoever leads.
import type {
  ClusterView,
  Decision,
  Grant,
  OperationView,
  ServiceReport,
  ViewNode,
} from '../cluster-view.ts';
import { joinHistoryMin } from '../limits.ts';
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
  return [
    ...secret,
    ...move,
    ...workerGrants(view),
    ...view.grants.filter(grant => grant.service === service).flatMap(grant => joinOf(view, grant)),
    ...superseded(view),
  ];
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

/** Joins whose role was given to another before they came to their end. */
function superseded({ grants, operations }: ClusterView): Decision[] {
  return operations
    .filter(
      ({ service: its, outcome, token }) =>
        its === service && outcome === 'running' && !grants.some(grant => grant.token === token),
    )
    .map(({ id, steps }) => ({
      ...{ kind: 'advance-operation', id, steps },
      ...{ outcome: 'failed', reason: 'role-moved' },
    }));
}

/** Opens, advances or ends the operation of one grant by what its node reports. */
function joinOf({ nodes, operations }: ClusterView, { role, node, token }: Grant): Decision[] {
  const latest = operations.findLast(
    each => each.service === service && each.role === role && each.node === node && each.token === token,
  );
  const steps = role === 'controller' ? controllerParts : workerParts;
  const open: Decision = { kind: 'open-operation', operation: 'join', service, role, node, token, steps };
  const report = nodes
    .find(({ id }) => id === node)
    ?.reports.find(each => each.service === service && each.role === role && each.token === token);
  if (!latest) {
    // The log keeps a bounded number of ended joins: that of a node which is ready may be history, and is not run again.
    const history = operations.filter(({ outcome }) => outcome !== 'running').length;
    return report && report.state !== 'starting' && history >= joinHistoryMin ? [] : [open];
  }
  if (!report) return [];
  // A join that failed is tried on by the node itself; only success is news, or the log would fill with failures.
  if (latest.outcome === 'failed') return hasJoined(report) ? [open] : [];
  if (latest.outcome === 'done') return [];
  const advanced = advancedBy(latest, report);
  if (advanced.outcome === 'running' && progressOf(advanced) < progressOf(latest)) return [];
  return newsIn(advanced) === newsIn(latest)
    ? []
    : [{ kind: 'advance-operation', id: latest.id, ...advanced }];
}

/** One that an operator drains has joined all the same. */
function hasJoined({ state }: ServiceReport): boolean {
  return state === 'ready' || state === 'draining' || state === 'drained';
}

type Progress = Pick<OperationView, 'steps' | 'outcome'>;

/** How far a join has come. It is not told when a node falls back: a daemon that starts and dies would fill the log. */
function progressOf({ steps }: Progress): number {
  return steps.findLastIndex(({ state }) => state !== 'pending');
}

/** What is worth an entry. Numbers in a detail are not: process ids and times differ from pass to pass. */
function newsIn({ steps, outcome }: Progress): string {
  return JSON.stringify([
    outcome,
    steps.map(({ name, state, detail }) => [name, state, detail.replace(/\d+/g, '#')]),
  ]);
}

function advancedBy(
  { steps }: OperationView,
  report: ServiceReport,
): Pick<OperationView, 'steps' | 'outcome' | 'reason'> {
  if (hasJoined(report)) {
    return {
      steps: steps.map(({ name }) => ({ name, state: 'done', detail: '' })),
      outcome: 'done',
      reason: '',
    };
  }
  const failed = report.state === 'failing' && isPermanent(report.reason);
  const at = steps.findIndex(({ name }) => name === report.step);
  return {
    steps: steps.map(({ name }, i) => {
      if (i < at) return { name, state: 'done', detail: '' };
      if (i > at) return { name, state: 'pending', detail: '' };
      return { name, state: failed ? 'failed' : 'running', detail: report.detail };
    }),
    outcome: failed ? 'failed' : 'running',
    reason: failed ? report.reason : '',
  };
}
