// A host of the lab with a real tailscaled: an interface of the kernel's, state on the host's disk, its socket where packages put
// it. The machine's own resolv.conf is out of its reach.
import type { Child } from '../lab/child.ts';
import type { Host } from '../lab/host.ts';
import type { RunResult } from '../lab/machine.ts';
import { waitFor } from '../lab/wait-for.ts';
import { joinTimeoutMs, logoutAttemptsMax } from './limits.ts';
import { toolsFolder } from './tools.ts';

export const socket = '/run/tailscale/tailscaled.sock';
const stateFile = '/var/lib/clusteros/tailscale/tailscaled.state';
const settingsFile = '/etc/clusteros/tailscale.env';

export class TailnetHost {
  readonly host: Host;
  #child: Child | undefined;

  constructor(host: Host) {
    this.host = host;
  }

  /** Where the socket is for the test's own process. */
  get socketOutside(): string {
    return this.host.outside(socket);
  }

  /** Starts tailscaled and waits for its socket; again after its end: with the state it had. */
  async start(): Promise<void> {
    const { host } = this;
    host.writeFile('/run/resolv.conf', '');
    host.writeFile('/run/tailscale/.keep', '');
    host.writeFile('/var/lib/clusteros/tailscale/.keep', '', { mode: 0o600 });
    const mounted = await host.run(['findmnt', '/etc/resolv.conf']);
    if (mounted.exitCode !== 0) await host.run(['mount', '--bind', '/run/resolv.conf', '/etc/resolv.conf']);
    const argv = [
      `${toolsFolder}/tailscaled`,
      ...[`--state=${stateFile}`, `--socket=${socket}`, '--port=41641', '--no-logs-no-support'],
    ];
    this.#child = await host.spawn(argv, {
      logFile: '/var/log/tailscaled.log',
      // headscale's relay speaks plain HTTP here.
      env: { TS_DEBUG_USE_DERP_HTTP: '1' },
    });
    await waitFor(async () => (await host.run(['test', '-S', socket])).exitCode === 0, {
      what: `tailscaled's socket on ${host.name}`,
      explain: () => this.lastWords(),
    });
  }

  /** Ends tailscaled at once, as a crash does. */
  async kill(): Promise<void> {
    this.#child?.kill('SIGKILL');
    await this.#child?.exited;
  }

  lastWords(): string {
    return this.#child?.stdout.slice(-25).join('\n') ?? '';
  }

  /** The settings of tailscale-auth, for root only. */
  writeSettings(settings: Readonly<Record<string, string>>): void {
    const lines = Object.entries(settings).map(([name, value]) => `${name}=${value}\n`);
    this.host.writeFile(settingsFile, lines.join(''), { mode: 0o600 });
  }

  /** Runs the command of the same version as its tailscaled. */
  async tailscale(...args: readonly string[]): Promise<RunResult> {
    return await this.host.run([`${toolsFolder}/tailscale`, `--socket=${socket}`, ...args], {
      timeoutMs: joinTimeoutMs,
    });
  }

  /**
   * Logs its node out, with whatever it takes: right after a login tailscaled 1.102 asks over a connection that it has just closed ("use of
   * closed network connection"), gives up, and does so again each time until it is started anew.
   */
  async logout(): Promise<void> {
    let attempts = 0;
    await waitFor(
      async () => {
        if ((await this.tailscale('logout')).exitCode === 0) return true;
        attempts += 1;
        if (attempts % logoutAttemptsMax === 0) {
          await this.kill();
          await this.start();
        }
        return false;
      },
      {
        timeoutMs: joinTimeoutMs,
        what: `${this.host.name} to log out`,
        explain: () => this.lastWords(),
      },
    );
  }

  /** Runs a launcher of this checkout, such as tailscale-auth. */
  async boot(program: string, ...args: readonly string[]): Promise<RunResult> {
    const tool = program === 'tailscale-auth' ? ['--tailscale', `${toolsFolder}/tailscale`] : [];
    return await this.host.run([`${programs}${program}`, ...tool, ...args], { timeoutMs: joinTimeoutMs * 2 });
  }
}

const programs = new URL('../../bin/', import.meta.url).pathname;
