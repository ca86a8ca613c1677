// The client-side load balancer of an agent: a port of its own on the loopback that leads to a server which answers, and the list
// of servers that it keeps on the disk and goes by at the next start.
import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { connect, createServer, type Server, type Socket } from 'node:net';
import { dirname } from 'node:path';
import { balancerCheckMs, peerTimeoutMs } from './limits.ts';
import { info } from './log.ts';
import { loopback } from './paths.ts';

interface Saved {
  readonly ServerURL: string;
  readonly ServerAddresses: readonly string[];
}

export class LoadBalancer {
  readonly port: number;
  readonly #file: string;
  readonly #serverUrl: string;
  readonly #server: Server;
  /** Connections by the server that they lead to. */
  readonly #open = new Map<Socket, string>();
  #checks: NodeJS.Timeout | undefined;
  #isChecking = false;
  #addresses: readonly string[];

  constructor(file: string, serverUrl: string, port: number) {
    this.#file = file;
    this.#serverUrl = serverUrl;
    this.port = port;
    const { host, hostname } = new URL(serverUrl);
    this.#addresses = [host.includes(':') ? host : `${hostname}:443`];
    if (existsSync(file)) {
      const saved = JSON.parse(readFileSync(file, 'utf8')) as Saved;
      // Another server in the configuration makes what is on the disk of no account.
      if (saved.ServerURL === serverUrl && saved.ServerAddresses.length > 0)
        this.#addresses = [...new Set([...saved.ServerAddresses, ...this.#addresses])];
    }
    this.#save();
    this.#server = createServer({ allowHalfOpen: true }, client => void this.#lead(client));
  }

  get url(): string {
    return `https://${loopback}:${this.port}`;
  }

  async start(): Promise<void> {
    await new Promise<void>((resolve, reject) => {
      this.#server.once('error', reject);
      this.#server.listen(this.port, loopback, resolve);
    });
    const name = this.#file.includes('api-server') ? 'k3s-api-server-agent' : 'k3s-agent';
    this.#checks = setInterval(() => void this.#check(), balancerCheckMs);
    info(
      `Running load balancer ${name}-load-balancer ${loopback}:${this.port} -> [${this.#addresses.join(' ')}] [default: ${this.#addresses.at(-1)}]`,
    );
  }

  /** Goes by these servers from now on; connections to others are closed. */
  update(addresses: readonly string[]): void {
    const sorted = [...addresses].sort();
    if (sorted.length === 0 || sorted.join() === this.#addresses.join()) return;
    for (const address of sorted.filter(each => !this.#addresses.includes(each)))
      info(`Adding server to load balancer k3s-agent-load-balancer: ${address}`);
    this.#addresses = sorted;
    this.#save();
  }

  stop(): void {
    clearInterval(this.#checks);
    this.#server.close();
    for (const socket of this.#open.keys()) socket.destroy();
  }

  /** Leaves a server that does not answer, with all connections to it: a machine without power closes none. */
  async #check(): Promise<void> {
    const [first] = this.#addresses;
    if (this.#isChecking || first === undefined || this.#open.size === 0) return;
    this.#isChecking = true;
    const probe = await dial(first);
    this.#isChecking = false;
    if (probe !== undefined) return void probe.destroy();
    this.#addresses = [...this.#addresses.slice(1), first];
    for (const [socket, address] of this.#open) if (address === first) socket.destroy();
  }

  async #lead(client: Socket): Promise<void> {
    client.on('error', () => client.destroy());
    client.once('close', () => this.#open.delete(client));
    for (const address of this.#addresses) {
      const server = await dial(address);
      if (server === undefined) continue;
      if (client.destroyed) return void server.destroy();
      // The one that answered is asked first from now on.
      this.#addresses = [address, ...this.#addresses.filter(each => each !== address)];
      this.#open.set(client, address);
      server.on('error', () => client.destroy());
      server.once('close', () => client.destroy());
      client.once('close', () => server.destroy());
      client.pipe(server).pipe(client);
      return;
    }
    client.destroy();
  }

  #save(): void {
    mkdirSync(dirname(this.#file), { recursive: true });
    const saved: Saved = { ServerURL: this.#serverUrl, ServerAddresses: this.#addresses };
    writeFileSync(this.#file, JSON.stringify(saved, undefined, 2), { mode: 0o600 });
  }
}

async function dial(address: string): Promise<Socket | undefined> {
  const at = address.lastIndexOf(':');
  return await new Promise(resolve => {
    const socket = connect({
      host: address.slice(0, at),
      port: Number(address.slice(at + 1)),
      allowHalfOpen: true,
    });
    const timer = setTimeout(() => socket.destroy(), peerTimeoutMs);
    socket.once('connect', () => {
      clearTimeout(timer);
      resolve(socket);
    });
    socket.once('error', () => {});
    socket.once('close', () => {
      clearTimeout(timer);
      resolve(undefined);
    });
  });
}
