// `clusterctl service`: how the roles of a service fare on their members, and the move of the one that a member holds alone.
import type { ServicePart__Output } from '../../api/gen/clusteros/v1/ServicePart.ts';
import type { ShowServiceReply__Output } from '../../api/gen/clusteros/v1/ShowServiceReply.ts';
import { spanText } from '../duration.ts';
import { exitCode } from '../exit.ts';
import { type Noun, printList, printValue } from '../output.ts';
import { type Request, withAgent } from '../request.ts';

const partNoun: Noun<ServicePart__Output> = {
  columns: [
    { title: 'ROLE', widthMin: 10, cell: ({ report }) => report?.role ?? '' },
    { title: 'MEMBER', widthMin: 6, cell: ({ member }) => member },
    { title: 'STATE', widthMin: 8, cell: stateText },
    { title: 'COPY', widthMin: 7, cell: copyText },
    { title: 'TOKEN', wide: true, cell: ({ report }) => String(report?.token ?? '') },
    { title: 'DETAIL', cell: ({ report }) => report?.detail ?? '' },
  ],
  json: ({ member, memberState, report, holds, copy, behindMs, copiedAtMs }) => ({
    ...{
      member,
      memberState,
      role: report?.role,
      state: report?.state,
      step: report?.step,
      reason: report?.reason,
    },
    ...{ detail: report?.detail, token: report?.token, holds, copy, behindMs, copiedAtMs },
  }),
  name: ({ member }) => member,
};

/** What a member that is gone said last is not how it fares now. */
const isGone = ({ memberState }: ServicePart__Output) => memberState === 'dead' || memberState === 'left';

function stateText(part: ServicePart__Output): string {
  const { memberState, report } = part;
  return isGone(part) ? memberState : report?.reason || (report?.state ?? '');
}

function copyText({ holds, copy, behindMs }: ServicePart__Output): string {
  if (holds) return copy === 'current' ? 'source' : copy;
  return copy === 'behind' ? `${spanText(behindMs)} behind` : copy;
}

/** Prints how the roles of `service` fare. Unhealthy when the one that a member holds alone is not ready, or its member is gone. */
export async function showService(request: Request, service: string): Promise<number> {
  return print(request, await withAgent(request, client => client.showService(service)));
}

/** Gives the role that one member holds alone to `member` (empty for whoever stands by), and prints how the roles fare then. */
export async function moveService(request: Request, service: string, member: string): Promise<number> {
  return print(request, await withAgent(request, client => client.moveService(service, member)));
}

async function print(request: Request, { service, parts }: ShowServiceReply__Output): Promise<number> {
  const { shell, format } = request;
  if (format === 'json' || format === 'yaml')
    await printValue(shell, format, { service, parts: parts.map(partNoun.json) });
  else await printList(shell, request, partNoun, parts);
  const holders = parts.filter(({ holds }) => holds);
  const isServed =
    holders.length === 0
      ? parts.every(({ copy }) => copy === '')
      : holders.some(each => !isGone(each) && each.report?.state === 'ready');
  return isServed ? exitCode.done : exitCode.unhealthy;
}
