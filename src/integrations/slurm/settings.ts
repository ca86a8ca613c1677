// What an operator may set for SLURM, and what holds where he has set nothing. Read from JSON that a person wrote: whatever
// is not understood is named, and nothing of it is taken. Pure.
import { z } from 'zod';
import {
  accountingMonthsDefault,
  accountingMonthsMax,
  extraLineLengthMax,
  extraLinesMax,
  memoryPerCpuMibMax,
  partitionsMax,
  userNumberMax,
  usersMax,
} from '../limits.ts';

/** A partition(slurm.conf(5)): some of the machines, and how jobs are let in there. */
export interface Partition {
  readonly name: string;
  /** Jobs that name none go here. */
  readonly default: boolean;
  /** Machines whose tags say all of this; all machines where it is empty. */
  readonly tags: Readonly<Record<string, string>>;
  /** `infinite`, minutes, or `[days-]hours:minutes:seconds`. */
  readonly maxTime: string;
  /** Further keys of slurm.conf's PartitionName line, such as `PriorityTier: "10"`. */
  readonly options: Readonly<Record<string, string>>;
}

export interface SlurmSettings {
  readonly partitions: readonly Partition[];
  /** Of a job that asks for no memory; 0: by the machine with the least for a processor. */
  readonly memoryPerCpuMib: number;
  /** Lines for slurm.conf on all machines. */
  readonly extra: readonly string[];
  readonly accounting: Accounting;
  /** Users that all machines shall have, so that a number means the same person everywhere; none is ever taken away. */
  readonly users: readonly LocalUser[];
}

/** A line of passwd(5) without a password: whoever logs in does so by other means. */
export interface LocalUser {
  readonly name: string;
  readonly uid: number;
  /** Of a group of the same name. */
  readonly gid: number;
  /** Not made: most often it is on a disk that all machines share. */
  readonly home: string;
  readonly shell: string;
}

/** What every job has used, by user and account (sacct(1)): slurmdbd and a database beside slurmctld. */
export interface Accounting {
  readonly enabled: boolean;
  /** Older records are dropped. */
  readonly keepMonths: number;
}

/** What ClusterOS itself writes: two values of one key would have slurmctld take one of them, and nobody would know which. */
const ownKeys = [
  ...['ClusterName', 'SlurmctldHost', 'SlurmctldParameters', 'AuthType', 'CredType', 'SlurmUser'],
  ...[
    'SlurmctldPort',
    'SlurmdPort',
    'StateSaveLocation',
    'SlurmdSpoolDir',
    'SlurmctldPidFile',
    'SlurmdPidFile',
  ],
  ...[
    'SlurmctldLogFile',
    'SlurmdLogFile',
    'ProctrackType',
    'TaskPlugin',
    'SelectType',
    'SelectTypeParameters',
  ],
  ...[
    'SchedulerParameters',
    'DebugFlags',
    'MaxNodeCount',
    'TreeWidth',
    'GresTypes',
    'DefMemPerCPU',
    'Include',
  ],
  ...['NodeName', 'NodeSet', 'PartitionName', 'FirstJobId', 'JobSubmitPlugins'],
].map(key => key.toLowerCase());

/** With accounting of ClusterOS only; without it they may name a slurmdbd that is somebody else's. */
const accountingKeys = [
  ...['AccountingStorageType', 'AccountingStorageHost', 'AccountingStoragePort'],
  ...['AccountingStorageBackupHost', 'JobAcctGatherType', 'JobAcctGatherFrequency'],
].map(key => key.toLowerCase());

