// Jobs that were set aside (unrecorded.ts) are offered again by whoever serves: held, for the same user, each once. Every step can
// be cut short by a crash: what is offered is told by its comment, and its files go only when slurmctld has saved the new job.

import { textOf } from '../file-text.ts';
import type { Host } from '../host.ts';
import { commandTimeoutMs, jobNameLengthMax, offerTimeoutMs, slurmQueryTimeoutMs } from '../limits.ts';
import { oneLine, ServiceError } from '../service-error.ts';
import { environmentFrom, exportFileText } from './job-environment.ts';
import { formerIdIn, hindrance, type JobRequest, sbatchArguments } from './job-request.ts';
import { troubleOfRequests } from './keeping-start.ts';
import { files, folders } from './names.ts';
import { errorFrom, missingProgram } from './reasons.ts';
import { nextSavedId, requestAside, unknownFile, unrecordedFile, unrecordedIds } from './unrecorded.ts';

/** A job that was acknowledged, and lost with the machine of slurmctld. */
export interface RecoveredJob {
  readonly formerId: number;
  /** Under which it is offered again; 0 when it is not. */
  readonly id: number;
  /** Empty when nobody knows. */
  readonly user: string;
  readonly name: string;
  /** What is not as it was, or why it is not offered; one line, empty when there is nothing to say. */
  readonly note: string;
}

export interface OfferSettings {
  /** Wall clock, milliseconds since 1970. */
  readonly nowMs: number;
  /** Has the cluster remember them; those that it knows already are no news. Resolves with whether it knows all of them. */
  readonly remember: (jobs: readonly RecoveredJob[]) => Promise<boolean>;
}

/**
 * Offers what was set aside. To be run where slurmctld serves, and again until nothing is left. Resolves with what an operator
 * should know, empty when there is nothing.
 * @throws ServiceError when slurmctld does not take a job for a passing reason: the next pass goes on
 */
export async function offerUnrecorded(host: Host, { nowMs, remember }: OfferSettings): Promise<string> {
  const trouble =
    (await textOf(host, unknownFile)) ?? troubleOfRequests((await textOf(host, files.controllerConf)) ?? '');
  const ids = await unrecordedIds(host);
  if (ids.length === 0) return trouble;
  await clearOffer(host);
  const settled = new Map<number, RecoveredJob>();
  const failure = await settleAll(host, ids, { nowMs, settled });
  const known = settled.size === 0 || (await remember([...settled.values()]));
  if (failure) throw failure;
  if (!known) return trouble;
  const next = (await nextSavedId(host)) ?? 0;
  for (const { formerId, id } of settled.values())
    if (id > 0 && id < next)
      for (const part of ['script', 'environment', 'request', 'offered'] as const)
        await host.removeFile(unrecordedFile(formerId, part));
  return trouble;
}

/** Settles one job after the other into `settled`. Resolves with what stood in the way of the next one, if anything did. */
async function settleAll(
  host: Host,
  ids: readonly number[],
  { nowMs, settled }: { readonly nowMs: number; readonly settled: Map<number, RecoveredJob> },
): Promise<ServiceError | undefined> {
  let offered: readonly OfferedJob[] | undefined;
  try {
    for (const id of ids) {
      let job = await settledJob(host, id);
      if (!job) {
        // After a crash it may be there without a word of it here.
        offered ??= await offeredJobs(host);
        job = await settle(host, id, { nowMs, settled, offered });
      }
      settled.set(id, job);
    }
  } catch (error) {
    if (!(error instanceof ServiceError)) throw error;
    return error;
  }
  return undefined;
}

/** A job of which it is written down what became of it. */
async function settledJob(host: Host, formerId: number): Promise<RecoveredJob | undefined> {
  for (const part of ['offered', 'refused'] as const) {
    const text = await textOf(host, unrecordedFile(formerId, part));
    if (text === undefined) continue;
    const [id = '', note = ''] = text.split('\n');
    return { formerId, id: Number(id), note, ...namesOf(await requestAside(host, formerId)) };
  }
  return undefined;
}

/** Offers a job, or finds out why it cannot be offered, and writes that down. */
async function settle(
  host: Host,
  formerId: number,
  context: {
    readonly nowMs: number;
    readonly settled: ReadonlyMap<number, RecoveredJob>;
    readonly offered: readonly OfferedJob[];
  },
): Promise<RecoveredJob> {
  const request = await requestAside(host, formerId);
  const present = context.offered.find(each => each.formerId === formerId && each.userId === request?.userId);
  const outcome = present ? { id: present.id, note: '' } : await offer(host, formerId, request, context);
  const part = outcome.id === 0 ? 'refused' : 'offered';
  await host.writeFile(unrecordedFile(formerId, part), `${outcome.id}\n${outcome.note}\n`, {
    ...{ mode: 0o600, owner: 'slurm' },
  });
  return { formerId, ...outcome, ...namesOf(request) };
}

type Offered = Pick<RecoveredJob, 'id' | 'note'>;

