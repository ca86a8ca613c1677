// The HTTPS port of a server: k3s' supervisor (/cacerts, /ping, /v1-k3s, /db) and, for all other paths, the Kubernetes API behind
// it, which is not there before the datastore is. Who may ask for what is that of pkg/server/handlers/router.go.
import { readFileSync } from 'node:fs';
import type { IncomingMessage, ServerResponse } from 'node:http';
import { createServer, type Server } from 'node:https';
import { join } from 'node:path';
import { type Bundle, readBundle } from './bootstrap-data.ts';
import type { Leaf } from './certificates.ts';
import { control } from './control.ts';
import { bodyOf, KubeApi, sendJson } from './kube-api.ts';
import { badRequest, forbidden, internal, StatusError, unauthorized, unavailable } from './kube-status.ts';
import type { KubeStore } from './kube-store.ts';
import { agentReadsMax, agentWritesMax } from './limits.ts';
import { error, info, textOf } from './log.ts';
import { ensureNodePassword } from './node-passwords.ts';
import { nodes } from './objects.ts';
import { passwordFile, type ServerPaths } from './paths.ts';
import {
  agentGroup,
  authenticate,
  bootstrappersGroup,
  nodeNameOf,
  nodesGroup,
  type Passwords,
  serverGroup,
  type User,
} from './users.ts';

/** What a running server gives its supervisor; it grows while the server starts. */
export interface Cluster {
  readonly paths: ServerPaths;
  readonly nodeName: string;
  readonly config: Readonly<Record<string, unknown>>;
  passwords: Passwords;
  /** Set once Kubernetes is there. */
  store: KubeStore | undefined;
  /** The members of etcd, as /db/info tells them; undefined where there is no etcd. */
  members: (() => readonly unknown[]) | undefined;
  /** Serves /db/snapshot; undefined where there is no etcd. */
  snapshot: ((request: unknown) => Promise<unknown>) | undefined;
  rotateToken: ((token: string) => Promise<void>) | undefined;
  bundle: (() => Bundle | undefined) | undefined;
}

const agentRoles = [agentGroup, nodesGroup, bootstrappersGroup];

export class Supervisor {
  readonly #cluster: Cluster;
  readonly #server: Server;
  #api: KubeApi | undefined;
  #reads = 0;
  #writes = 0;

