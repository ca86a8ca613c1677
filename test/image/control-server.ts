// A real control server (headscale) on this machine's loopback interface, for a virtual machine that is told of it as of any other:
// an address on the far end of a cable.
import { writeFileSync } from 'node:fs';
import { stringify } from 'yaml';
import { Child } from '../lab/child.ts';
import { environment, resultOf } from '../lab/machine.ts';
import { isInstalled } from '../lab/requirements.ts';
import { waitFor } from '../lab/wait-for.ts';
import { controlPolicy, controlSettings } from '../tailnet/control-server.ts';
import { controlReadyTimeoutMs } from '../tailnet/limits.ts';
import { missingForTailnet, toolsFolder } from '../tailnet/tools.ts';
import { dieWithUs } from './build.ts';
import { watchedFolder } from './janitor.ts';
import { missingForImage } from './requirements.ts';
import { controlAddress, freePort } from './virtual-machine.ts';

/** Why no virtual machine can be on a real tailnet here; undefined when one can. */
export function missingForTailnetImage(): string | undefined {
  const missing = missingForImage() ?? missingForTailnet();
  if (missing !== undefined) return missing;
  return isInstalled('socat') ? undefined : 'needs socat (package socat)';
}

export class ControlServer {
  /** As the virtual machine sees it. */
  readonly url = `http://${controlAddress}`;
  readonly port: number;
  readonly #folder = watchedFolder('clusteros-control-');
  #child: Child | undefined;

  private constructor(port: number) {
    this.port = port;
  }

  static async start(): Promise<ControlServer> {
    const server = new ControlServer(await freePort());
    try {
      await server.#start();
    } catch (error) {
      await server.stop();
      throw error;
    }
    return server;
  }

  /** A key that lets one machine in, with the tag of a member. */
  async createKey(): Promise<string> {
    const args = ['preauthkeys', 'create', '--expiration', '2h', '--tags', 'tag:cluster'];
    return (JSON.parse(await this.#ask(args)) as { readonly key: string }).key;
  }

  /** Names and addresses, as the control server has them. */
  async nodes(): Promise<
    readonly { readonly given_name: string; readonly ip_addresses: readonly string[] }[]
  > {
    return JSON.parse(await this.#ask(['nodes', 'list'])) ?? [];
  }

  async stop(): Promise<void> {
    this.#child?.kill('SIGKILL');
    await this.#child?.exited;
    this.#folder.remove();
  }

  async #start(): Promise<void> {
    const folder = this.#folder.path;
    const loopback = async () => `127.0.0.1:${await freePort()}`;
    const settings = controlSettings({
      ...{ url: this.url, listens: `127.0.0.1:${this.port}`, relay: controlAddress.split(':')[0] ?? '' },
      ...{ metrics: await loopback(), grpc: await loopback(), stun: await loopback() },
      ...{ dataFolder: folder, policyFile: `${folder}/policy.json`, socket: `${folder}/socket` },
    });
    writeFileSync(`${folder}/config.yaml`, stringify(settings));
    writeFileSync(`${folder}/policy.json`, JSON.stringify(controlPolicy));
    this.#child = await Child.launch([...dieWithUs, ...this.#command, 'serve'], { env: environment });
    await waitFor(async () => (await this.#run(['users', 'list'])).exitCode === 0, {
      ...{ timeoutMs: controlReadyTimeoutMs, what: 'headscale to answer' },
      explain: () => this.#child?.stdout.slice(-15).join('\n') ?? '',
    });
    await this.#ask(['users', 'create', 'lab']);
  }

  get #command(): readonly string[] {
    return [`${toolsFolder}/headscale`, '--config', `${this.#folder.path}/config.yaml`, '--output', 'json'];
  }

  async #run(args: readonly string[]) {
    const child = await Child.launch([...dieWithUs, ...this.#command, ...args], { env: environment });
    return await resultOf(child, `headscale ${args.join(' ')}`);
  }

  async #ask(args: readonly string[]): Promise<string> {
    const { exitCode, stdout, stderr } = await this.#run(args);
    if (exitCode !== 0) throw new Error(`headscale ${args.join(' ')}: ${stdout}${stderr}`);
    return stdout;
  }
}
