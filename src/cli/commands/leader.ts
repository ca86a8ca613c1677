// `clusterctl leader`: who leads, and whether a majority has just confirmed it.
import type { LeaderReply__Output } from '../../api/gen/clusteros/v1/LeaderReply.ts';
import { shortAddress } from '../address.ts';
import { spanText } from '../duration.ts';
import { exitCode } from '../exit.ts';
import { type Noun, printList, printValue } from '../output.ts';
import { type Request, withAgent } from '../request.ts';
import { note } from '../shell.ts';

const leaderNoun: Noun<LeaderReply__Output> = {
  columns: [
    { title: 'NAME', widthMin: 6, cell: ({ name }) => name },
    {
      title: 'ADDRESS',
      widthMin: 11,
      cell: ({ address }) => shortAddress(address),
      wideCell: ({ address }) => address,
    },
    { title: 'TERM', cell: ({ term }) => String(term) },
    { title: 'SINCE', cell: ({ sinceMs }) => `${spanText(sinceMs)} ago` },
    { title: 'CONFIRMED', cell: ({ confirmed }) => (confirmed ? 'yes' : 'no') },
    { title: 'ID', wide: true, cell: ({ id }) => id },
  ],
  json: ({ id, name, address, term, sinceMs, confirmed }) => ({
    ...{ id, name, address, term, sinceMs, confirmed },
  }),
  name: ({ name }) => name,
};

/** Prints the leader. Unhealthy when there is none or no majority confirms it. */
export async function leader(request: Request): Promise<number> {
  return print(request, await withAgent(request, client => client.leader()));
}

/** Has the leader hand over to `member` (empty for the voter that is furthest) and prints who leads then. */
export async function transferLeader(request: Request, member: string): Promise<number> {
  return print(request, await withAgent(request, client => client.transferLeader(member)));
}

async function print(request: Request, reply: LeaderReply__Output): Promise<number> {
  const { shell, format } = request;
  if (format === 'json' || format === 'yaml') await printValue(shell, format, leaderNoun.json(reply));
  else await printList(shell, request, leaderNoun, [reply]);
  if ((format === 'table' || format === 'wide') && !reply.confirmed)
    note(shell, `This node follows ${reply.name}, which did not say in time that a majority confirms it.`);
  return exitCode.done;
}
