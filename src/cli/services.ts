// Reads the service reports of members: a node that plays several roles in a service counts once, by its worst role.
import type { Member__Output } from '../api/gen/clusteros/v1/Member.ts';
import type { ServiceReport__Output } from '../api/gen/clusteros/v1/ServiceReport.ts';

const worstFirst = ['failing', 'starting', 'draining', 'drained', 'ready', 'released', 'absent'];

/** One report for each service of `member`, the worst, in the order in which the services first occur. */
export function worstReports(member: Member__Output): ServiceReport__Output[] {
  const worst = new Map<string, ServiceReport__Output>();
  for (const report of member.services) {
    const known = worst.get(report.service);
    if (known === undefined || rank(report) < rank(known)) worst.set(report.service, report);
  }
  return [...worst.values()];
}

/** A state of a newer agent that this clusterctl does not know is never taken for ready. */
function rank(report: ServiceReport__Output): number {
  // Before the other roles that are ready.
  if (isWarning(report)) return worstFirst.indexOf('ready') - 0.5;
  const at = worstFirst.indexOf(report.state);
  return at < 0 ? worstFirst.indexOf('starting') : at;
}

/** Ready, and yet with a reason: something does harm all the same. */
export function isWarning({ state, reason }: ServiceReport__Output): boolean {
  return state === 'ready' && reason !== '';
}