const name = z.string().regex(/^[A-Za-z0-9_-]{1,40}$/, 'a name is 1 to 40 letters, digits, "_" or "-"');
const word = z.string().regex(/^[^\s"=#\p{Cc}]{1,120}$/u, 'a value is one word');
const tagText = z
  .string()
  .regex(/^[\p{L}\p{N}_.:/@-]{1,63}$/u, 'a tag is 1 to 63 letters, digits or . _ : / @ -');
const partition = z.strictObject({
  name,
  default: z.boolean().default(false),
  tags: z.record(tagText, tagText).default({}),
  maxTime: z
    .string()
    .regex(
      /^(infinite|\d{1,6}|(\d{1,4}-)?\d{1,3}(:\d{1,2}){0,2})$/i,
      'it is "infinite", minutes, or [DAYS-]HH:MM:SS',
    )
    .default('infinite'),
  options: z.record(z.string().regex(/^[A-Za-z]{1,40}$/, 'a key of slurm.conf is letters'), word).default({}),
});
const line = z
  .string()
  .max(extraLineLengthMax)
  .regex(/^[A-Za-z]+=[^\p{Cc}]+$/u, 'a line is KEY=VALUE of slurm.conf(5)')
  .refine(text => !ownKeys.includes(keyOf(text)), {
    error: ({ input }) => `ClusterOS sets ${String(input).split('=')[0]} itself`,
  });
const accounting = z.strictObject({
  enabled: z.boolean().default(false),
  keepMonths: z.int().min(1).max(accountingMonthsMax).default(accountingMonthsDefault),
});
/** Below it are the system's own; 65534 is nobody, and the last one means "none" (Debian policy, 9.2.2). */
const userNumber = z
  .int()
  .min(1000, "numbers below 1000 are the system's own")
  .max(userNumberMax)
  .refine(value => value !== 65_534 && value !== 65_535, '65534 and 65535 stand for nobody');
const absolutePath = z.string().regex(/^(\/[\w.@-]+)+$/, 'a path such as /home/ada');
const user = z
  .strictObject({
    name: z.string().regex(/^[a-z_][a-z0-9_-]{0,31}$/, 'a user name is lower-case letters, digits, _ and -'),
    uid: userNumber,
    gid: userNumber.optional(),
    home: absolutePath.optional(),
    shell: absolutePath.default('/bin/bash'),
  })
  .transform(each => ({ ...each, gid: each.gid ?? each.uid, home: each.home ?? `/home/${each.name}` }));
const shape = z.strictObject({
  partitions: z.array(partition).min(1).max(partitionsMax),
  memoryPerCpuMib: z.int().min(0).max(memoryPerCpuMibMax).default(0),
  extra: z.array(line).max(extraLinesMax).default([]),
  accounting: accounting.prefault({}),
  users: z.array(user).max(usersMax).default([]),
});

function keyOf(text: string): string {
  return text.slice(0, text.indexOf('=')).trim().toLowerCase();
}

export const defaultSettings: SlurmSettings = {
  partitions: [{ name: 'main', default: true, tags: {}, maxTime: 'infinite', options: {} }],
  memoryPerCpuMib: 0,
  extra: [],
  accounting: { enabled: false, keepMonths: accountingMonthsDefault },
  users: [],
};

/** The settings in `value`, complete; or what is wrong with it, and where. */
export function settingsFrom(value: unknown): SlurmSettings | { readonly refused: string } {
  const { data, error } = shape.safeParse(value);
  if (!data) {
    const [issue] = error.issues;
    const where = issue?.path.join('.') ?? '';
    return { refused: `${where === '' ? '' : `${where}: `}${issue?.message ?? 'not settings of SLURM'}` };
  }
  const names = data.partitions.map(each => each.name.toLowerCase());
  const twice = names.find((each, at) => names.indexOf(each) !== at);
  if (twice !== undefined) return { refused: `partitions: there are two called ${twice}` };
  if (names.includes('default')) return { refused: 'partitions: SLURM keeps the name "default" for itself' };
  const defaults = data.partitions.filter(each => each.default);
  if (defaults.length !== 1)
    return { refused: `partitions: one of them is the default, and ${defaults.length} are marked` };
  for (const key of ['name', 'uid', 'gid'] as const) {
    const taken = data.users.map(each => each[key]);
    const again = taken.find((each, at) => taken.indexOf(each) !== at);
    if (again !== undefined) return { refused: `users: two have the ${key} ${again}` };
  }
  const accounted = data.extra.find(each => accountingKeys.includes(keyOf(each)));
  if (data.accounting.enabled && accounted !== undefined)
    return { refused: `extra: with accounting enabled ClusterOS sets ${accounted.split('=')[0]} itself` };
  const own = ['nodes', 'default', 'maxtime', 'state', 'partitionname'];
  for (const { name: its, options } of data.partitions)
    for (const key of Object.keys(options))
      if (own.includes(key.toLowerCase()))
        return { refused: `partitions: ${its}: options: ClusterOS sets ${key} itself` };
  return data;
}

/** What was decided, else the defaults. What an older or newer program has decided and this one cannot read counts as not decided. */
export function settingsOf(decided: { readonly settings: unknown } | undefined): SlurmSettings {
  if (!decided) return defaultSettings;
  const settings = settingsFrom(decided.settings);
  return 'refused' in settings ? defaultSettings : settings;
}

/** The same without what slurmctld may refuse: lines and options that ClusterOS does not know. */
export function plainSettings(settings: SlurmSettings): SlurmSettings {
  return { ...settings, extra: [], partitions: settings.partitions.map(each => ({ ...each, options: {} })) };
}

/** What would be otherwise, for people; none when nothing would. */
export function changesBetween(before: SlurmSettings, after: SlurmSettings): readonly string[] {
  const [was, is] = [before, after].map(
    ({ partitions }) => new Map(partitions.map(each => [each.name, each])),
  );
  const gone = before.partitions
    .filter(each => !is?.has(each.name))
    .map(each => `partition ${each.name} goes`);
  const others = after.partitions.flatMap(each => {
    const former = was?.get(each.name);
    if (!former) return [`partition ${each.name} is new: ${partitionText(each)}`];
    const [then, now] = [partitionText(former), partitionText(each)];
    return then === now ? [] : [`partition ${each.name}: ${now} (was: ${then})`];
  });
  const memory =
    before.memoryPerCpuMib === after.memoryPerCpuMib
      ? []
      : [
          `memory of a job that asks for none, for each processor: ${memoryText(after)} (was: ${memoryText(before)})`,
        ];
  const dropped = before.extra.filter(each => !after.extra.includes(each)).map(each => `no more: ${each}`);
  const added = after.extra.filter(each => !before.extra.includes(each)).map(each => `slurm.conf: ${each}`);
  const [then, now] = [accountingText(before), accountingText(after)];
  const accounts = then === now ? [] : [`accounting: ${now} (was: ${then})`];
  const people = [
    ...before.users
      .filter(({ name: its }) => !after.users.some(each => each.name === its))
      .map(({ name: its }) => `user ${its} is no longer seen to, and stays`),
    ...after.users
      .filter(each => !before.users.some(former => userText(former) === userText(each)))
      .map(each => `user ${userText(each)}`),
  ];
  return [...gone, ...others, ...memory, ...accounts, ...people, ...dropped, ...added];
}

function userText({ name: its, uid, gid, home, shell }: LocalUser): string {
  return `${its}: uid ${uid}, gid ${gid}, ${home}, ${shell}`;
}

function accountingText({ accounting: { enabled, keepMonths } }: SlurmSettings): string {
  return enabled ? `kept for ${keepMonths} months` : 'off';
}

function partitionText({ tags, maxTime, options, default: isDefault }: Partition): string {
  const wanted = Object.entries(tags).map(([key, value]) => `${key}=${value}`);
  const further = Object.entries(options).map(([key, value]) => `${key}=${value}`);
  return [
    wanted.length === 0 ? 'all machines' : `machines with ${wanted.join(' and ')}`,
    `at most ${maxTime}`,
    ...(isDefault ? ['the default'] : []),
    ...further,
  ].join(', ');
}

function memoryText({ memoryPerCpuMib }: SlurmSettings): string {
  return memoryPerCpuMib === 0 ? 'by the smallest machine' : `${memoryPerCpuMib} MiB`;
}
