// What was asked for by one submission, as job_submit.lua has written it down, and the arguments with which sbatch asks for
// the same again. Pure. What it does not know it leaves out; it never makes up a user.
import { remapDependency } from './dependency.ts';

export interface JobRequest {
  /** The name that the job has in its environment. */
  readonly request: string;
  readonly userId: number;
  readonly groupId: number;
  /** For people: a name, or the number of one that has none. */
  readonly user: string;
  readonly name: string;
  /** By SLURM's name; numbers that mean "not given" too. */
  readonly fields: ReadonlyMap<string, string>;
  /** Of the script. */
  readonly scriptArguments: readonly string[];
}

/** The request in `text`; undefined when it is not whole. */
export function jobRequestFrom(text: string): JobRequest | undefined {
  const fields = new Map<string, string>();
  const scriptArguments: string[] = [];
  for (const line of text.split('\n')) {
    const at = line.indexOf('=');
    if (at < 0) continue;
    const value = line.slice(at + 1).replace(/\\([\\n])/g, (_, each) => (each === 'n' ? '\n' : '\\'));
    const key = line.slice(0, at);
    if (key === 'argument') scriptArguments.push(value);
    else fields.set(key, value);
  }
  const request = fields.get('request') ?? '';
  const [userId, groupId] = ['user_id', 'group_id'].map(key =>
    /^\d{1,10}$/.test(fields.get(key) ?? '') ? Number(fields.get(key)) : undefined,
  );
  if (!/^[0-9a-f]{32}$/.test(request)) return undefined;
  if (userId === undefined || groupId === undefined) return undefined;
  return {
    ...{ request, userId, groupId, fields, scriptArguments },
    user: fields.get('user_name') || String(userId),
    name: fields.get('name') ?? '',
  };
}

const commentMark = 'clusteros: recovered job ';

/** The former id that a comment of ours names; undefined for any other comment. */
export function formerIdIn(comment: string): number | undefined {
  const id = comment.startsWith(commentMark) && /^\d+/.exec(comment.slice(commentMark.length))?.[0];
  return id ? Number(id) : undefined;
}

/** Why a request cannot be made again, for people; undefined when it can. */
export function hindrance({ fields }: JobRequest): string | undefined {
  if (given(fields.get('het_job_offset')) !== undefined)
    return 'it is one part of a job of several parts: its owner must submit it again';
  if (fields.get('cron_job') === 'true') return 'it is of a crontab, and comes again by that';
  return undefined;
}

export interface Again {
  readonly formerId: number;
  /** Wall clock, milliseconds since 1970. */
  readonly nowMs: number;
  /** Former ids of jobs that were lost, and the new ones of those that were offered again. */
  readonly others: ReadonlyMap<number, number | undefined>;
  /** Files to read. */
  readonly environment: string;
  readonly script: string;
  /** What the environment said that was not told to slurmctld: `a` or `t`. */
  readonly openMode: string | undefined;
  /** Without those of its dependencies that SLURM has refused. */
  readonly withoutDependency?: true;
}

/** The arguments of sbatch, run by the user, and what was left out, for people; empty when nothing was. */
export function sbatchArguments(
  { fields, name, scriptArguments }: JobRequest,
  { formerId, nowMs, others, environment, script, openMode, withoutDependency }: Again,
): { readonly args: readonly string[]; readonly leftOut: string } {
  const asked = fields.get('dependency') ?? '';
  const { dependency, dropped } = withoutDependency
    ? { dependency: '', dropped: asked }
    : remapDependency(asked, others);
  const leftOut = dropped === '' ? '' : `without its dependency ${dropped}`;
  const comment = [`${commentMark}${formerId}`, leftOut, fields.get('comment') ?? ''];
  const args = [
    ...['--parsable', '--hold', '--export=ALL', `--export-file=${environment}`],
    `--comment=${comment.filter(each => each !== '').join('; ')}`,
    ...(name === '' ? [] : [`--job-name=${name}`]),
    ...(dependency === '' ? [] : [`--dependency=${dependency}`]),
    ...optionsOf(fields, nowMs),
    ...(openMode === undefined ? [] : [`--open-mode=${openMode === 'a' ? 'append' : 'truncate'}`]),
    ...[script, ...scriptArguments],
  ];
  return { args, leftOut };
}

/** SLURM's numbers for "not given": 16, 32 and 64 bits; Lua knows the last one by its first digits only. */
const notGiven = new Set(['65534', '4294967294', '18446744073709551614', '18446744073709551616']);

function given(value: string | undefined): string | undefined {
  return value === undefined || value === '' || notGiven.has(value) ? undefined : value;
}

