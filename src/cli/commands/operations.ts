// `clusterctl operations`: what the leader has under way or has done, such as the join of a node to SLURM.
import type { Operation__Output } from '../../api/gen/clusteros/v1/Operation.ts';
import { ageText, spanText } from '../duration.ts';
import { exitCode } from '../exit.ts';
import { News } from '../news.ts';
import { operationText, standingFailures, stepText, whyText } from '../operation-text.ts';
import { type Noun, printList, watchPrinter } from '../output.ts';
import { type Request, withAgent } from '../request.ts';
import { hint, note } from '../shell.ts';

export interface OperationsFlags {
  readonly watch: boolean;
}

/** @param nowMs gives the wall clock, against which the leader's is shown */
function operationNoun(nowMs: () => number): Noun<Operation__Output> {
  return {
    columns: [
      { title: 'ID', widthMin: 4, cell: ({ id }) => String(id) },
      { title: 'KIND', widthMin: 7, cell: ({ kind }) => kind },
      { title: 'SERVICE', cell: ({ service }) => service },
      { title: 'ROLE', widthMin: 10, cell: ({ role }) => role },
      { title: 'MEMBER', cell: ({ member }) => member },
      { title: 'OUTCOME', widthMin: 7, cell: ({ outcome }) => outcome },
      { title: 'OPENED', widthMin: 7, cell: ({ openedAtMs }) => `${ageText(nowMs() - openedAtMs)} ago` },
      {
        title: 'TOOK',
        widthMin: 6,
        cell: ({ openedAtMs, closedAtMs }) =>
          closedAtMs === 0 ? '-' : spanText(Math.max(0, closedAtMs - openedAtMs)),
      },
      { title: 'TOKEN', wide: true, cell: ({ token }) => String(token) },
      { title: 'STEP', widthMin: 12, cell: stepText },
      { title: 'REASON', cell: ({ reason }) => reason, wideCell: whyText },
    ],
    json: ({ openedAtMs, closedAtMs, steps, ...operation }) => {
      const { id, kind, service, role, member, token, outcome, reason } = operation;
      return {
        ...{ id, kind, service, role, member, token, outcome, reason },
        openedAt: new Date(openedAtMs).toISOString(),
        closedAt: closedAtMs === 0 ? null : new Date(closedAtMs).toISOString(),
        steps: steps.map(({ name, state, detail }) => ({ name, state, detail })),
      };
    },
    name: ({ id }) => String(id),
  };
}

/** Prints the operations, the oldest first. */
export async function operations(request: Request, { watch }: OperationsFlags): Promise<number> {
  const { shell } = request;
  const noun = operationNoun(shell.nowMs);
  return withAgent(request, async (client, answered) => {
    if (watch) {
      const print = await watchPrinter(shell, request, noun);
      const news = new News<Operation__Output>(({ id }) => String(id), JSON.stringify);
      for await (const { operations } of client.watchOperations()) {
        answered();
        print(news.in(operations));
      }
      return exitCode.done;
    }
    const { operations } = await client.operations();
    await printList(shell, request, noun, operations);
    if (request.format === 'table' || request.format === 'wide') {
      note(shell, summaryOf(operations));
      const [failure] = standingFailures(operations);
      if (failure)
        hint(shell, `${operationText(failure)}; see "clusterctl events --member ${failure.member}"`);
    }
    return exitCode.done;
  });
}

/** `3 operations: 1 running, 2 done.` */
function summaryOf(operations: readonly Operation__Output[]): string {
  const counts = ['running', 'done', 'failed']
    .map(wanted => [operations.filter(({ outcome }) => outcome === wanted).length, wanted] as const)
    .filter(([count]) => count > 0)
    .map(([count, outcome]) => `${count} ${outcome}`);
  const all = `${operations.length} ${operations.length === 1 ? 'operation' : 'operations'}`;
  return counts.length > 0 ? `${all}: ${counts.join(', ')}.` : `${all}.`;
}
