// The life of an agent, alone or inside a server: finds a server, believes it, gets its certificates, and runs a kubelet. Asks again
// for as long as it takes, in the words of k3s; what it never does is to end because a server refuses it.
import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { Agent } from 'node:https';
import { setTimeout as sleep } from 'node:timers/promises';
import { mustHaveInterface, nodeAddressOf, nodeNameOf, nodePassword } from './addresses.ts';
import { control, tuning } from './control.ts';
import { dropFlannel, startFlannel } from './flannel.ts';
import { Kubelet } from './kubelet.ts';
import { LoadBalancer } from './load-balancer.ts';
import { error, info, textOf } from './log.ts';
import { agentPaths, passwordFile } from './paths.ts';
import { type RequestOptions, send, statusText } from './request.ts';
import type { Settings } from './settings.ts';
import { askSupervisor, authorization, type ClusterAccess, formatToken, validateToken } from './token.ts';

export interface AgentOptions {
  readonly settings: Settings;
  readonly token: string;
  /** The server in the configuration, or the own one. */
  readonly serverUrl: string;
  /** Inside a server there is no load balancer: the own one is the server. */
  readonly isInServer: boolean;
}

export class RunningAgent {
  readonly #options: AgentOptions;
  readonly #paths: ReturnType<typeof agentPaths>;
  readonly #nodeName: string;
  readonly #address: string;
  #balancer: LoadBalancer | undefined;
  #kubelet: Kubelet | undefined;
  #hasDroppedFlannel = false;
  #refresher: NodeJS.Timeout | undefined;
  /** Stays open: a handshake every other second is what an idle agent would mostly do. */
  readonly #connection = new Agent({ keepAlive: true, maxSockets: 1 });

  /** @throws Error when the machine has no address to go by */
  constructor(options: AgentOptions) {
    this.#options = options;
    this.#paths = agentPaths(options.settings.dataDir);
    this.#nodeName = nodeNameOf(options.settings);
    this.#address = nodeAddressOf(options.settings);
  }