/** Options that say what a field says. */
const plain: readonly (readonly [string, string])[] = [
  ...([
    ['account', 'account'],
    ['array_inx', 'array'],
    ['container', 'container'],
  ] as const),
  ...([
    ['cores_per_socket', 'cores-per-socket'],
    ['cpus_per_task', 'cpus-per-task'],
  ] as const),
  ...([
    ['exc_nodes', 'exclude'],
    ['features', 'constraint'],
    ['licenses', 'licenses'],
  ] as const),
  ...([
    ['mail_user', 'mail-user'],
    ['ntasks_per_core', 'ntasks-per-core'],
  ] as const),
  ...([
    ['ntasks_per_node', 'ntasks-per-node'],
    ['ntasks_per_socket', 'ntasks-per-socket'],
  ] as const),
  ...([
    ['ntasks_per_tres', 'ntasks-per-gpu'],
    ['num_tasks', 'ntasks'],
    ['partition', 'partition'],
  ] as const),
  ...([
    ['prefer', 'prefer'],
    ['qos', 'qos'],
    ['req_nodes', 'nodelist'],
    ['req_switch', 'switches'],
  ] as const),
  ...([
    ['reservation', 'reservation'],
    ['sockets_per_node', 'sockets-per-node'],
  ] as const),
  ...([
    ['std_err', 'error'],
    ['std_in', 'input'],
    ['std_out', 'output'],
    ['wckey', 'wckey'],
  ] as const),
  ...([
    ['threads_per_core', 'threads-per-core'],
    ['work_dir', 'chdir'],
  ] as const),
];
/** In MiB. */
const sizes: readonly (readonly [string, string])[] = [
  ...([
    ['min_mem_per_cpu', 'mem-per-cpu'],
    ['min_mem_per_node', 'mem'],
    ['pn_min_tmp_disk', 'tmp'],
  ] as const),
];
/** `gres:gpu:2`. */
const gpus: readonly (readonly [string, string])[] = [
  ...([
    ['tres_per_job', 'gpus'],
    ['tres_per_socket', 'gpus-per-socket'],
  ] as const),
  ...([
    ['tres_per_task', 'gpus-per-task'],
    ['cpus_per_tres', 'cpus-per-gpu'],
  ] as const),
  ['mem_per_tres', 'mem-per-gpu'],
];
/** The bits of mail_type, from the lowest. */
const mailTypes: readonly string[] = [
  ...['BEGIN', 'END', 'FAIL', 'REQUEUE', 'TIME_LIMIT', 'TIME_LIMIT_90', 'TIME_LIMIT_80'],
  ...['TIME_LIMIT_50', 'STAGE_OUT', 'ARRAY_TASKS', 'INVALID_DEPEND'],
];
/** Those bits of bitflags that are options. */
const flags: readonly (readonly [number, string])[] = [
  ...([
    [0, 'kill-on-invalid-dep=yes'],
    [1, 'kill-on-invalid-dep=no'],
    [8, 'spread-job'],
  ] as const),
  [9, 'use-min-nodes'],
];
const sharing: Readonly<Record<string, string>> = {
  ...{ 0: '--exclusive', 1: '--oversubscribe', 2: '--exclusive=user', 3: '--exclusive=mcs' },
};
/** What `--nice` is counted from, and a time limit that is none. */
const niceZero = 2_147_483_648;
const unlimited = '4294967295';

function optionsOf(fields: ReadonlyMap<string, string>, nowMs: number): readonly string[] {
  const of = (field: string) => given(fields.get(field));
  const option = (flag: string, value: string | undefined) =>
    value === undefined ? [] : [`--${flag}=${value}`];
  const minutes = (value: string | undefined) => (value === unlimited ? 'UNLIMITED' : value);
  const nice = of('nice');
  const begin = Number(of('begin_time') ?? 0);
  const nodes = of('max_nodes');
  const mail = bitsOf(of('mail_type'));
  const bits = bitsOf(of('bitflags'));
  return [
    ...plain.flatMap(([field, flag]) => option(flag, of(field))),
    ...sizes.flatMap(([field, flag]) => {
      const size = of(field);
      return option(flag, size && `${size}M`);
    }),
    ...gpus.flatMap(([field, flag]) => option(flag, of(field)?.replaceAll('gres:gpu:', ''))),
    ...option('gres', of('tres_per_node')?.replaceAll('gres:', '')),
    ...option('time', minutes(of('time_limit'))),
    ...option('time-min', minutes(of('time_min'))),
    ...option('nodes', nodes && `${of('min_nodes') ?? 1}-${nodes}`),
    ...option('nice', nice && String(Number(nice) - niceZero)),
    ...option('begin', begin === 0 ? undefined : begin * 1000 > nowMs ? `uts${begin}` : 'now'),
    ...option('mail-type', mailTypes.filter((_, bit) => mail.has(bit)).join(',') || undefined),
    ...flags.flatMap(([bit, flag]) => (bits.has(bit) ? [`--${flag}`] : [])),
    ...(of('contiguous') === '1' ? ['--contiguous'] : []),
    ...(of('reboot') === '1' ? ['--reboot'] : []),
    ...(of('requeue') === undefined ? [] : [of('requeue') === '0' ? '--no-requeue' : '--requeue']),
    ...[sharing[of('shared') ?? ''] ?? []].flat(),
  ];
}

/** The bits of a number that are set. Lua's numbers are exact below 2^53. */
function bitsOf(value: string | undefined): ReadonlySet<number> {
  const number = BigInt(/^\d+$/.test(value ?? '') ? (value ?? 0) : 0);
  return new Set(Array.from({ length: 32 }, (_, bit) => bit).filter(bit => (number >> BigInt(bit)) & 1n));
}