async function offer(
  host: Host,
  formerId: number,
  request: JobRequest | undefined,
  { nowMs, settled }: { readonly nowMs: number; readonly settled: ReadonlyMap<number, RecoveredJob> },
): Promise<Offered> {
  const script = await host.readFile(unrecordedFile(formerId, 'script'));
  const bytes = await host.readFile(unrecordedFile(formerId, 'environment'));
  const environment = bytes && environmentFrom(bytes);
  const where = `its script is ${unrecordedFile(formerId, 'script')}`;
  const refused = (why: string): Offered => ({ id: 0, note: oneLine(why) });
  // A name in the environment is the user's own word: only slurmctld knows who it was.
  if (!request) return refused(`it is not known whose it was and what was asked for: ${where}`);
  if (!script || !environment) return refused('its script or environment was not copied in time');
  const hindered = hindrance(request);
  if (hindered !== undefined) return refused(`${hindered} (${where})`);
  const others = new Map(
    [...settled].map(([former, { id }]) => [former, id === 0 ? undefined : id] as const),
  );
  const again = {
    ...{ formerId, nowMs, others, environment: offerFiles.environment, script: offerFiles.script },
    openMode: environment.get('SLURM_OPEN_MODE'),
  };
  const user = await host.run('getent', ['passwd', String(request.userId)], { timeoutMs: commandTimeoutMs });
  if (user.exitCode !== 0) return refused(`this machine has no user ${request.userId} (${where})`);
  const owned = { mode: 0o400, owner: String(request.userId) };
  await host.ensureFolder(folders.offer, { mode: 0o711 });
  await host.writeFile(offerFiles.environment, exportFileText(environment), owned);
  await host.writeFile(offerFiles.script, withoutEnd(script), owned);
  try {
    const asked = sbatchArguments(request, again);
    const first = await submit(host, request, asked.args);
    if (typeof first === 'number') return { id: first, note: asked.leftOut };
    if (!/dependency/i.test(first)) return refused(`SLURM refuses it: ${first} (${where})`);
    const less = sbatchArguments(request, { ...again, withoutDependency: true });
    const second = await submit(host, request, less.args);
    return typeof second === 'number'
      ? { id: second, note: less.leftOut }
      : refused(`SLURM refuses it: ${second} (${where})`);
  } finally {
    await clearOffer(host);
  }
}

const offerFiles = { environment: `${folders.offer}/environment`, script: `${folders.offer}/script` };

async function clearOffer(host: Host): Promise<void> {
  for (const path of Object.values(offerFiles)) await host.removeFile(path);
}

/** slurmctld keeps a script with a zero byte at its end, which sbatch does not take. */
function withoutEnd(script: Uint8Array): Uint8Array {
  return script.at(-1) === 0 ? script.subarray(0, -1) : script;
}

/**
 * Submits as the user: as root sbatch would read whatever file a script's own lines name, and SLURM would allow what it allows root.
 * Resolves with the new id, or with SLURM's words when it will never take the job. @throws ServiceError for a passing reason
 */
async function submit(
  host: Host,
  { userId, groupId }: JobRequest,
  args: readonly string[],
): Promise<number | string> {
  const sbatch = await host.which('sbatch');
  if (sbatch === undefined) throw missingProgram('sbatch', 'slurm-client');
  // Nothing of the agent's own environment is for the job.
  const asUser = [`--reuid=${userId}`, `--regid=${groupId}`, '--init-groups', 'env', '-i'];
  const { exitCode, stdout, stderr } = await host.run('setpriv', [...asUser, sbatch, ...args], {
    timeoutMs: offerTimeoutMs,
  });
  const id = /^(\d+)(;|$)/m.exec(stdout)?.[1];
  if (id !== undefined) return Number(id);
  // What it says of the job itself it will say again.
  if (exitCode > 0 && !passing.test(stderr)) return oneLine(stderr.replaceAll(/^sbatch: (error: )?/gm, ''));
  throw errorFrom('offering a job again', stderr);
}

/** Words of SLURM's clients for trouble that goes away. */
const passing =
  /temporarily|unable to contact|timed? ?out|zero bytes|authentication|munge|try again|socket|connect|slurmctld/i;

interface OfferedJob {
  readonly id: number;
  readonly userId: number;
  readonly formerId: number;
}

/** Jobs whose comments say that they were offered; anybody may write one for a job of their own. @throws ServiceError when slurmctld does not answer */
async function offeredJobs(host: Host): Promise<readonly OfferedJob[]> {
  const args = ['--noheader', '--all', '--states', 'all', '--format', '%A %U %k'];
  const { exitCode, stdout, stderr } = await host.run('squeue', args, { timeoutMs: slurmQueryTimeoutMs });
  if (exitCode !== 0) throw errorFrom('asking slurmctld for its queue', stderr);
  return stdout.split('\n').flatMap(line => {
    const [, id = '', user = '', comment = ''] = /^(\d+) (\d+) (.*)$/.exec(line.trim()) ?? [];
    const formerId = formerIdIn(comment);
    return formerId === undefined ? [] : [{ id: Number(id), userId: Number(user), formerId }];
  });
}

function namesOf(request: JobRequest | undefined): Pick<RecoveredJob, 'user' | 'name'> {
  const told = (text = '') => text.replace(/\p{Cc}/gu, ' ').slice(0, jobNameLengthMax);
  return { user: told(request?.user), name: told(request?.name) };
}
