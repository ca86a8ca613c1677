// What an operator may set for Kubernetes: one spec for the whole cluster, since servers that differ in it do not start
// (docs.k3s.io, cli/server, "critical configuration values"). Read from JSON that a person wrote. Pure.
import { z } from 'zod';
import { taintsMax } from './limits.ts';

export type NodeRole = 'server' | 'agent' | 'none';

/** A taint for all nodes whose member has these tags. */
export interface TaintRule {
  readonly tags: Readonly<Record<string, string>>;
  readonly key: string;
  readonly value: string;
  readonly effect: 'NoSchedule' | 'PreferNoSchedule' | 'NoExecute';
}

export interface K3sSettings {
  /** Servers aimed for; `auto`: three from three nodes on, else one. */
  readonly servers: 'auto' | 1 | 3 | 5;
  /** By name of a member, what it shall be; all others as it comes. */
  readonly roles: Readonly<Record<string, NodeRole>>;
  /** Members with an older k3s get no role; empty for none. */
  readonly minimumVersion: string;
  readonly clusterCidr: string;
  readonly serviceCidr: string;
  readonly clusterDns: string;
  readonly clusterDomain: string;
  readonly flannelBackend: 'vxlan' | 'host-gw' | 'wireguard-native' | 'none';
  /** Parts of k3s that are not wanted. */
  readonly disable: readonly string[];
  readonly secretsEncryption: boolean;
  readonly embeddedRegistry: boolean;
  /** Further names and addresses that clients use for the API. */
  readonly tlsSans: readonly string[];
  readonly taints: readonly TaintRule[];
  /** Lines of cron(8) for snapshots of etcd, and how many are kept. */
  readonly snapshots: { readonly schedule: string; readonly keep: number };
}

const cidr = z
  .string()
  .regex(/^\d{1,3}(\.\d{1,3}){3}\/\d{1,2}$/, 'a range of addresses such as 10.42.0.0/16');
const ip = z.string().regex(/^\d{1,3}(\.\d{1,3}){3}$/, 'an address such as 10.43.0.10');
const domain = z
  .string()
  .regex(/^[a-z0-9]([a-z0-9.-]{0,61}[a-z0-9])?$/, 'a domain name in small letters such as cluster.local');
const member = z.string().regex(/^[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?$/, 'the name of a member');
const tagText = z
  .string()
  .regex(/^[\p{L}\p{N}_.:/@-]{1,63}$/u, 'a tag is 1 to 63 letters, digits or . _ : / @ -');
const taint = z.strictObject({
  tags: z.record(tagText, tagText).default({}),
  key: z
    .string()
    .regex(
      /^([a-z0-9]([a-z0-9.-]*[a-z0-9])?\/)?[A-Za-z0-9]([A-Za-z0-9._-]{0,61}[A-Za-z0-9])?$/,
      'a key such as site.example/gpu',
    ),
  value: z
    .string()
    .regex(/^([A-Za-z0-9]([A-Za-z0-9._-]{0,61}[A-Za-z0-9])?)?$/, 'a value of a taint')
    .default(''),
  effect: z.enum(['NoSchedule', 'PreferNoSchedule', 'NoExecute']).default('NoSchedule'),
});
const shape = z.strictObject({
  servers: z.union([z.literal('auto'), z.literal(1), z.literal(3), z.literal(5)]).default('auto'),
  roles: z.record(member, z.enum(['server', 'agent', 'none'])).default({}),
  minimumVersion: z
    .string()
    .regex(/^(v1\.\d{1,3}\.\d{1,3})?$/, 'a version such as v1.33.13')
    .default(''),
  clusterCidr: cidr.default('10.42.0.0/16'),
  serviceCidr: cidr.default('10.43.0.0/16'),
  clusterDns: ip.default('10.43.0.10'),
  clusterDomain: domain.default('cluster.local'),
  flannelBackend: z.enum(['vxlan', 'host-gw', 'wireguard-native', 'none']).default('vxlan'),
  disable: z
    .array(z.enum(['coredns', 'servicelb', 'traefik', 'local-storage', 'metrics-server', 'runtimes']))
    .default(['traefik', 'servicelb']),
  secretsEncryption: z.boolean().default(false),
  embeddedRegistry: z.boolean().default(false),
  tlsSans: z
    .array(z.string().regex(/^[A-Za-z0-9.:-]{1,253}$/, 'a name or an address'))
    .max(32)
    .default([]),
  taints: z.array(taint).max(taintsMax).default([]),
  snapshots: z
    .strictObject({
      schedule: z
        .string()
        .regex(/^(\S+ ){4}\S+$/, 'five fields of cron(8), such as "0 */12 * * *"')
        .default('0 */12 * * *'),
      keep: z.int().min(1).max(100).default(5),
    })
    .default({ schedule: '0 */12 * * *', keep: 5 }),
});

export const defaultSettings: K3sSettings = shape.parse({});

/**
 * What cannot be changed while the cluster lives: addresses are handed out by it, every server was made with it, and what is stored without
 * encryption is not read with it (docs.k3s.io, cli/secrets-encrypt: enabling it later is not supported). So a snapshot fits what k3s is told.
 */
export const fixedKeys = [
  'clusterCidr',
  'serviceCidr',
  'clusterDns',
  'clusterDomain',
  'flannelBackend',
  'secretsEncryption',
] as const;

/** The settings in `value`; or which part of it is not understood. */
export function settingsFrom(value: unknown): K3sSettings | { readonly refused: string } {
  const read = shape.safeParse(value ?? {});
  if (read.success) return read.data;
  const [first] = read.error.issues;
  const at = first?.path.join('.') ?? '';
  return { refused: `${at === '' ? 'the settings' : at}: ${first?.message ?? 'not understood'}` };
}

/** Those that hold when `decided` is what the log has. What a newer program has decided is read as far as it goes: not at all. */
export function settingsOf(decided: { readonly settings: unknown } | undefined): K3sSettings {
  const settings = settingsFrom(decided?.settings);
  return 'refused' in settings ? defaultSettings : settings;
}
