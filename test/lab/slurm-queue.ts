// What tests do with SLURM's queue: submit jobs as an ordinary user, and wait until what slurmctld knows of them is written
// down and copied.
import assert from 'node:assert/strict';
import { clusterctl } from './agent-host.ts';
import type { Host } from './host.ts';
import { waitFor } from './wait-for.ts';

/** A user that Debian always has, without rights. */
const asUser = ['setpriv', '--reuid', 'games', '--regid', 'games', '--clear-groups'];

/** Runs one of SLURM's commands as an ordinary user. */
export function runAsUser(on: Host, argv: readonly string[], options?: Parameters<Host['run']>[1]) {
  return on.run([...asUser, ...argv], options);
}

/** Submits a shell script. Resolves with the id of the job. */
export async function submit(on: Host, script: string, ...args: string[]): Promise<string> {
  const argv = ['sbatch', '--parsable', '-D', '/tmp', '-o', '/dev/null', ...args];
  const { exitCode, stdout, stderr } = await runAsUser(on, argv, { input: `#!/bin/sh\n${script}\n` });
  assert.equal(exitCode, 0, stderr);
  return stdout.trim();
}

/** What SLURM says of a job, in one line; empty when it does not answer. */
export async function jobText(on: Host, job: string): Promise<string> {
  return (await on.run(['scontrol', '-o', 'show', 'job', job], { timeoutMs: 15_000 })).stdout;
}

/** True of a job that has come to its good end, at its first attempt. */
export async function hasEndedOnce(on: Host, job: string): Promise<boolean> {
  return /JobState=COMPLETED .*Restarts=0 /.test(await jobText(on, job));
}

interface Part {
  readonly role: string;
  readonly copy: string;
  readonly copiedAtMs: number;
}

/**
 * Waits until slurmctld on `holder` has written down all that has happened to its jobs so far, and `standbys` others have it. It
 * writes every few seconds, and what it has not written nobody can copy. One more change of `job`, which has not ended, has it
 * write also when there was nothing new.
 */
export async function queueKept(holder: Host, job: string, standbys: number): Promise<void> {
  const beganAt = Number((await holder.run(['date', '+%s.%N'])).stdout);
  const { exitCode, stderr } = await holder.run(['scontrol', 'update', `jobid=${job}`, `comment=${beganAt}`]);
  assert.equal(exitCode, 0, stderr);
  const savedAt = await waitFor(
    async () => {
      const argv = ['stat', '-c', '%.Y', '/var/lib/slurm/slurmctld/job_state'];
      const at = Number((await holder.run(argv)).stdout);
      return at > beganAt ? at : undefined;
    },
    { timeoutMs: 30_000, what: 'slurmctld to write down its queue' },
  );
  let last: unknown;
  await waitFor(
    async () => {
      last = await clusterctl(holder, ['service', 'show', 'slurm']);
      const { parts } = last as { readonly parts: readonly Part[] };
      const have = parts.filter(
        ({ role, copy, copiedAtMs }) =>
          role === 'standby' && copy === 'current' && copiedAtMs >= savedAt * 1000,
      );
      return have.length >= standbys;
    },
    { what: `${standbys} copies of it`, explain: () => JSON.stringify(last) },
  );
}