  /** Gets believed and certified. @throws Error when the load balancer's port is taken */
  async prepare(): Promise<void> {
    const { settings, serverUrl, isInServer } = this.#options;
    mkdirSync(this.#paths.agent, { recursive: true, mode: 0o700 });
    nodePassword();
    if (!isInServer) {
      const port = Number(settings.text('lb-server-port') ?? 6444);
      this.#balancer = new LoadBalancer(this.#paths.supervisorServers, serverUrl, port);
      await this.#balancer.start();
    }
    const access = await this.#believe();
    await this.#configure(access);
  }

  /** Runs the kubelet; returns when the node is registered. */
  async run(): Promise<void> {
    const { settings, isInServer } = this.#options;
    this.#kubelet = new Kubelet({
      nodeName: this.#nodeName,
      address: this.#address,
      labels: settings.list('node-label'),
      taints: settings.list('node-taint'),
      apiUrl: this.#url,
      paths: this.#paths,
      hasHealthPort: true,
    });
    info(`Running kubelet --hostname-override=${this.#nodeName} --node-ip=${this.#address}`);
    const node = await this.#kubelet.start();
    await startFlannel(String(node.spec?.podCIDR ?? '10.42.0.0/24'), settings.text('flannel-iface'));
    info(`Annotations and labels have been set successfully on node: ${this.#nodeName}`);
    if (isInServer) return;
    // Once before it counts as up: the server that it joined by may be the next to go.
    await this.#refreshServers();
    this.#refresher = setInterval(() => void this.#refreshServers(), tuning().leaseMs);
  }

  /** Does what the control file orders while the agent runs. */
  obey(): void {
    if (!control().flannelGone || this.#hasDroppedFlannel) return;
    this.#hasDroppedFlannel = true;
    void dropFlannel();
  }

  stop(): void {
    clearInterval(this.#refresher);
    this.#kubelet?.stop();
    this.#balancer?.stop();
  }

  get #url(): string {
    return this.#balancer?.url ?? this.#options.serverUrl;
  }

  async #believe(): Promise<ClusterAccess> {
    for (;;) {
      try {
        return await validateToken(this.#url, this.#options.token, 'node');
      } catch (thrown) {
        error(`Failed to validate connection to cluster at ${this.#options.serverUrl}: ${textOf(thrown)}`);
        await sleep(tuning().connectRetryMs);
      }
    }
  }

  async #configure(first: ClusterAccess): Promise<void> {
    // From here on the token carries the hash of the authority that was believed, so that no other is.
    const { bootstrap, username, password } = first.token;
    const token = formatToken(bootstrap ?? `${username}:${password}`, first.ca);
    for (;;) {
      try {
        return await this.#fetchAll(await validateToken(this.#url, token, 'node'));
      } catch (thrown) {
        info(`Waiting to retrieve agent configuration; server is not ready: ${textOf(thrown)}`);
        await sleep(tuning().configRetryMs * (1 + Math.random()));
      }
    }
  }

  async #fetchAll(access: ClusterAccess): Promise<void> {
    const { settings } = this.#options;
    const paths = this.#paths;
    let config: { readonly FlannelBackend?: string };
    try {
      config = JSON.parse(
        await askSupervisor(access, '/v1-k3s/config', this.#certificate()),
      ) as typeof config;
    } catch (thrown) {
      throw new Error(`failed to retrieve configuration from server: ${textOf(thrown)}`);
    }
    const iface = settings.text('flannel-iface');
    if (config.FlannelBackend !== 'none' && iface !== undefined) mustHaveInterface(iface);
    for (const file of [paths.clientCa, paths.serverCa]) {
      const name = file.split('/').at(-1);
      writeFileSync(file, await askSupervisor(access, `/v1-k3s/${name}`, this.#certificate()), {
        mode: 0o600,
      });
    }
    const { servingCert, servingKey, clientCert, clientKey, agent } = paths;
    await this.#fetchNamed(access, servingCert, servingKey);
    await this.#fetchNamed(access, clientCert, clientKey);
    for (const name of ['client-kube-proxy', 'client-k3s-controller']) {
      const both = await askSupervisor(access, `/v1-k3s/${name}.crt`, this.#certificate());
      writePair(both, `${agent}/${name}.crt`, `${agent}/${name}.key`);
    }
    writeFileSync(
      paths.kubeconfig,
      `apiVersion: v1\nclusters:\n- cluster:\n    server: ${this.#url}\n    certificate-authority: ${paths.serverCa}\n  name: local\n` +
        `contexts:\n- context:\n    cluster: local\n    namespace: default\n    user: user\n  name: Default\ncurrent-context: Default\nkind: Config\npreferences: {}\n` +
        `users:\n- name: user\n  user:\n    client-certificate: ${clientCert}\n    client-key: ${clientKey}\n`,
      { mode: 0o600 },
    );
  }

  /** A certificate for this node, for which its password is shown. */
  async #fetchNamed(access: ClusterAccess, certificate: string, key: string): Promise<void> {
    const url = `${access.url}/v1-k3s/${certificate.split('/').at(-1)}`;
    const headers = {
      authorization: authorization(access.token),
      'k3s-node-name': this.#nodeName,
      'k3s-node-password': nodePassword(),
      'k3s-node-ip': this.#address,
    };
    const own = this.#certificate();
    let answer = await send(url, { ca: access.ca, headers, ...own });
    if (answer.status === 401 && own.cert !== undefined) {
      info('Node authorization rejected, retrying without client certificate authentication');
      answer = await send(url, { ca: access.ca, headers });
    }
    if (answer.status === 403)
      throw new Error(
        `${certificate}: Node password rejected, duplicate hostname or contents of '${passwordFile}' may not match ` +
          'server node-passwd entry, try enabling a unique node name with the --with-node-id flag',
      );
    if (answer.status !== 200) throw new Error(`${certificate}: ${url}: ${statusText(answer.status)}`);
    writePair(answer.body, certificate, key);
  }

  /** The certificate that this node got before, which makes an old token good enough. */
  #certificate(): RequestOptions {
    const { clientCert, clientKey } = this.#paths;
    if (!existsSync(clientCert) || !existsSync(clientKey)) return {};
    return { cert: readFileSync(clientCert, 'utf8'), key: readFileSync(clientKey, 'utf8') };
  }

  async #refreshServers(): Promise<void> {
    try {
      const ca = readFileSync(this.#paths.serverCa, 'utf8');
      const options = { ca, ...this.#certificate(), agent: this.#connection };
      const { status, body } = await send(`${this.#url}/v1-k3s/apiservers`, options);
      if (status === 200) this.#balancer?.update(JSON.parse(body) as string[]);
    } catch {
      // The list stays as it is while nobody answers.
    }
  }
}

function writePair(both: string, certificate: string, key: string): void {
  const at = both.indexOf('-----BEGIN PRIVATE KEY-----');
  writeFileSync(certificate, both.slice(0, at), { mode: 0o600 });
  writeFileSync(key, both.slice(at), { mode: 0o600 });
}
