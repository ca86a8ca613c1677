// `clusterctl voters`, `member promote` and `member demote`: who votes and why, and an operator's word on it.
import type { VotingNode__Output } from '../../api/gen/clusteros/v1/VotingNode.ts';
import type { VotingReply__Output } from '../../api/gen/clusteros/v1/VotingReply.ts';
import { CliError, exitCode } from '../exit.ts';
import { type Noun, printList } from '../output.ts';
import { type Request, withAgent } from '../request.ts';
import { note } from '../shell.ts';

const votingNoun: Noun<VotingNode__Output> = {
  columns: [
    { title: 'NAME', widthMin: 6, cell: ({ name }) => name },
    { title: 'ROLE', cell: ({ role }) => role },
    { title: 'WISH', cell: ({ wish }) => (wish === '' ? '-' : wish) },
    { title: 'WHY', widthMin: 20, cell: ({ why }) => why },
    { title: 'ID', wide: true, cell: ({ id }) => id },
  ],
  json: ({ id, name, role, wish, why }) => ({ id, name, role, wish, why }),
  name: ({ name }) => name,
};

/** Prints who votes; with `count` an operator has said how many shall. */
export async function voters(request: Request, count: number | undefined): Promise<number> {
  return print(
    request,
    await withAgent(request, client =>
      count === undefined ? client.voting() : client.changeVoting({ count }),
    ),
  );
}

/** Has decided that a member votes, does not, or that the leader chooses again. */
export async function wishVoter(
  request: Request,
  member: string,
  wish: 'always' | 'never' | 'none',
): Promise<number> {
  return print(request, await withAgent(request, client => client.changeVoting({ member, wish })));
}

/** @throws CliError when it is not 1, 3 or 5 */
export function voterCountFrom(text: string): number {
  if (['1', '3', '5'].includes(text)) return Number(text);
  throw new CliError(
    exitCode.usage,
    `--count ${text} is not 1, 3 or 5`,
    'an even number of voters tolerates no more failures',
  );
}

async function print(request: Request, { wanted, nodes }: VotingReply__Output): Promise<number> {
  await printList(request.shell, request, votingNoun, nodes);
  const voting = nodes.filter(({ role }) => role === 'leader' || role === 'voter').length;
  if ((request.format === 'table' || request.format === 'wide') && voting !== wanted)
    note(
      request.shell,
      `${voting} of ${wanted} voters; more come with more nodes, each one step after another.`,
    );
  return exitCode.done;
}
