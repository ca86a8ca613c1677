// A lab: machines made of namespaces on a network of their own, for tests that need real processes and real failures.
// Leaves nothing behind, not even after SIGKILL; never touches the machine's own network. See README.md.
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';
import { Host } from './host.ts';
import {
  createFolder,
  folderOf,
  labNames,
  readRecord,
  removeLab,
  sweepLabs,
  writeRecord,
} from './leftovers.ts';
import { ensureMountPoints } from './mount-points.ts';
import { Network, type Wire } from './network.ts';
import { identityOf } from './processes.ts';

const janitorProgram = fileURLToPath(new URL('janitor.ts', import.meta.url));

export interface LabOptions {
  /** How many; they are named node-a, node-b, and so on, with addresses 100.64.0.1, 100.64.0.2 ... */
  readonly hosts: number;
  /** True when {@link Lab.keep} may be called: hosts then die by the janitor's hand only. */
  readonly mayBeKept?: boolean;
  /** The hosts' addresses; those of a tailnet unless told otherwise. */
  readonly wire?: Wire;
}

let labsOfThisProcess = 0;

export class Lab {
  readonly name: string;
  readonly hosts: readonly Host[];
  readonly #network: Network;
  readonly #janitor: ChildProcess;

  private constructor(name: string, hosts: readonly Host[], network: Network, janitor: ChildProcess) {
    this.name = name;
    this.hosts = hosts;
    this.#network = network;
    this.#janitor = janitor;
  }

  /** Makes the network and boots the hosts. Needs what `missingForLab` asks for. Ask it first. */
  static async start({ hosts: count, mayBeKept = false, wire }: LabOptions): Promise<Lab> {
    await sweepLabs();
    labsOfThisProcess += 1;
    const name = `clab-${process.pid}-${labsOfThisProcess}`;
    createFolder(name, { owner: ownIdentity(), isKept: false });
    const janitor = startJanitor(name);
    try {
      await ensureMountPoints(folderOf(name));
      const network = new Network(name, count, wire);
      await network.create();
      const hosts = network.ports.map(port => new Host(port, folderOf(name), mayBeKept));
      await Promise.all(hosts.map(host => host.boot()));
      return new Lab(name, hosts, network, janitor);
    } catch (error) {
      await takeApart(name, janitor);
      throw error;
    }
  }

  /** The host of that name. @throws Error naming those there are */
  host(name: string): Host {
    const found = this.hosts.find(host => host.name === name);
    if (found === undefined)
      throw new Error(`no host ${name}: there are ${this.hosts.map(host => host.name).join(', ')}`);
    return found;
  }

  /** Drops in silence all that the two send to each other, also on connections that are open. */
  async cut(one: string, other: string): Promise<void> {
    await this.cutOneWay(one, other);
    await this.cutOneWay(other, one);
  }

  /** Drops in silence what `from` sends to `to`. */
  async cutOneWay(from: string, to: string): Promise<void> {
    await this.#network.cut(this.host(from).port, this.host(to).port);
  }

  /** Ends all cuts and isolations. */
  async heal(): Promise<void> {
    await this.#network.heal();
  }

  /** Unplugs a host from the bridge; its own interface stays up and what it sends is lost in silence. */
  async isolate(name: string): Promise<void> {
    await this.#network.unplug(this.host(name).port);
  }

  /** Takes the power away: all its processes end at once and no peer hears a word of it. Its disk stays. */
  async powerOff(name: string): Promise<void> {
    const host = this.host(name);
    await this.#network.unplug(host.port);
    await host.kill();
    await this.#network.remove(host.port);
  }

  /** Boots a host that has no power, with the disk it had; nothing is started on it. */
  async powerOn(name: string): Promise<void> {
    const host = this.host(name);
    if (host.isOn) throw new Error(`${name} has power`);
    await this.#network.add(host.port);
    await host.boot();
  }

  /** Leaves the lab running when this process ends; `Lab.stopKept` ends it. Only with `mayBeKept`. */
  keep(): void {
    writeRecord(this.name, { owner: ownIdentity(), isKept: true });
    this.#janitor.stdin?.end();
  }

  /** Ends every process in the lab and removes all that it made. */
  async stop(): Promise<void> {
    await takeApart(this.name, this.#janitor);
  }

  /** Stops every lab of this machine that was left running on purpose. @returns their names */
  static async stopKept(): Promise<string[]> {
    const kept = labNames().filter(name => readRecord(name)?.isKept);
    for (const name of kept) await removeLab(name);
    return kept;
  }
}

function ownIdentity() {
  const identity = identityOf(process.pid);
  if (identity === undefined) throw new Error('/proc does not show this process');
  return identity;
}

/** A process of its own that reads a pipe of ours: its end tells of ours. Does not keep this process alive. */
function startJanitor(lab: string): ChildProcess {
  const janitor = spawn(process.execPath, [janitorProgram, lab], {
    detached: true,
    stdio: ['pipe', 'ignore', 'ignore'],
    env: { PATH: process.env.PATH ?? '' },
  });
  janitor.once('error', () => {}); // without it the next lab's sweep cleans up
  janitor.unref();
  if (janitor.stdin && 'unref' in janitor.stdin && typeof janitor.stdin.unref === 'function')
    janitor.stdin.unref();
  return janitor;
}

async function takeApart(lab: string, janitor: ChildProcess): Promise<void> {
  await removeLab(lab);
  if (janitor.exitCode !== null || janitor.signalCode !== null || janitor.pid === undefined) return;
  janitor.stdin?.end();
  janitor.ref();
  await once(janitor, 'exit');
}
