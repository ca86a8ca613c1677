// The life of the double's embedded etcd: a new cluster, a join as a learner, a start from what is on the disk, a reset, and
// what k3s does around it (pkg/etcd): the member's name, the tests of readiness, the care of learners, the tombstone.
import { randomUUID } from 'node:crypto';
import {
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import { createServer as createHttpServer } from 'node:http';
import type { Server } from 'node:net';
import { dirname, join } from 'node:path';
import { control, tuning } from './control.ts';
import { gatewayServer, memberJson, sendHealth } from './etcd-gateway.ts';
import { type Credentials, peerServer, peerTransport, removedText } from './etcd-peers.ts';
import { databaseBackupsMax } from './limits.ts';
import { error, info, warn } from './log.ts';
import { asideName, loopback, type ServerPaths } from './paths.ts';
import { Raft } from './raft.ts';
import { RaftDisk } from './raft-disk.ts';
import { send } from './request.ts';
import { newId, type SavedState, soleState } from './state.ts';
import { askSupervisor, type ClusterAccess } from './token.ts';

export interface EtcdOptions {
  readonly paths: ServerPaths;
  readonly nodeName: string;
  /** The node's address: k3s makes its URLs of it. */
  readonly address: string;
  readonly exposesMetrics: boolean;
}

interface GatewayMember {
  readonly ID: string;
  readonly name?: string;
  readonly peerURLs?: readonly string[];
  readonly clientURLs?: readonly string[];
  readonly isLearner?: boolean;
}

export class Etcd {
  readonly raft: Raft;
  readonly name: string;
  readonly options: EtcdOptions;
  isRemoved = false;
  readonly #servers: Server[] = [];
  #learnerTimer: NodeJS.Timeout | undefined;
  readonly #learnersSeenAtMs = new Map<string, { match: boolean; atMs: number }>();

  private constructor(options: EtcdOptions, name: string, disk: RaftDisk) {
    this.options = options;
    this.name = name;
    const credentials = readCredentials(options.paths, 'peer-server-client', 'peer-ca');
    this.raft = new Raft(
      disk,
      peerTransport(credentials, () => this.raft),
    );
  }

  /** Whether there is a log: what k3s takes for "already in a cluster". */
  static isInitialized(paths: ServerPaths): boolean {
    return existsSync(paths.walFolder);
  }

  /** Moves the database of a member that was removed aside, so that this start joins anew. */
  static obeyTombstone(paths: ServerPaths): void {
    if (!existsSync(paths.tombstone)) return;
    info('tombstone file has been detected, removing data dir to rejoin the cluster');
    const backups = readdirSync(paths.db)
      .filter(name => name.startsWith('etcd-backup-'))
      .sort()
      .reverse();
    for (const old of backups.slice(databaseBackupsMax)) rmSync(join(paths.db, old), { recursive: true });
    renameSync(paths.etcd, asideName(paths.etcd, 'backup'));
  }

  /** The cluster of one that `cluster-init` founds, or that a reset leaves; `before` is what it shall hold. */
  static found(
    options: EtcdOptions,
    before?: { readonly state: SavedState; readonly index: number; readonly term: number },
  ): Etcd {
    const name = memberName(options, before !== undefined);
    const disk = new RaftDisk(options.paths.wal);
    const id = before === undefined || disk.memberId === '' ? newId() : disk.memberId;
    const state = soleState(
      { id, name, peerUrl: peerUrl(options), clientUrl: clientUrl(options) },
      before?.state,
    );
    disk.rewrite(id, { index: (before?.index ?? 0) + 1, term: before?.term ?? 0, state }, []);
    return new Etcd(options, name, new RaftDisk(options.paths.wal));
  }

  /** Starts from the disk alone; nobody is asked. */
  static reopen(options: EtcdOptions): Etcd {
    return new Etcd(options, memberName(options, false), new RaftDisk(options.paths.wal));
  }

  /** Joins the cluster of a server as a learner. @throws Error in the words of k3s or etcd */
  static async join(options: EtcdOptions, access: ClusterAccess): Promise<Etcd> {
    const { paths, nodeName, address } = options;
    const name = memberName(options, false);
    const told = JSON.parse(await askSupervisor(access, '/db/info')) as { members: readonly GatewayMember[] };
    const urls = told.members
      .filter(member => !member.isLearner)
      .flatMap(member => member.clientURLs ?? [])
      .filter(url => new URL(url).hostname !== address);
    const members = (await ask(paths, urls, '/v3/cluster/member/list', {}))
      .members as readonly GatewayMember[];
    let id: string | undefined;
    for (const member of members) {
      const host = new URL(member.peerURLs?.[0] ?? 'https://0.0.0.0').hostname;
      const hyphen = member.name?.lastIndexOf('-') ?? -1;
      const isOurs = host === address && (member.name === undefined || member.name === name);
      if (isOurs) id = member.ID;
      else if (member.name?.slice(0, hyphen) === nodeName) {
        rmSync(paths.name, { force: true });
        throw new Error('duplicate node name found, please use a unique name for this node');
      }
    }
    const cluster = members.map(member => `${member.name ?? name}=${member.peerURLs?.[0]}`);
    if (id === undefined) {
      info(`Adding member ${name}=${peerUrl(options)} to etcd cluster [${cluster.join(' ')}]`);
      const added = await ask(paths, urls, '/v3/cluster/member/add', {
        peerURLs: [peerUrl(options)],
        isLearner: true,
      });
      id = (added.member as GatewayMember).ID;
      cluster.push(`${name}=${peerUrl(options)}`);
    }
    info(`Starting etcd for cluster [${cluster.join(' ')}]`);
    const disk = new RaftDisk(paths.wal);
    disk.rewrite(
      id,
      { index: 0, term: 0, state: { clusterId: '', members: [], removed: [], values: [] } },
      [],
    );
    return new Etcd(options, name, new RaftDisk(paths.wal));
  }

  /** Opens the ports and takes part. @throws Error when a port cannot be opened */
  async start(): Promise<void> {
    const { paths, address, exposesMetrics } = this.options;
    writeConfig(this.options, this.name);
    mkdirSync(paths.snapFolder, { recursive: true, mode: 0o700 });
    const peers = peerServer(readCredentials(paths, 'peer-server-client', 'peer-ca'), this.raft);
    await this.#listen(peers, 2380, address);
    const credentials = readCredentials(paths, 'server-client', 'server-ca');
    const metrics = () =>
      createHttpServer((request, response) => {
        if (request.url === '/health') sendHealth(this.raft, response);
        else response.end(this.#metrics());
      });
    for (const host of new Set([loopback, address]))
      await this.#listen(gatewayServer(credentials, this.raft, newId), 2379, host);
    for (const host of new Set([loopback, ...(exposesMetrics ? [address] : [])]))
      await this.#listen(metrics(), 2381, host);
    this.raft.onRemoved(() => this.#leave());
    this.raft.start();
    this.#learnerTimer = setInterval(() => void this.#careForLearners(), tuning().learnerTickMs);
  }

  /** What k3s asks before it starts Kubernetes. @returns undefined when all is well, else why not */
  async test(): Promise<string | undefined> {
    const { raft, name } = this;
    const own = raft.state.members.get(raft.id);
    // Until a leader has said what is decided, a member that starts again does not know even itself.
    if (own === undefined && raft.lastIndex > 0)
      return 'failed to get etcd status: context deadline exceeded';
    if (own === undefined || own.isLearner)
      return 'this server has not yet been promoted from learner to voting member';
    try {
      await raft.barrier();
    } catch {
      return 'failed to get etcd members: context deadline exceeded';
    }
    const expected = peerUrl(this.options);
    const found = [...raft.state.members.values()];
    if (found.some(member => member.name === name && member.peerUrl === expected)) return undefined;
    const list = found.map(member => `${member.name}=${member.peerUrl}`).join(' ');
    return `this server is not a member of the etcd cluster. Found [${list}], expect: ${name}=${expected}`;
  }

  /** Tells the others the name that this member goes by, as etcd does once it takes part. */
  async publish(): Promise<void> {
    const own = this.raft.state.members.get(this.raft.id);
    if (own === undefined || (own.name === this.name && own.clientUrl === clientUrl(this.options))) return;
    const op = {
      kind: 'member-publish',
      id: own.id,
      name: this.name,
      clientUrl: clientUrl(this.options),
    } as const;
    // A learner may not propose: it asks one that may, as etcd's own publish is forwarded.
    if (!own.isLearner) await this.raft.propose(op);
    else {
      const leader = this.raft.state.members.get(this.raft.leader ?? '');
      if (leader !== undefined) await this.raft.forward(leader, op);
    }
  }

  stop(): void {
    clearInterval(this.#learnerTimer);
    this.raft.stop();
    for (const server of this.#servers) {
      server.close();
      if ('closeAllConnections' in server)
        (server as unknown as { closeAllConnections(): void }).closeAllConnections();
    }
  }

  /** The members as k3s' /db/info tells them. */
  members() {
    return [...this.raft.state.members.values()].map(memberJson);
  }

  #leave(): void {
    if (this.isRemoved) return;
    this.isRemoved = true;
    error(`etcd error: ${removedText}`);
    writeFileSync(this.options.paths.tombstone, '', { mode: 0o600 });
    this.stop();
    info('This node has been removed from the cluster - please restart k3s to rejoin the cluster');
  }

  async #careForLearners(): Promise<void> {
    const { raft } = this;
    if (!raft.isLeader) {
      await this.publish().catch(() => {});
      return;
    }
    const learner = [...raft.state.members.values()].find(member => member.isLearner);
    if (learner === undefined || control().promotesLearners === false) return;
    const seen = this.#learnersSeenAtMs.get(learner.id) ?? { match: false, atMs: performance.now() };
    this.#learnersSeenAtMs.set(learner.id, seen);
    if (raft.isActive(learner.id)) seen.atMs = performance.now();
    const stalledMs = performance.now() - seen.atMs;
    if (learner.name !== '' && raft.isActive(learner.id)) {
      const outcome = await raft.propose({ kind: 'member-promote', id: learner.id }).catch(() => undefined);
      if (outcome?.ok) info(`Promoted learner ${learner.name}`);
    } else if (stalledMs > tuning().learnerStallMs) {
      const outcome = await raft.propose({ kind: 'member-remove', id: learner.id }).catch(() => undefined);
      if (outcome?.ok) warn(`Removed learner ${learner.name} from etcd cluster`);
    } else if (stalledMs > 0)
      warn(`Learner ${learner.name} stalled at RaftAppliedIndex=0 for ${Math.round(stalledMs / 1000)}s`);
  }

  #metrics(): string {
    const hasLeader = this.raft.leader === undefined ? 0 : 1;
    const isLeader = this.raft.isLeader ? 1 : 0;
    return `etcd_server_has_leader ${hasLeader}\netcd_server_is_leader ${isLeader}\netcd_server_is_learner ${this.raft.isLearner ? 1 : 0}\n`;
  }

  async #listen(server: Server, port: number, host: string): Promise<void> {
    this.#servers.push(server);
    await new Promise<void>((resolve, reject) => {
      server.once('error', reject);
      server.listen(port, host, resolve);
    });
    server.on('error', () => {});
  }
}

