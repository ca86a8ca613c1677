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
import { controllerParts, mungeKeyBytes, mungeKeyName, service, workerParts } from './names.ts';
import { isPermanent } from './reasons.ts';

/** The decisions that are due. */
export function decideSlurm(view: ClusterView): Decision[] {
  const controller = view.grants.find(grant => grant.service === service && grant.role === 'controller');
  if (!controller) {
    const candidate = candidateFor(view);
    if (!candidate) return [];
    const secret: Decision[] = view.secretNames.includes(mungeKeyName)
      ? []
      : [{ kind: 'secret', name: mungeKeyName, bytes: mungeKeyBytes }];
    return [...secret, { kind: 'grant', service, role: 'controller', node: candidate.id }];
  }
  return [
    ...workerGrants(view),
    ...view.grants.filter(grant => grant.service === service).flatMap(grant => joinOf(view, grant)),
  ];
}

/** The leader's own machine when it can, else the capable one with the lowest id, so that any leader would say the same. */
function candidateFor({ nodes, self }: ClusterView): ViewNode | undefined {
  const able = nodes.filter(
    ({ state, capabilities }) => state === 'alive' && capabilities.includes('slurm-controller'),
  );
  return able.find(({ id }) => id === self.id) ?? able[0];
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

/** Opens, advances or ends the operation of one grant by what its node reports. */
function joinOf({ nodes, operations }: ClusterView, { role, node, token }: Grant): Decision[] {
  const latest = operations.findLast(
    each => each.service === service && each.role === role && each.node === node && each.token === token,
  );
  const steps = role === 'controller' ? controllerParts : workerParts;
  const open: Decision = { kind: 'open-operation', operation: 'join', service, role, node, token, steps };
  if (!latest) return [open];
  const report = nodes
    .find(({ id }) => id === node)
    ?.reports.find(each => each.service === service && each.role === role && each.token === token);
  if (!report) return [];
  // A join that failed is tried on by the node itself; only success is news, or the log would fill with failures.
  if (latest.outcome === 'failed') return report.state === 'ready' ? [open] : [];
  if (latest.outcome === 'done') return [];
  const advanced = advancedBy(latest, report);
  const same =
    advanced.outcome === latest.outcome && JSON.stringify(advanced.steps) === JSON.stringify(latest.steps);
  return same ? [] : [{ kind: 'advance-operation', id: latest.id, ...advanced }];
}

function advancedBy(
  { steps }: OperationView,
  report: ServiceReport,
): Pick<OperationView, 'steps' | 'outcome' | 'reason'> {
  if (report.state === 'ready') {
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
