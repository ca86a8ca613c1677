// The operation that each grant of a role begins: the join of its node, which the leader opens, advances and ends by what that node
// reports. Pure and level-triggered.
import type { ClusterView, Decision, Grant, OperationView, ServiceReport } from './cluster-view.ts';
import { joinHistoryMin } from './limits.ts';

/** What a service says of its joins. */
export interface JoinTerms {
  /** The steps of a join as `role`, in order. */
  partsOf(role: string): readonly string[];
  /** Whether trying again is of no use, by the reason in a report. */
  isPermanent(reason: string): boolean;
}

/** The decisions that are due about the joins to `service`. */
export function joinsOf(view: ClusterView, service: string, terms: JoinTerms): Decision[] {
  return [
    ...view.grants.filter(grant => grant.service === service).flatMap(grant => joinOf(view, grant, terms)),
    ...superseded(view, service),
  ];
}

/** Joins whose role was given to another before they came to their end. */
function superseded({ grants, operations }: ClusterView, service: string): Decision[] {
  return operations
    .filter(
      ({ kind, service: its, outcome, token }) =>
        kind === 'join' &&
        its === service &&
        outcome === 'running' &&
        !grants.some(grant => grant.token === token),
    )
    .map(({ id, steps }) => ({
      ...{ kind: 'advance-operation', id, steps },
      ...{ outcome: 'failed', reason: 'role-moved' },
    }));
}

/** Opens, advances or ends the operation of one grant by what its node reports. */
function joinOf(
  { nodes, operations }: ClusterView,
  { service, role, node, token }: Grant,
  { partsOf, isPermanent }: JoinTerms,
): Decision[] {
  const latest = operations.findLast(
    each =>
      each.kind === 'join' &&
      each.service === service &&
      each.role === role &&
      each.node === node &&
      each.token === token,
  );
  const steps = partsOf(role);
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
  const advanced = advancedBy(latest, report, isPermanent);
  if (advanced.outcome === 'running' && progressOf(advanced) < progressOf(latest)) return [];
  return newsIn(advanced) === newsIn(latest)
    ? []
    : [{ kind: 'advance-operation', id: latest.id, ...advanced }];
}

/** One that an operator drains has joined all the same. */
export function hasJoined(report: ServiceReport | undefined): boolean {
  return report !== undefined && ['ready', 'draining', 'drained'].includes(report.state);
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
  isPermanent: JoinTerms['isPermanent'],
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
