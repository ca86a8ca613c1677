// Settings of the daemon: each with a default, a description and the place its value came from. Order, later wins:
// default, node.yaml, CLUSTEROS_* in the environment, command line. An unknown name is an error, never ignored.
import { readFile } from 'node:fs/promises';
import { hostname, networkInterfaces } from 'node:os';
import { parse } from 'yaml';
import { z } from 'zod';
import type { BirthPolicy } from '../election/birth.ts';
import { defaultSocket } from '../integrations/tailscale/local-api.ts';
import { tagProblem } from '../membership/claim-text.ts';
import { isTailnetAddress } from './grpc/listener.ts';
import { peerPort } from './limits.ts';
import { exitCode, StartError } from './start-error.ts';

export const defaultConfigFile = '/etc/clusteros/node.yaml';

const hostPort = z
  .string()
  .regex(/^(\[[0-9a-fA-F:.]+\]|[^\s:[\]]+):([1-9]\d{0,4})$/, 'is not HOST:PORT, such as 100.64.0.1:7443')
  .refine(value => Number(value.slice(value.lastIndexOf(':') + 1)) <= 65535, 'has a port above 65535');
const toggle = z.union([z.literal('auto'), z.boolean()], { error: 'is neither auto, true nor false' });
const path = z.string().startsWith('/', 'is not an absolute path');
const tags = z
  .record(
    z.string(),
    z.union([z.string(), z.number(), z.boolean()], { error: 'holds a value that is no text' }),
    {
      error: 'is not a list of KEY: VALUE',
    },
  )
  .transform(value => Object.fromEntries(Object.entries(value).map(([key, each]) => [key, String(each)])))
  .check(({ value, issues }) => {
    const problem = tagProblem(value);
    if (problem !== undefined)
      issues.push({ code: 'custom', input: value, message: `is not allowed: ${problem}` });
  });
const bootstrap = z.string().regex(/^(auto|join|expect:[1-9]\d{0,2})$/, 'is neither auto, join nor expect:N');

/** Every setting, by its dotted name. */
const settings = {
  name: {
    schema: z.string().min(1, 'is empty').max(253, 'is longer than 253 characters'),
    initial: () => hostname(),
  },
  clusterName: {
    schema: z
      .string()
      .regex(
        /^[a-z0-9][a-z0-9-]{0,38}$/,
        'is not a lower-case name of at most 39 letters, digits and dashes',
      ),
    initial: () => 'lab',
  },
  bind: { schema: hostPort, initial: () => `${ownAddress()}:${peerPort}` },
  peers: { schema: z.array(hostPort), initial: () => [] },
  tags: { schema: tags, initial: () => ({}) },
  dataDir: { schema: path, initial: () => '/var/lib/clusteros' },
  clusterKey: { schema: path, initial: () => '/etc/clusteros/cluster.key' },
  bootstrap: { schema: bootstrap, initial: () => 'auto' },
  'admin.socket': { schema: path, initial: () => '/run/clusteros/agent.sock' },
  'http.enabled': { schema: toggle, initial: () => 'auto' },
  'http.bind': { schema: hostPort, initial: () => '127.0.0.1:7480' },
  'integrations.tailscale.enabled': { schema: toggle, initial: () => 'auto' },
  'integrations.tailscale.socket': { schema: path, initial: () => defaultSocket },
  'integrations.tailscale.tag': {
    schema: z.string().regex(/^tag:[a-zA-Z][a-zA-Z0-9-]*$/, 'is no tag such as tag:cluster'),
    initial: () => 'tag:cluster',
  },
  'integrations.tailscale.requireTag': {
    schema: z.boolean({ error: 'is neither true nor false' }),
    initial: () => true,
  },
  'integrations.slurm.enabled': { schema: toggle, initial: () => 'auto' },
  'integrations.k3s.enabled': { schema: toggle, initial: () => 'auto' },
} as const satisfies Record<string, { schema: z.ZodType; initial: () => unknown }>;

export type SettingName = keyof typeof settings;
type Values = { readonly [Name in SettingName]: z.infer<(typeof settings)[Name]['schema']> };

export interface Config {
  readonly values: Values;
  /** Where each value came from: `default`, the file, the variable or the flag. */
  readonly sources: Readonly<Record<SettingName, string>>;
}

/** The Tailscale address of this machine when it has one, else loopback. */
function ownAddress(): string {
  const addresses = Object.values(networkInterfaces()).flatMap(each => each ?? []);
  return (
    addresses.find(({ address, family }) => family === 'IPv4' && isTailnetAddress(address))?.address ??
    '127.0.0.1'
  );
}

export const settingNames = Object.keys(settings) as SettingName[];

/** The environment variable of a setting: `admin.socket` is CLUSTEROS_ADMIN_SOCKET, `dataDir` CLUSTEROS_DATA_DIR. */
export function variableOf(name: string): string {
  return `CLUSTEROS_${name
    .replace(/([a-z])([A-Z])/g, '$1_$2')
    .replaceAll('.', '_')
    .toUpperCase()}`;
}

export interface ConfigInputs {
  /** From the command line; absent means the default file, which may be missing. */
  readonly file: string | undefined;
  readonly environment: Readonly<Record<string, string | undefined>>;
  /** Dotted name and value, each with the flag it came from. */
  readonly flags: readonly { readonly name: string; readonly value: unknown; readonly flag: string }[];
}

