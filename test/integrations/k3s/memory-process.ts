// The life of one k3s in memory, from its start to its end: what it reads, asks, writes and says, as facts/k3s.md has it (A1 to A5).
import { createHash } from 'node:crypto';
import { parse } from 'yaml';
import { files, folders } from '../../../src/integrations/k3s/names.ts';
import type { MemoryK3s, MemoryMachine } from '../memory-k3s.ts';

export interface Life {
  readonly kind: 'server' | 'agent';
  readonly pid: number;
  readonly startedAtMs: number;
  readonly config: Readonly<Record<string, unknown>>;
  /** Its member of etcd. */
  member: string;
  /** uid of the Node that it has registered. */
  node: string;
  /** Its last words, which are not said again at once. */
  said: string;
}

/** A line of its log; whether it ends by that. */
interface Words {
  readonly line: string;
  readonly ends: boolean;
}

/** Settings that servers must have alike (docs.k3s.io, cli/server). */
const critical = [
  ...['cluster-cidr', 'service-cidr', 'cluster-dns', 'cluster-domain', 'flannel-backend', 'disable'],
  ...['secrets-encryption', 'embedded-registry'],
];

/** All files of its folder, in order; each value takes the place of the one before. */
export function configOf({ host }: MemoryMachine): Readonly<Record<string, unknown>> {
  const paths = [...host.files.keys()].filter(path => path.startsWith(`${folders.drop}/`)).sort();
  return Object.assign({}, ...paths.map(path => parse(host.text(path)) as object));
}

export const authorityText = (cluster: number) =>
  `-----BEGIN CERTIFICATE-----\nY2x1c3Rlcg${cluster}\n-----END CERTIFICATE-----\n`;
export const hashOf = (text: string) => createHash('sha256').update(text).digest('hex');

const wal = `${folders.members}/wal`;
const text = (config: Life['config'], key: string) => String(config[key]);

/** What has become of it by now. */
export function live(world: MemoryK3s, machine: MemoryMachine, life: Life): void {
  const { habits } = machine;
  if (world.nowMs() - life.startedAtMs < habits.startMs) return;
  const words = habits.failure ?? (life.kind === 'agent' ? asAgent : asServer)(world, machine, life);
  if (words?.ends) end(machine, words.line);
  else if (words) say(machine, life, words.line);
}

function asServer(world: MemoryK3s, machine: MemoryMachine, life: Life): Words | undefined {
  if (life.member === '') {
    const words = joinAsServer(world, machine, life);
    if (words) return words;
  }
  if (!world.etcd.members.some(({ name }) => name === life.member)) return fatal(removed);
  if (!world.etcd.hasQuorum()) return { line: 'level=error msg="etcdserver: no leader"', ends: false };
  if (life.node === '' && world.isUp(machine)) return register(world, machine, life);
  return renew(world, life);
}

function asAgent(world: MemoryK3s, machine: MemoryMachine, life: Life): Words | undefined {
  return life.node === '' ? joinAsAgent(world, machine, life) : renew(world, life);
}

function renew(world: MemoryK3s, life: Life): Words | undefined {
  if (life.node === '') return undefined;
  const node = [...world.kube.nodes.values()].find(({ uid }) => uid === life.node);
  const name = text(life.config, 'node-name');
  if (!node)
    return {
      line: `E1127 06:00:00.000000  101 kubelet_node_status.go:540] "Error" err="node \\"${name}\\" not found"`,
      ends: false,
    };
  if (!world.answers()) return undefined;
  node.leaseAtMs = world.nowMs();
  if (life.member !== '' && node.annotations['etcd.k3s.cattle.io/node-name'] !== life.member)
    node.annotations = { ...node.annotations, 'etcd.k3s.cattle.io/node-name': life.member };
  return undefined;
}

export const removed = 'the member has been permanently removed from the cluster';
const preparing = 'starting kubernetes: preparing server';

function joinAsServer(world: MemoryK3s, machine: MemoryMachine, life: Life): Words | undefined {
  const { host } = machine;
  const { config } = life;
  const [name, ip, url] = ['node-name', 'node-ip', 'server'].map(key => text(config, key)) as [
    string,
    string,
    string,
  ];
  const [, stored] = host.text(wal).trim().split(' ');
  const token = host.text(text(config, 'token-file')).trim();
  if (stored !== undefined) {
    const member = world.etcd.members.find(each => each.name === stored);
    if (!member) return fatal(`${preparing}: start managed database: ${removed}`);
    if (member.ip !== ip)
      return {
        line: `level=info msg="Failed to test etcd connection: this server is not a member of the etcd cluster. Found [${stored}=https://${member.ip}:2380], expect: ${stored}=https://${ip}:2380"`,
        ends: false,
      };
    life.member = stored;
    host.files.delete(`${folders.database}/reset-flag`);
    return undefined;
  }
  if (config['cluster-init'] === true) {
    world.found(token, machine.name);
    settle(world, machine, life, world.etcd.found(name, ip, world.nowMs()));
    return undefined;
  }
  const asked = serverAt(world, url);
  if (!asked?.life) return fatal(unreachable(url));
  const why = world.whyRefused(token, 'server');
  if (why !== '') return fatal(`${preparing}: failed to validate token: ${why}`);
  const theirs = asked.life.config;
  if (critical.some(key => JSON.stringify(config[key]) !== JSON.stringify(theirs[key])))
    return fatal(
      `${preparing}: failed to validate server configuration: critical configuration value mismatch between servers`,
    );
  const joined = world.etcd.join(name, ip, world.nowMs());
  if ('member' in joined) {
    settle(world, machine, life, joined.member);
    return undefined;
  }
  if (!joined.again) return fatal(`ETCD join failed: ${joined.refused}`);
  const waiting = `Waiting for other members to finish joining etcd cluster: ${joined.refused}`;
  return { line: `level=info msg="${waiting}"`, ends: false };
}

