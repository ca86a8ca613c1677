// A real control server, headscale, on a host of the lab: it lets machines in by keys, tells them of each other, and relays the
// packets of those that have no direct path. Driven by its own command, as its operator would.
import { stringify } from 'yaml';
import type { Child } from '../lab/child.ts';
import type { Host } from '../lab/host.ts';
import { waitFor } from '../lab/wait-for.ts';
import { controlCommandTimeoutMs, controlReadyTimeoutMs } from './limits.ts';
import { toolsFolder } from './tools.ts';

const program = `${toolsFolder}/headscale`;
const configFile = '/etc/clusteros/headscale.yaml';
const policyFile = '/etc/clusteros/headscale-policy.json';
const dataFolder = '/var/lib/clusteros/headscale';
const port = 8080;

export interface KeyWish {
  /** A key of a user, whose nodes have no tags, when there are none. */
  readonly tags?: readonly string[];
  readonly isReusable?: boolean;
  readonly isEphemeral?: boolean;
  /** As Go writes durations. */
  readonly life?: string;
}

export interface ControlNode {
  readonly id: string;
  readonly name: string;
  readonly addresses: readonly string[];
}

export class ControlServer {
  readonly host: Host;
  readonly url: string;
  #child: Child | undefined;

  constructor(host: Host) {
    this.host = host;
    this.url = `http://${host.ip}:${port}`;
  }

  /** Starts it, also again with the data it had. */
  async start(): Promise<void> {
    const { host } = this;
    const { ip } = host;
    const settings = controlSettings({
      ...{ url: this.url, listens: `${ip}:${port}`, stun: `${ip}:3478`, relay: ip, dataFolder, policyFile },
      ...{ metrics: '127.0.0.1:9090', grpc: '127.0.0.1:50443', socket: '/run/headscale.sock' },
    });
    host.writeFile(configFile, stringify(settings));
    host.writeFile(policyFile, JSON.stringify(controlPolicy));
    host.writeFile(`${dataFolder}/.keep`, '', { mode: 0o600 });
    this.#child = await host.spawn([program, 'serve', '--config', configFile], {
      logFile: '/var/log/headscale.log',
    });
    await waitFor(async () => (await this.#run(['users', 'list'])).exitCode === 0, {
      timeoutMs: controlReadyTimeoutMs,
      what: 'headscale to answer',
      explain: () => this.lastWords(),
    });
    if (!(await this.#ask(['users', 'list'])).includes('"lab"')) await this.#ask(['users', 'create', 'lab']);
  }

  /** Ends its process at once. */
  async kill(): Promise<void> {
    this.#child?.kill('SIGKILL');
    await this.#child?.exited;
  }

  lastWords(): string {
    return this.#child?.stdout.slice(-15).join('\n') ?? '';
  }

  /** A new key that lets machines in. */
  async createKey({ tags = [], isReusable, isEphemeral, life = '1h' }: KeyWish): Promise<string> {
    const answer = await this.#ask([
      ...['preauthkeys', 'create', '--expiration', life],
      ...(tags.length > 0 ? ['--tags', tags.join(',')] : ['--user', '1']),
      ...(isReusable ? ['--reusable'] : []),
      ...(isEphemeral ? ['--ephemeral'] : []),
    ]);
    const { key } = JSON.parse(answer) as { key: string };
    return key;
  }

  async nodes(): Promise<ControlNode[]> {
    const nodes = JSON.parse(await this.#ask(['nodes', 'list'])) as
      | { id: number | string; given_name: string; ip_addresses: string[] }[]
      | null;
    return (nodes ?? []).map(({ id, given_name, ip_addresses }) => ({
      id: String(id),
      name: given_name,
      addresses: ip_addresses,
    }));
  }

  /** Takes a node out of the tailnet: its machine has to sign in again, and is another node then. */
  async removeNode(id: string): Promise<void> {
    await this.#ask(['nodes', 'delete', '--identifier', id, '--force']);
  }

  /** Ends the life of a node's key: its machine has to sign in again, and is the same node. */
  async expireNode(id: string): Promise<void> {
    await this.#ask(['nodes', 'expire', '--identifier', id]);
  }

  async #run(args: readonly string[]) {
    return await this.host.run([program, '--config', configFile, '--output', 'json', ...args], {
      timeoutMs: controlCommandTimeoutMs,
    });
  }

  async #ask(args: readonly string[]): Promise<string> {
    const { exitCode, stdout, stderr } = await this.#run(args);
    if (exitCode !== 0)
      throw new Error(`headscale ${args.join(' ')}: ${stdout}${stderr}\n${this.lastWords()}`);
    return stdout;
  }
}

/** Addresses are IP:PORT; files and folders those of the machine that headscale runs on. */
export interface ControlPlaces {
  /** As the tailnet's machines see it. */
  readonly url: string;
  readonly listens: string;
  readonly metrics: string;
  readonly grpc: string;
  readonly stun: string;
  /** The IP address of its relay, as the tailnet's machines see it. */
  readonly relay: string;
  readonly dataFolder: string;
  readonly policyFile: string;
  readonly socket: string;
}

/** What headscale is told: a tailnet of its own, which asks nobody for anything. */
export function controlSettings(places: ControlPlaces) {
  const { dataFolder } = places;
  return {
    server_url: places.url,
    listen_addr: places.listens,
    metrics_listen_addr: places.metrics,
    grpc_listen_addr: places.grpc,
    noise: { private_key_path: `${dataFolder}/noise.key` },
    prefixes: { v4: '100.64.0.0/10', v6: 'fd7a:115c:a1e0::/48', allocation: 'sequential' },
    database: { type: 'sqlite', sqlite: { path: `${dataFolder}/db.sqlite` } },
    dns: { magic_dns: true, base_domain: 'lab.invalid', override_local_dns: false },
    unix_socket: places.socket,
    policy: { mode: 'file', path: places.policyFile },
    disable_check_updates: true,
    log: { level: 'info', format: 'json' },
    derp: {
      urls: [],
      auto_update_enabled: false,
      server: {
        ...{ enabled: true, region_id: 999, region_code: 'lab', region_name: 'lab' },
        ...{ stun_listen_addr: places.stun, private_key_path: `${dataFolder}/derp.key`, ipv4: places.relay },
      },
    },
  };
}

/** Everybody may speak to everybody: who may not is the agents' business. */
export const controlPolicy = {
  tagOwners: { 'tag:cluster': ['lab@'], 'tag:other': ['lab@'] },
  acls: [{ action: 'accept', src: ['*'], dst: ['*:*'] }],
};
