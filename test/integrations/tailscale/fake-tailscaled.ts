// The twin of tailscaled: its LocalAPI on a unix socket, as far as ours asks, over a tailnet that a test sets up. It passes
// test/contract/local-api.suite.ts as a real one does. What `tailscale up` comes to is a test's business.
import { chmodSync, mkdtempSync, rmSync } from 'node:fs';
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { BackendState } from '../../../src/integrations/tailscale/shapes.ts';

export interface FakeDevice {
  ID: string;
  HostName: string;
  DNSName: string;
  TailscaleIPs: string[] | null;
  Tags?: string[];
  Online?: boolean;
  CurAddr?: string;
  Relay?: string;
  PeerRelay?: string;
  Active?: boolean;
  Expired?: boolean;
  KeyExpiry?: string;
  ShareeNode?: boolean;
}

/** A device as tailscaled tells of it. */
export function device(name: string, number: number, fields: Partial<FakeDevice> = {}): FakeDevice {
  return {
    ID: `n${number}CNTRL`,
    HostName: name,
    DNSName: `${name}.lab.ts.net.`,
    TailscaleIPs: [`100.64.0.${number}`, `fd7a:115c:a1e0::${number}`],
    Online: true,
    Relay: 'fra',
    ...fields,
  };
}

/** What a run of the fake `tailscale` is told to print, and how it ends. */
export interface UpAnswer {
  readonly exitCode: number;
  readonly stderr: string;
}

export class FakeTailscaled {
  state: BackendState = 'Running';
  self: FakeDevice | null = device('atlas', 1, { Tags: ['tag:cluster'] });
  peers: FakeDevice[] = [];
  health: string[] = [];
  haveNodeKey = true;
  hasTun = true;
  /** Tells of its peers, or only of its state as before 1.100, or of nothing. */
  bus: 'new' | 'old' | 'none' = 'new';
  /** Instead of any answer: an HTTP status and a body, or silence. */
  broken: { readonly status: number; readonly body: string } | 'silent' | undefined;
  prefs: Record<string, unknown> = {
    ControlURL: 'https://controlplane.tailscale.com',
    Hostname: '',
    WantRunning: true,
    LoggedOut: false,
    CorpDNS: true,
    AdvertiseTags: null,
  };
  /** Answers `tailscale` with these arguments; `key` is what was in the file that --auth-key names. */
  onCommand: (args: readonly string[], key: string | undefined) => UpAnswer = () => ({
    exitCode: 0,
    stderr: '',
  });
  /** Paths that were asked for, with their query. */
  readonly asked: string[] = [];
  /** Arguments of each `tailscale` that was run. */
  readonly commands: string[][] = [];
  readonly folder = mkdtempSync(join(tmpdir(), 'clusteros-tailscaled-'));
  readonly socket = join(this.folder, 'tailscaled.sock');
  readonly #watchers = new Set<ServerResponse>();
  #server: Server | undefined;

  static async start(): Promise<FakeTailscaled> {
    const fake = new FakeTailscaled();
    await fake.listen();
    return fake;
  }

