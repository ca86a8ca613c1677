// What an integration found out about jobs that were lost with a machine becomes part of what is decided: it is the same on every
// node, and outlives whoever found it. Says nothing twice.
import { randomUUID } from 'node:crypto';
import type { RecoveredJob } from '../election/command.ts';
import { recoveredJobsMax } from '../election/limits.ts';
import { type Administered, decide } from './grpc/operator.ts';
import { Refusal } from './grpc/refusal.ts';

/** Resolves with whether the cluster knows all of them; false when nobody decides now, and asking again does no harm. */
export async function rememberJobs(
  administered: Administered,
  service: string,
  jobs: readonly RecoveredJob[],
): Promise<boolean> {
  const { agent } = administered;
  // Of more than it keeps, the last.
  const news = jobs
    .slice(-recoveredJobsMax)
    .filter(
      job =>
        !agent.state.recoveredJobs.some(
          each =>
            each.service === service &&
            each.formerId === job.formerId &&
            each.id === job.id &&
            each.note === job.note,
        ),
    );
  if (news.length === 0) return true;
  const command = { kind: 'recovered-jobs', service, jobs: news, atMs: Math.round(agent.wallMs) } as const;
  try {
    await decide(administered, command, { client: randomUUID(), seq: 1 });
    return true;
  } catch (error) {
    if (error instanceof Refusal) return false;
    throw error;
  }
}