  constructor(cluster: Cluster) {
    this.#cluster = cluster;
    const { paths } = cluster;
    this.#server = createServer(
      {
        cert: readFileSync(join(paths.tls, 'serving-kube-apiserver.crt')),
        key: readFileSync(join(paths.tls, 'serving-kube-apiserver.key')),
        ca: readFileSync(paths.clientCa),
        requestCert: true,
        rejectUnauthorized: false,
      },
      (request, response) => void this.#serve(request, response),
    );
    this.#server.keepAliveTimeout = 90_000;
  }

  /** @param host all addresses when it is undefined */
  async listen(port: number, host: string | undefined): Promise<void> {
    await new Promise<void>((resolve, reject) => {
      this.#server.once('error', reject);
      this.#server.listen(port, host ?? '0.0.0.0', () => resolve());
    });
  }

  /** Lets the Kubernetes API answer. */
  openKubernetes(store: KubeStore): void {
    this.#cluster.store = store;
    this.#api = new KubeApi(store);
  }

  close(): void {
    this.#server.close();
    this.#server.closeAllConnections();
  }

  async #serve(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const path = (request.url ?? '/').split('?')[0] ?? '/';
    response.on('error', () => {}); // who asked is gone
    try {
      if (path === '/cacerts') return sendText(response, readFileSync(this.#cluster.paths.serverCa, 'utf8'));
      if (path === '/ping') return sendText(response, 'pong');
      const user = authenticate(request, this.#cluster.passwords, this.#cluster.store);
      if (path.startsWith('/v1-k3s/')) return await this.#supervise(request, response, path.slice(8), user);
      if (path.startsWith('/db/')) return await this.#serveDatastore(request, response, path, user);
      if (this.#api === undefined) throw unavailable('apiserver not ready');
      await this.#api.serve(request, response, user);
    } catch (thrown) {
      const status = thrown instanceof StatusError ? thrown : internal(textOf(thrown));
      if (status.message !== 'apiserver not ready')
        error(`Sending HTTP/1.1 ${status.code} response to ${peerOf(request)}: ${status.message}`);
      response.setHeader('connection', 'close');
      if (response.headersSent) response.destroy();
      else sendJson(response, status.code, status);
    }
  }

  async #supervise(
    request: IncomingMessage,
    response: ServerResponse,
    path: string,
    user: User | 'invalid' | undefined,
  ): Promise<void> {
    const { paths, config } = this.#cluster;
    const file = (name: string) => sendText(response, readFileSync(join(paths.tls, name), 'utf8'));
    switch (path) {
      case 'server-bootstrap': {
        mustBe(user, [serverGroup]);
        info(`Serving HTTP bootstrap from datastore for ${peerOf(request)}`);
        const bundle = this.#cluster.bundle;
        if (bundle === undefined) throw badRequest('etcd disabled');
        return sendJson(response, 200, bundle() ?? readBundle(paths));
      }
      case 'token': {
        mustBe(user, [serverGroup]);
        const { newToken = '' } = (await bodyOf(request)) as { newToken?: string };
        await this.#cluster.rotateToken?.(newToken);
        return sendText(response, '');
      }
      case 'encrypt/status':
        mustBe(user, [serverGroup]);
        return sendJson(response, 200, { stage: 'start', enable: config.EncryptSecrets });
    }
    const who = mustBe(user, agentRoles);
    const isRead = request.method === 'GET';
    if (isRead ? this.#reads >= agentReadsMax : this.#writes >= agentWritesMax)
      throw new StatusError(429, 'TooManyRequests', 'Too many requests, please try again later.');
    if (isRead) this.#reads += 1;
    else this.#writes += 1;
    try {
      switch (path) {
        case 'config':
          return sendJson(response, 200, config);
        case 'readyz':
          if (!this.#isCoreReady) throw unavailable('runtime core not ready');
          return sendText(response, 'ok');
        case 'apiservers':
          return sendJson(response, 200, this.#apiServers());
        case 'client-ca.crt':
        case 'server-ca.crt':
          return file(path);
        case 'serving-kubelet.crt': {
          const name = await this.#nodeOf(request, who);
          const addresses = String(request.headers['k3s-node-ip'] ?? '')
            .split(',')
            .filter(Boolean);
          const names = [name, 'localhost', '127.0.0.1', ...addresses];
          return await this.#sign(response, 'server-ca', { commonName: name, names, uses: ['server'] });
        }
        case 'client-kubelet.crt': {
          const name = await this.#nodeOf(request, who);
          const commonName = `system:node:${name}`;
          return await this.#sign(response, 'client-ca', {
            commonName,
            organization: nodesGroup,
            uses: ['client'],
          });
        }
        case 'client-kube-proxy.crt':
          return await this.#sign(response, 'client-ca', {
            commonName: 'system:kube-proxy',
            uses: ['client'],
          });
        case 'client-k3s-controller.crt':
          return await this.#sign(response, 'client-ca', {
            commonName: 'system:k3s-controller',
            uses: ['client'],
          });
        default:
          throw new StatusError(404, 'NotFound', 'the server could not find the requested resource');
      }
    } finally {
      if (isRead) this.#reads -= 1;
      else this.#writes -= 1;
    }
  }

  async #serveDatastore(
    request: IncomingMessage,
    response: ServerResponse,
    path: string,
    user: User | 'invalid' | undefined,
  ): Promise<void> {
    mustBe(user, [serverGroup]);
    const { members, snapshot } = this.#cluster;
    if (path === '/db/info' && members !== undefined) return sendJson(response, 200, { members: members() });
    if (path === '/db/snapshot' && snapshot !== undefined)
      return sendJson(response, 200, await snapshot(await bodyOf(request)));
    throw new StatusError(404, 'NotFound', 'the server could not find the requested resource');
  }

  get #isCoreReady(): boolean {
    return this.#cluster.store !== undefined && !control().coreNotReady;
  }

  /** The node that asks for certificates, once it has shown that it is that node (pkg/nodepassword/validate.go). */
  async #nodeOf(request: IncomingMessage, user: User): Promise<string> {
    const name = String(request.headers['k3s-node-name'] ?? '').toLowerCase();
    const password = String(request.headers['k3s-node-password'] ?? '');
    if (name === '') throw badRequest('node name not set');
    if (password === '') throw badRequest('node password not set');
    const identity = nodeNameOf(user);
    if (identity !== undefined && identity !== name)
      throw badRequest('header node name does not match auth node name');
    const { store, nodeName } = this.#cluster;
    if (!this.#isCoreReady || store === undefined) {
      if (name !== nodeName) throw unavailable('runtime core not ready');
      // Before the datastore is there a server can only know itself, by the file on its own disk.
      if (readFileSync(passwordFile, 'utf8').trim() !== password)
        throw forbidden('unable to verify local node password: hash does not match');
      info(`Password verified locally for node ${name}`);
      return name;
    }
    if (identity !== undefined) {
      await store.catchUp();
      if (store.peek(nodes, '', name) === undefined)
        throw unauthorized(`unable to verify node identity: nodes "${name}" not found`);
    }
    if (!(await ensureNodePassword(store, name, password)))
      throw forbidden(`unable to verify hash for node '${name}': hash does not match`);
    return name;
  }

  async #sign(response: ServerResponse, authority: string, leaf: Leaf): Promise<void> {
    const { tls } = this.#cluster.paths;
    const ca = readFileSync(join(tls, `${authority}.crt`), 'utf8');
    // The X.509 library takes a tenth of a second to load, which a restart need not wait for.
    const { issue } = await import('./certificates.ts');
    const made = await issue(
      { certificate: ca, key: readFileSync(join(tls, `${authority}.key`), 'utf8') },
      leaf,
    );
    sendText(response, made.certificate + ca + made.key);
  }

  /** The servers whose nodes are not known to be away, as "host:port". */
  #apiServers(): readonly string[] {
    const own = String(this.#cluster.config.AdvertiseAddress);
    const found = this.#cluster.store
      ?.all(nodes)
      .filter(node => node.metadata.labels?.['node-role.kubernetes.io/control-plane'] === 'true')
      .map(node => node.metadata.annotations?.['k3s.io/internal-ip'] ?? '')
      .filter(Boolean);
    return [...new Set([...(found ?? []), own])].map(
      address => `${address}:${this.#cluster.config.HTTPSPort}`,
    );
  }
}

function mustBe(user: User | 'invalid' | undefined, roles: readonly string[]): User {
  if (user === 'invalid') throw unauthorized('not authorized');
  if (user === undefined || !user.groups.some(group => roles.includes(group))) throw forbidden('forbidden');
  return user;
}

function sendText(response: ServerResponse, text: string): void {
  response.writeHead(200, { 'content-type': 'text/plain' });
  response.end(text);
}

function peerOf(request: IncomingMessage): string {
  return `${request.socket.remoteAddress}:${request.socket.remotePort}`;
}
