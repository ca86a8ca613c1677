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
function rank({ state }: ServiceReport__Output): number {
  const at = worstFirst.indexOf(state);
  return at < 0 ? worstFirst.indexOf('starting') : at;
}
