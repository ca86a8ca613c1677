// Jobs that a slurmctld had acknowledged and not saved when it ended: it leaves their folders, and the next one deletes them at
// its start. Before that they are set aside here, within the state folder, so that whoever serves next has them too. Only moves
// files; a job_state of an unknown form is never guessed at.

import { textOf } from '../file-text.ts';
import type { Host } from '../host.ts';
import { jobIdGap, jobIdMax } from '../limits.ts';
import { environmentFrom } from './job-environment.ts';
import { formerIdIn, type JobRequest, jobRequestFrom } from './job-request.ts';
import { nextJobIdIn } from './job-state.ts';
import { requestVariable } from './job-submit.ts';
import { folders } from './names.ts';

/** What there is of a job that was set aside, each in a file of its own: `1234.script`. */
export type UnrecordedPart = 'script' | 'environment' | 'request' | 'offered' | 'refused';

/** `offered` holds the new id, `refused` why there is none. */
export function unrecordedFile(id: number, part: UnrecordedPart): string {
  return `${folders.unrecorded}/${id}.${part}`;
}

/** Says, for people, why it is not known which jobs were lost; absent when it is. */
export const unknownFile = `${folders.unrecorded}/unknown`;

/** Former ids of the jobs that were set aside, in the order in which they were given. */
export async function unrecordedIds(host: Host): Promise<readonly number[]> {
  const names = await host.listFolder(folders.unrecorded);
  const ids = names.flatMap(name => {
    const id = /^(\d{1,8})\.[a-z]+$/.exec(name)?.[1];
    return id === undefined ? [] : [Number(id)];
  });
  return [...new Set(ids)].sort((a, b) => a - b);
}

/** The id after the last one that is saved; 0 when nothing was ever saved, undefined when that cannot be told. */
export async function nextSavedId(host: Host): Promise<number | undefined> {
  // As slurmctld does: the former version stands for one that is not there.
  const saved =
    (await host.readFile(`${folders.state}/job_state`)) ??
    (await host.readFile(`${folders.state}/job_state.old`));
  return saved === undefined ? 0 : nextJobIdIn(saved);
}

/**
 * Sets aside what slurmctld would delete; to be called before its start, again after a crash. Resolves with the first id that it
 * may give; undefined when there is no reason to say one.
 */
export async function setAside(host: Host): Promise<number | undefined> {
  await host.ensureFolder(folders.requests, { mode: 0o700, owner: 'slurm' });
  await host.ensureFolder(folders.unrecorded, { mode: 0o700, owner: 'slurm' });
  const next = await nextSavedId(host);
  if (next === undefined) {
    await host.writeFile(unknownFile, unknownText, { mode: 0o600, owner: 'slurm' });
    return undefined;
  }
  await host.removeFile(unknownFile);
  const jobs = (await jobFolders(host)).filter(({ id }) => id >= next);
  const aside = await unrecordedIds(host);
  const requests = jobs.length === 0 ? new Map<string, Kept>() : await keptRequests(host);
  const again: number[] = [];
  for (const { id, folder } of jobs) {
    const kept = requests.get(await requestNameIn(host, folder));
    const formerId = formerIdIn(kept?.request.fields.get('comment') ?? '');
    const former = formerId === undefined ? undefined : await requestAside(host, formerId);
    // One of ours, offered just before: it is offered again, under its first id. Who writes such a comment by hand has the same user.
    if (formerId !== undefined && former?.userId === kept?.request.userId) again.push(formerId);
    else await moveAside(host, id, folder, kept?.path);
  }
  for (const id of aside) {
    const offered = await textOf(host, unrecordedFile(id, 'offered'));
    if (again.includes(id) || (offered !== undefined && Number(offered) >= next))
      await host.removeFile(unrecordedFile(id, 'offered'));
  }
  if (next === 0 && jobs.length === 0) return undefined;
  const first = Math.max(next, ...jobs.map(({ id }) => id + 1)) + jobIdGap;
  return first < jobIdMax ? first : undefined;
}

const unknownText =
  'job_state is not of SLURM 22.05, so it is not known whether jobs were lost that had just been submitted: their owners must look';

interface Kept {
  readonly path: string;
  readonly request: JobRequest;
}

interface JobFolder {
  readonly id: number;
  readonly folder: string;
}

/** The folders of jobs, in the order of their ids. */
async function jobFolders(host: Host): Promise<readonly JobFolder[]> {
  const hashes = (await host.listFolder(folders.state)).filter(name => /^hash\.\d$/.test(name));
  const found: JobFolder[] = [];
  for (const hash of hashes)
    for (const name of await host.listFolder(`${folders.state}/${hash}`)) {
      const id = /^job\.(\d{1,8})$/.exec(name)?.[1];
      if (id !== undefined) found.push({ id: Number(id), folder: `${folders.state}/${hash}/${name}` });
    }
  return found.sort((a, b) => a.id - b.id);
}

/** What was asked for lately, by the name that the job has in its environment. */
async function keptRequests(host: Host): Promise<ReadonlyMap<string, Kept>> {
  const found = new Map<string, Kept>();
  for (const name of await host.listFolder(folders.requests)) {
    const path = `${folders.requests}/${name}`;
    const request = jobRequestFrom((await textOf(host, path)) ?? '');
    if (request) found.set(request.request, { path, request });
  }
  return found;
}

async function requestNameIn(host: Host, folder: string): Promise<string> {
  const bytes = await host.readFile(`${folder}/environment`);
  return (bytes && environmentFrom(bytes)?.get(requestVariable)) ?? '';
}

/** What was asked for by a job that was set aside; undefined when nobody knows. */
export async function requestAside(host: Host, id: number): Promise<JobRequest | undefined> {
  return jobRequestFrom((await textOf(host, unrecordedFile(id, 'request'))) ?? '');
}

/** The script last: while it is where it was, a crash is made good by the next call. */
async function moveAside(host: Host, id: number, folder: string, request: string | undefined): Promise<void> {
  if (request !== undefined) await host.rename(request, unrecordedFile(id, 'request'));
  for (const part of ['environment', 'script'] as const)
    await host.rename(`${folder}/${part}`, unrecordedFile(id, part));
}
