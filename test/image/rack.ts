// Virtual machines side by side: their folder, the key that opens them, and the network between them. Leaves nothing behind, not
// even after SIGKILL: QEMU and ssh die with this process, and a janitor then removes the folder.
import { spawnSync } from 'node:child_process';
import { randomInt } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { makeCheckoutDisk } from './checkout-disk.ts';
import { type WatchedFolder, watchedFolder } from './janitor.ts';
import { type MachineRoot, machineRoot } from './machine-root.ts';
import { type BareMake, VirtualMachine } from './virtual-machine.ts';

export class Rack {
  readonly machines: readonly VirtualMachine[];
  readonly #folder: WatchedFolder;

  private constructor(machines: readonly VirtualMachine[], folder: WatchedFolder) {
    this.machines = machines;
    this.#folder = folder;
  }

  /**
   * One machine whose root disk `rootIn` makes in the rack's folder, told nothing by its kernel's command line. What `rootIn` rejects
   * with is thrown once nothing is left.
   */
  static async buildBare(
    bare: BareMake,
    rootIn: (folder: string) => Promise<MachineRoot>,
  ): Promise<{ readonly rack: Rack; readonly machine: VirtualMachine }> {
    const rack = await Rack.#assemble(1, rootIn, bare);
    return { rack, machine: rack.machine('node-a') };
  }

  /**
   * Machines node-a (100.64.0.1), node-b and so on, off, each with a fresh root disk and this checkout at /opt/clusteros. Needs what
   * `missingForImage` asks for.
   */
  static async build(count: number): Promise<Rack> {
    return await Rack.#assemble(count, () => machineRoot());
  }

  static async #assemble(
    count: number,
    rootIn: (folder: string) => Promise<MachineRoot>,
    bare?: BareMake,
  ): Promise<Rack> {
    const folder = watchedFolder('clusteros-rack-');
    try {
      const checkout = `${folder.path}/checkout.img`;
      await makeCheckoutDisk(checkout);
      const root = await rootIn(folder.path);
      const machines = Array.from({ length: count }, machineMaker(root, folder.path, checkout, bare));
      return new Rack(machines, folder);
    } catch (error) {
      folder.remove();
      throw error;
    }
  }

  machine(name: string): VirtualMachine {
    const found = this.machines.find(each => each.name === name);
    if (found === undefined) throw new Error(`there is no ${name}`);
    return found;
  }

  async powerOn(): Promise<void> {
    await Promise.all(this.machines.map(each => each.powerOn()));
  }

  /** Takes the power from all and removes what they wrote. */
  async remove(): Promise<void> {
    await Promise.all(this.machines.map(each => each.powerOff()));
    this.#folder.remove();
  }
}

function machineMaker(root: MachineRoot, folder: string, checkout: string, bare?: BareMake) {
  const key = `${folder}/key`;
  const { status, stderr } = spawnSync(
    'ssh-keygen',
    ['-q', '-t', 'ed25519', '-N', '', '-C', 'test', '-f', key],
    {
      encoding: 'utf8',
    },
  );
  if (status !== 0) throw new Error(`ssh-keygen: ${stderr}`);
  const publicKey = readFileSync(`${key}.pub`, 'utf8').trim();
  // A group of the loopback interface for organizations (RFC 2365), of one run only: another rack hears another one.
  const group = `239.192.${randomInt(256)}.${randomInt(256)}:${randomInt(20_000, 30_000)}`;
  return (_: unknown, index: number) =>
    new VirtualMachine({
      ...{ name: `node-${String.fromCharCode(97 + index)}`, index, folder, root, checkout },
      ...{ network: group, key, publicKey },
      ...(bare ? { bare } : {}),
    });
}