  async listen(): Promise<void> {
    const server = createServer((request, response) => this.#answer(request, response));
    this.#server = server;
    await new Promise<void>(resolve => server.listen(this.socket, resolve));
  }

  /** Ends it as its process would end: every connection breaks. @param leavesSocket as after a crash */
  async stop({ leavesSocket = false } = {}): Promise<void> {
    const server = this.#server;
    this.#server = undefined;
    if (server === undefined) return;
    const closed = new Promise<void>(resolve => server.close(() => resolve()));
    server.closeAllConnections();
    await closed;
    if (leavesSocket) await abandonedSocket(this.socket);
  }

  async dispose(): Promise<void> {
    await this.stop();
    rmSync(this.folder, { recursive: true, force: true });
  }

  /** Lets nobody but root ask. */
  close(): void {
    chmodSync(this.socket, 0o600);
  }

  /** Tells watchers what is new. */
  tell(news: Record<string, unknown>): void {
    for (const watcher of this.#watchers)
      watcher.write(`${JSON.stringify({ Version: '1.102.3', ...news })}\n`);
  }

  /** Writes to watchers what is no news. */
  tellText(text: string): void {
    for (const watcher of this.#watchers) watcher.write(text);
  }

  get watcherCount(): number {
    return this.#watchers.size;
  }

  #answer(request: IncomingMessage, response: ServerResponse): void {
    const url = new URL(request.url ?? '/', 'http://local-tailscaled.sock');
    if (url.pathname === '/test/command') {
      this.#command(request, response);
      return;
    }
    const path = url.pathname.replace('/localapi/v0/', '');
    this.asked.push(`${path}${url.search}`);
    // ipn/localapi: what a browser could send is refused.
    if (
      request.headers.host !== 'local-tailscaled.sock' ||
      request.headers.referer ||
      request.headers.origin
    ) {
      response.writeHead(403).end('invalid localapi request');
      return;
    }
    if (this.broken === 'silent') return;
    if (this.broken !== undefined) {
      response.writeHead(this.broken.status).end(this.broken.body);
      return;
    }
    if (path === 'status') this.#json(response, this.#status(url.searchParams.get('peers') !== 'false'));
    else if (path === 'prefs') this.#json(response, this.prefs);
    else if (path === 'whois') this.#whois(url.searchParams.get('addr') ?? '', response);
    else if (path === 'watch-ipn-bus' && this.bus !== 'none')
      this.#watch(Number(url.searchParams.get('mask')), response);
    else response.writeHead(404).end('404 not found');
  }

  #json(response: ServerResponse, value: unknown): void {
    response.writeHead(200, { 'Content-Type': 'application/json' }).end(JSON.stringify(value, null, '\t'));
  }

  #status(withPeers: boolean): Record<string, unknown> {
    const none = { ID: '', HostName: 'atlas', DNSName: '', TailscaleIPs: null };
    return {
      Version: '1.102.3-t0123456789',
      TUN: this.hasTun,
      BackendState: this.state,
      ...(this.haveNodeKey ? { HaveNodeKey: true } : {}),
      AuthURL: '',
      TailscaleIPs: this.self?.TailscaleIPs ?? null,
      Self: this.self ?? none,
      Health: this.health,
      CurrentTailnet: this.state === 'Running' ? { Name: 'lab', MagicDNSSuffix: 'lab.ts.net' } : null,
      Peer: withPeers ? Object.fromEntries(this.peers.map(peer => [`nodekey:${peer.ID}`, peer])) : null,
    };
  }

  #whois(address: string, response: ServerResponse): void {
    const ip = address.replace(/^\[(.*)\]:\d+$/, '$1').replace(/^([\d.]+):\d+$/, '$1');
    if (!/^[\d.]+$|:/.test(ip)) {
      response.writeHead(400).end("invalid 'addr' parameter");
      return;
    }
    const found = [...(this.self ? [this.self] : []), ...this.peers].find(each =>
      each.TailscaleIPs?.includes(ip),
    );
    if (!found) {
      response.writeHead(404).end('no match for IP:port');
      return;
    }
    this.#json(response, {
      Node: {
        StableID: found.ID,
        Name: found.DNSName,
        ...(found.Tags ? { Tags: found.Tags } : {}),
        Addresses: found.TailscaleIPs?.map(each => `${each}/${each.includes(':') ? 128 : 32}`),
      },
      UserProfile: { LoginName: found.Tags ? 'tagged-devices' : 'ada@example.com' },
      CapMap: {},
    });
  }

  #watch(mask: number, response: ServerResponse): void {
    response.writeHead(200, { 'Content-Type': 'application/json' });
    const isNew = this.bus === 'new' && (mask & 16384) !== 0;
    const first = {
      Version: '1.102.3',
      SessionID: 'x',
      State: 6,
      ...(isNew ? { InitialStatus: this.#status(true) } : {}),
    };
    response.write(`${JSON.stringify(first)}\n`);
    this.#watchers.add(response);
    response.once('close', () => this.#watchers.delete(response));
  }

  #command(request: IncomingMessage, response: ServerResponse): void {
    let body = '';
    request.setEncoding('utf8').on('data', (piece: string) => {
      body += piece;
    });
    request.once('end', () => {
      const { args, key } = JSON.parse(body) as { args: string[]; key?: string };
      this.commands.push(args);
      this.#json(response, this.onCommand(args, key));
    });
  }
}

/** A socket whose process is gone: made by a server that is killed. */
async function abandonedSocket(path: string): Promise<void> {
  const { spawn } = await import('node:child_process');
  const script = `require('node:net').createServer().listen(${JSON.stringify(path)}, () => console.log('up'))`;
  const child = spawn(process.execPath, ['-e', script], { stdio: ['ignore', 'pipe', 'ignore'] });
  const ended = new Promise(resolve => child.once('exit', resolve));
  await new Promise(resolve => child.stdout.once('data', resolve));
  child.kill('SIGKILL');
  await ended;
}