export const peerUrl = ({ address }: EtcdOptions) => `https://${address}:2380`;
export const clientUrl = ({ address }: EtcdOptions) => `https://${address}:2379`;

/** The name that is drawn once: node and eight digits. */
function memberName({ paths, nodeName }: EtcdOptions, drawsAnew: boolean): string {
  if (!drawsAnew && existsSync(paths.name)) return readFileSync(paths.name, 'utf8');
  const name = `${nodeName}-${randomUUID().slice(0, 8)}`;
  mkdirSync(dirname(paths.name), { recursive: true, mode: 0o700 });
  writeFileSync(paths.name, name, { mode: 0o600 });
  return name;
}

function writeConfig(options: EtcdOptions, name: string): void {
  const { paths } = options;
  const text = [
    `advertise-client-urls: ${clientUrl(options)}`,
    'client-transport-security:',
    `  cert-file: ${paths.etcdTls}/server-client.crt`,
    '  client-cert-auth: true',
    `  key-file: ${paths.etcdTls}/server-client.key`,
    `  trusted-ca-file: ${paths.etcdTls}/server-ca.crt`,
    `data-dir: ${paths.etcd}`,
    'election-timeout: 5000',
    'heartbeat-interval: 500',
    `listen-client-urls: https://${loopback}:2379,${clientUrl(options)}`,
    `listen-metrics-urls: http://${loopback}:2381`,
    `listen-peer-urls: ${peerUrl(options)}`,
    `name: ${name}`,
    '',
  ];
  if (existsSync(paths.etcd) && (statSync(paths.etcd).mode & 0o777) !== 0o700)
    mkdirSync(paths.etcd, { recursive: true, mode: 0o700 });
  writeFileSync(paths.etcdConfig, text.join('\n'), { mode: 0o600 });
}

function readCredentials(paths: ServerPaths, name: string, ca: string): Credentials {
  const read = (file: string) => readFileSync(join(paths.etcdTls, file), 'utf8');
  return { cert: read(`${name}.crt`), key: read(`${name}.key`), ca: read(`${ca}.crt`) };
}

/** Asks the first member that answers. @throws Error with etcd's words */
async function ask(
  paths: ServerPaths,
  urls: readonly string[],
  path: string,
  body: unknown,
): Promise<Record<string, unknown>> {
  let last = new Error('context deadline exceeded');
  for (const url of urls) {
    try {
      const { ca, cert, key } = readCredentials(paths, 'client', 'server-ca');
      const options = { ca, cert, key, checksName: false, method: 'POST', body: JSON.stringify(body) };
      const answer = await send(`${url}${path}`, options);
      const parsed = JSON.parse(answer.body) as Record<string, unknown>;
      if (answer.status === 200) return parsed;
      throw Object.assign(new Error(String(parsed.message)), { isFinal: true });
    } catch (thrown) {
      last = thrown as Error;
      if ('isFinal' in last) throw last;
    }
  }
  throw last;
}
