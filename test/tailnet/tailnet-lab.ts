// A tailnet on one machine: hosts with a tailscaled each, a control server on a host of its own, and a wire below them that has
// nothing to do with the tailnet's addresses.
import { tailscaleLocalApi } from '../../src/integrations/tailscale/local-api.ts';
import { type Tailnet, tailnetFrom } from '../../src/integrations/tailscale/tailnet.ts';
import { Lab } from '../lab/lab.ts';
import { groundWire } from '../lab/network.ts';
import { ControlServer } from './control-server.ts';
import { TailnetHost } from './tailnet-host.ts';
import { buildTools } from './tools.ts';

export const tag = 'tag:cluster';

export class TailnetLab {
  readonly lab: Lab;
  readonly control: ControlServer;
  /** All but that of the control server, which is the last of the lab. */
  readonly hosts: readonly TailnetHost[];

  private constructor(lab: Lab, control: ControlServer, hosts: readonly TailnetHost[]) {
    this.lab = lab;
    this.control = control;
    this.hosts = hosts;
  }

  /** Compiles what is missing, then starts it all; nobody is signed in yet. @param count hosts on the tailnet */
  static async start(count: number): Promise<TailnetLab> {
    buildTools();
    const lab = await Lab.start({ hosts: count + 1, wire: groundWire });
    try {
      const hosts = lab.hosts.map(host => new TailnetHost(host));
      const control = new ControlServer((hosts.pop() as TailnetHost).host);
      await Promise.all([control.start(), ...hosts.map(host => host.start())]);
      return new TailnetLab(lab, control, hosts);
    } catch (error) {
      await lab.stop();
      throw error;
    }
  }

  async stop(): Promise<void> {
    await this.lab.stop();
  }

  /** Signs the host in as a node of the cluster, by the program that does so at boot. Resolves with the key, which is used then. */
  async join(host: TailnetHost): Promise<string> {
    const key = await this.giveKey(host);
    const { exitCode, stdout, stderr } = await host.boot('tailscale-auth', '--timeout', '45s');
    if (exitCode !== 0)
      throw new Error(
        `${host.host.name} is not let in: ${stdout}${stderr}\n${host.lastWords()}\n${this.control.lastWords()}`,
      );
    return key;
  }

  /** Writes a new single-use key into the host's settings. */
  async giveKey(host: TailnetHost): Promise<string> {
    const key = await this.control.createKey({ tags: [tag] });
    host.writeSettings({ TAILSCALE_AUTHKEY: key, TAILSCALE_LOGIN_SERVER: this.control.url });
    return key;
  }

  /** The tailnet as the host sees it. */
  async seenBy(host: TailnetHost): Promise<Tailnet> {
    return tailnetFrom(await tailscaleLocalApi(host.socketOutside).status(), tag);
  }
}