/** Reads and checks all settings. @throws StartError naming the setting, its source and the mend */
export async function loadConfig({ file, environment, flags }: ConfigInputs): Promise<Config> {
  const values: Record<string, unknown> = {};
  const sources: Record<string, string> = {};
  const put = (name: string, value: unknown, source: string) => {
    if (!Object.hasOwn(settings, name)) throw unknownSetting(name, source);
    values[name] = value;
    sources[name] = source;
  };
  for (const name of settingNames) put(name, settings[name].initial(), 'default');
  const from = file ?? defaultConfigFile;
  for (const [name, value] of flatten(await readYaml(from, file !== undefined))) put(name, value, from);
  for (const name of settingNames) {
    const variable = variableOf(name);
    const text = environment[variable];
    if (text !== undefined) put(name, settingFrom(name, text), variable);
  }
  for (const variable of Object.keys(environment)) {
    const known = settingNames.some(name => variableOf(name) === variable);
    if (variable.startsWith('CLUSTEROS_') && !known) throw unknownSetting(variable, 'the environment');
  }
  for (const { name, value, flag } of flags)
    put(name, typeof value === 'string' ? settingFrom(name, value) : value, flag);
  for (const name of settingNames) check(name, values, sources);
  return { values: values as Values, sources: sources as Record<SettingName, string> };
}

function check(name: SettingName, values: Record<string, unknown>, sources: Record<string, string>): void {
  const result = settings[name].schema.safeParse(values[name]);
  const where = `setting ${name} from ${sources[name]}`;
  if (!result.success) {
    const why = result.error.issues[0]?.message ?? 'is not valid';
    throw new StartError(`${where} is ${JSON.stringify(values[name])}, which ${why}`, exitCode.usage);
  }
  values[name] = result.data;
}

/** A text from a flag or a variable as the value it stands for: lists by comma, truth values by word. */
function settingFrom(name: string, text: string): unknown {
  if (name === 'peers') return text === '' ? [] : text.split(',').map(each => each.trim());
  if (name === 'tags') return tagsFrom(text);
  if (text === 'true' || text === 'false') return text === 'true';
  return text;
}

/** `site=rack1,owner=ada` as tags; a piece without "=" is left for the check to complain of. */
function tagsFrom(text: string): unknown {
  const pieces = text === '' ? [] : text.split(',').map(each => each.trim());
  if (pieces.some(each => each.indexOf('=') < 1)) return text;
  return Object.fromEntries(
    pieces.map(each => [each.slice(0, each.indexOf('=')), each.slice(each.indexOf('=') + 1)]),
  );
}

function flatten(value: unknown, prefix = ''): [string, unknown][] {
  if (value === null || value === undefined) return [];
  if (typeof value !== 'object' || Array.isArray(value) || prefix === 'tags') return [[prefix, value]];
  return Object.entries(value).flatMap(([key, inner]) =>
    flatten(inner, prefix === '' ? key : `${prefix}.${key}`),
  );
}

async function readYaml(file: string, asked: boolean): Promise<unknown> {
  let text: string;
  try {
    text = await readFile(file, 'utf8');
  } catch (error) {
    const code = (error as NodeJS.ErrnoException).code;
    if (code === 'ENOENT' && !asked) return {};
    throw new StartError(
      `configuration ${file} cannot be read (${code}): name another with --config`,
      exitCode.usage,
    );
  }
  let value: unknown;
  try {
    value = parse(text);
  } catch (error) {
    const [line] = (error as Error).message.split('\n');
    throw new StartError(`configuration ${file} is not YAML: ${line}`, exitCode.usage);
  }
  if (value !== null && value !== undefined && (typeof value !== 'object' || Array.isArray(value))) {
    throw new StartError(
      `configuration ${file} does not hold settings such as "name: atlas"`,
      exitCode.usage,
    );
  }
  return value;
}

function unknownSetting(name: string, source: string): StartError {
  const near = settingNames.find(known => distance(known.toLowerCase(), name.toLowerCase()) <= 2);
  const mend = near ? `did you mean ${near}?` : 'run "node-agent info" for the list';
  return new StartError(`unknown setting ${name} in ${source}: ${mend}`, exitCode.usage);
}

/** Edit distance (Levenshtein), for suggestions. */
function distance(a: string, b: string): number {
  let row = Array.from({ length: b.length + 1 }, (_, i) => i);
  for (const [i, left] of [...a].entries()) {
    const next = [i + 1];
    for (const [j, right] of [...b].entries()) {
      next.push(
        Math.min((next[j] ?? 0) + 1, (row[j + 1] ?? 0) + 1, (row[j] ?? 0) + (left === right ? 0 : 1)),
      );
    }
    row = next;
  }
  return row[b.length] ?? 0;
}

/** The birth policy that the setting `bootstrap` names. */
export function birthPolicyFrom(value: string): BirthPolicy {
  if (value.startsWith('expect:')) return { kind: 'expect', nodes: Number(value.slice('expect:'.length)) };
  return { kind: value === 'join' ? 'join' : 'auto' };
}