function settle(world: MemoryK3s, { host }: MemoryMachine, life: Life, member: string): void {
  life.member = member;
  host.put(wal, `${world.cluster} ${member}`);
  host.put(files.authority, authorityText(world.cluster));
  putSecret(host, files.kubeconfig, 'apiVersion: v1');
}

function putSecret({ files: all }: MemoryMachine['host'], path: string, content: string): void {
  all.set(path, { content: new TextEncoder().encode(content), mode: 0o600, owner: 'root' });
}

function joinAsAgent(world: MemoryK3s, machine: MemoryMachine, life: Life): Words | undefined {
  const { host } = machine;
  const url = text(life.config, 'server');
  const known = host.text(files.kubeletCertificate).trim();
  const name = text(life.config, 'node-name');
  // Who was let in once knows all servers (its load balancer keeps them).
  const asked = known === '' ? serverAt(world, url) : world.anyServer();
  if (!asked) return { line: `level=error msg="${unreachable(url)}"`, ends: false };
  const isNode = known === `${world.cluster} ${name}` && world.kube.nodes.has(name);
  const token = host.text(text(life.config, 'token-file')).trim();
  const why = isNode ? '' : world.whyRefused(token, name);
  if (why === '') return register(world, machine, life);
  const line = why.includes('CA hash')
    ? `level=error msg="failed to get CA certs: ${why}"`
    : `level=info msg="${notConfigured(`${url}/v1-k3s/config: ${why}`)}"`;
  return { line, ends: false };
}

const notConfigured = (why: string) =>
  `Waiting to retrieve agent configuration; server is not ready: failed to retrieve configuration from server: ${why}`;

/** The supervisor knows a machine again by its password. */
function register(world: MemoryK3s, machine: MemoryMachine, life: Life): Words | undefined {
  const { host, habits } = machine;
  const { kube } = world;
  const { config } = life;
  const name = text(config, 'node-name');
  if (host.text(files.nodePassword) === '') putSecret(host, files.nodePassword, world.newWord());
  const password = host.text(files.nodePassword);
  if ((kube.passwords.get(name) ?? password) !== password) {
    const why = `Node password rejected, duplicate hostname or contents of '/etc/rancher/node/password' may not match server node-passwd entry, try enabling a unique node name with the --with-node-id flag`;
    return { line: `level=info msg="${notConfigured(why)}"`, ends: false };
  }
  kube.passwords.set(name, password);
  host.put(files.kubeletCertificate, `${world.cluster} ${name}`);
  const node = kube.nodes.get(name) ?? {
    ...{ name, uid: kube.newUid(), address: text(config, 'node-ip'), annotations: {} },
    labels: Object.fromEntries(wordsOf(config['node-label']).map(word => word.split('=', 2))),
    taints: wordsOf(config['node-taint']).map(word => {
      const [, key = '', value = '', effect = ''] = /^([^=]*)=([^:]*):(.*)$/.exec(word) ?? [];
      return { key, value, effect };
    }),
    ...{ unschedulable: false, leaseAtMs: 0, readyAtMs: 0 },
  };
  node.readyAtMs = world.nowMs() + habits.readyMs;
  node.leaseAtMs = world.nowMs();
  kube.nodes.set(name, node);
  life.node = node.uid;
  return renew(world, life);
}

const wordsOf = (value: unknown) => (Array.isArray(value) ? value.map(String) : []);

function serverAt(world: MemoryK3s, url: string): MemoryMachine | undefined {
  const machine = world.machines.get(/^https:\/\/(.*):6443$/.exec(url)?.[1] ?? '');
  return machine && world.isUp(machine) ? machine : undefined;
}

function unreachable(url: string): string {
  const address = url.replace('https://', '');
  return `failed to get CA certs: Get \\"${url}/cacerts\\": dial tcp ${address}: connect: connection refused`;
}

const fatal = (why: string): Words => ({ line: `level=fatal msg="${why}"`, ends: true });

function say({ host }: MemoryMachine, life: Life, line: string): void {
  if (life.said === line) return;
  life.said = line;
  const log = `/var/log/clusteros/k3s-${life.kind}.log`;
  host.put(log, `${host.text(log)}time="2026-11-27T06:00:00Z" ${line}\n`);
}

/** It says why, and ends. */
export function end(machine: MemoryMachine, line: string): void {
  const { life, host } = machine;
  if (!life) return;
  say(machine, life, line);
  host.processes.delete(life.pid);
  machine.life = undefined;
}
