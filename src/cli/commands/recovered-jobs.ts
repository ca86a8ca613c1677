// `clusterctl slurm recovered`: jobs that a service had acknowledged and lost with its machine, and what became of each.
import type { RecoveredJob__Output } from '../../api/gen/clusteros/v1/RecoveredJob.ts';
import { ageText } from '../duration.ts';
import { exitCode } from '../exit.ts';
import { type Noun, printList } from '../output.ts';
import { type Request, withAgent } from '../request.ts';
import { hint, note } from '../shell.ts';

/** @param nowMs gives the wall clock, against which that of whoever found the job is shown */
function jobNoun(nowMs: () => number): Noun<RecoveredJob__Output> {
  return {
    columns: [
      { title: 'FORMER', widthMin: 6, cell: ({ formerId }) => String(formerId) },
      { title: 'NOW', widthMin: 6, cell: ({ id }) => (id === 0 ? '' : String(id)) },
      { title: 'USER', widthMin: 8, cell: ({ user }) => user },
      { title: 'NAME', widthMin: 8, cell: ({ name }) => name },
      { title: 'FOUND', widthMin: 7, cell: ({ atMs }) => `${ageText(nowMs() - atMs)} ago` },
      { title: 'NOTE', cell: ({ note }) => note },
    ],
    json: ({ formerId, id, user, name, note, atMs }) => ({
      ...{ formerId, id: id === 0 ? null : id, user, name, note, foundAt: new Date(atMs).toISOString() },
    }),
    name: ({ formerId }) => String(formerId),
  };
}

/** Prints the jobs, the last one last. */
export async function recoveredJobs(request: Request, service: string): Promise<number> {
  const { shell, format } = request;
  const { jobs } = await withAgent(request, client => client.recoveredJobs(service));
  await printList(shell, request, jobNoun(shell.nowMs), jobs);
  if (format !== 'table' && format !== 'wide') return exitCode.done;
  const offered = jobs.filter(({ id }) => id !== 0);
  note(shell, `${offered.length} offered again and held, ${jobs.length - offered.length} not.`);
  if (offered.length > 0) hint(shell, '"scontrol release ID" lets one run; its owner may, too');
  return exitCode.done;
}
