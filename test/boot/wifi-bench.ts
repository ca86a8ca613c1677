// A machine whose only way to its tailnet is WiFi: a netplan that is a function, access points that are there or not, a clock that
// moves when somebody waits, and a power cut at any step.

import type { Reach } from '../../src/boot/reach.ts';
import { applyWifi, type WifiMachine } from '../../src/boot/wifi.ts';
import { tryWifi, type WifiTrial } from '../../src/boot/wifi-trial.ts';
import type { Host, Outcome } from '../../src/integrations/host.ts';
import { MemoryHost } from '../integrations/memory-host.ts';

export const file = '/etc/clusteros/wifi.env';
export const netplanFile = '/etc/netplan/60-clusteros-wifi.yaml';
export const secretOf = (ssid: string) => `canary-${ssid}`;
export const settingsFor = (ssid: string) => `WIFI_SSID=${ssid}\nWIFI_KEY=${secretOf(ssid)}\n`;

export class PowerCut extends Error {}

class TimedHost extends MemoryHost {
  nowMs = 0;
  override async pause(durationMs = 0): Promise<void> {
    this.nowMs += durationMs;
  }
}

export class WifiBench {
  readonly host = new TimedHost();
  /** Access points by which the tailnet is reached. */
  readonly good = new Set(['home', 'other']);
  /** The text that networkd works by. */
  applied = '';
  readonly said: string[] = [];
  /** Changes of the machine until the power goes. */
  stepsLeft = Number.POSITIVE_INFINITY;
  /** What netplan complains of; empty when it takes anything. */
  complaint: (text: string) => string = () => '';
  applyFails = false;
  /** Files that netplan was asked about, besides ours. */
  readonly looked = new Set<string>();
  readonly stop = new AbortController();
  /** Called at each look. */
  onLook: () => void = () => {};

  constructor() {
    const { host } = this;
    host.put('/sys/class/net/wlan0/carrier', '1\n');
    host.put('/sys/class/net/eth0/carrier', '0\n');
    host.programs.set('netplan', ([verb, , root]) => {
      const text = host.text(`${verb === 'generate' ? root : ''}${netplanFile}`);
      for (const path of host.files.keys())
        if (verb === 'generate' && path.startsWith(`${root}/`)) this.looked.add(path.slice(root?.length));
      const wrong = this.complaint(text);
      if (wrong !== '') return { exitCode: 1, stderr: `${root}${netplanFile}:7:3: ${wrong}\n  ${text}` };
      if (verb === 'apply' && this.applyFails) return { exitCode: 1, stderr: 'systemctl failed' };
      if (verb === 'apply') this.applied = text;
      return {};
    });
    host.programs.set('rm', ([, folder = '']) => {
      for (const path of host.files.keys()) if (path.startsWith(`${folder}/`)) host.files.delete(path);
      return {};
    });
    host.programs.set('systemd-run', () => ({}));
    host.programs.set('systemctl', () => ({}));
  }

  /** The machine as programs have it, with the power cut. */
  get machine(): WifiMachine {
    return {
      ...{ host: this.#cuttable(), settingsFile: file, netplanFolder: '/etc/netplan' },
      ...{ runFolder: '/run/wifi-setup', netplan: 'netplan', say: line => this.said.push(line) },
    };
  }

  /** The network by whose name networkd works. */
  get network(): string {
    return /^ +"?(\w+)"?:\n +auth:/m.exec(this.applied)?.[1] ?? '';
  }

  get settings(): string {
    return this.host.text(file);
  }

  /** As after some boots with this network. */
  async runsOn(ssid: string): Promise<this> {
    this.host.put(file, settingsFor(ssid));
    await applyWifi(this.machine);
    this.host.commands.length = 0;
    this.said.length = 0;
    return this;
  }

  trial(ssid: string, more: Partial<WifiTrial> = {}): WifiTrial {
    return {
      ...{ text: settingsFor(ssid), source: 'new.env', timeoutMs: 60_000, stop: this.stop.signal },
      look: async () => this.#look(),
      nowMs: () => this.host.nowMs,
      ...more,
    };
  }

  async set(ssid: string, more: Partial<WifiTrial> = {}): Promise<string> {
    return await tryWifi(this.machine, this.trial(ssid, more));
  }

  /** Power comes back: netplan's generator reads what is on the disk, then wifi-setup runs. */
  async boot(): Promise<string> {
    this.stepsLeft = Number.POSITIVE_INFINITY;
    this.host.reboot();
    this.applied = this.host.text(netplanFile);
    return await applyWifi(this.machine);
  }

  /** The program was killed: systemd runs wifi-setup when the time is up. */
  async timer(): Promise<string> {
    this.stepsLeft = Number.POSITIVE_INFINITY;
    return await applyWifi(this.machine);
  }

  #look(): Reach {
    this.onLook();
    const isReached = this.good.has(this.network);
    return { trouble: '', peers: isReached ? ['borea'] : [], hasControl: isReached };
  }

  #cuttable(): Host {
    const step = () => {
      if (this.stepsLeft <= 0) throw new PowerCut('no power');
      this.stepsLeft -= 1;
    };
    const { host } = this;
    return new Proxy<Host>(host, {
      get: (_, name: keyof Host) => {
        const method = host[name] as (...args: unknown[]) => Promise<Outcome>;
        if (!['writeFile', 'removeFile', 'rename', 'run', 'pause'].includes(name)) return method.bind(host);
        return async (...args: unknown[]) => {
          step();
          return await method.apply(host, args);
        };
      },
    });
  }
}
