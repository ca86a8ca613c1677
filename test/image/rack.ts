// Virtual machines side by side: their folder, the key that opens them, and the network between them. Leaves nothing behind, not
// even after SIGKILL: QEMU and ssh die with this process, and a janitor then removes the folder.
import { type ChildProcess, spawn, spawnSync } from 'node:child_process';
import { randomInt } from 'node:crypto';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { makeCheckoutDisk } from './checkout-disk.ts';
import { type MachineRoot, machineRoot } from './machine-root.ts';
import { VirtualMachine } from './virtual-machine.ts';

export class Rack {
  readonly machines: readonly VirtualMachine[];
  readonly #folder: string;
  readonly #janitor: ChildProcess;

  private constructor(machines: readonly VirtualMachine[], folder: string, janitor: ChildProcess) {
    this.machines = machines;
    this.#folder = folder;
    this.#janitor = janitor;
  }

  /**
   * Machines node-a (100.64.0.1), node-b and so on, off, each with a fresh root disk and this checkout at /opt/clusteros. Needs what
   * `missingForImage` asks for.
   */
  static async build(count: number): Promise<Rack> {
    const root = await machineRoot();
    const folder = mkdtempSync(join(tmpdir(), 'clusteros-rack-'));
    const janitor = startJanitor(folder);
    try {
      const checkout = `${folder}/checkout.img`;
      await makeCheckoutDisk(checkout);
      const machines = Array.from({ length: count }, machineMaker(root, folder, checkout));
      return new Rack(machines, folder, janitor);
    } catch (error) {
      await takeApart(folder, janitor);
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
    await takeApart(this.#folder, this.#janitor);
  }
}

function machineMaker(root: MachineRoot, folder: string, checkout: string) {
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
    });
}

/** Waits for the end of this process, however it ends, in a session of its own. */
function startJanitor(folder: string): ChildProcess {
  const script = 'cat > /dev/null; rm -rf -- "$1"';
  const janitor = spawn('sh', ['-c', script, 'janitor', folder], {
    detached: true,
    stdio: ['pipe', 'ignore', 'ignore'],
  });
  janitor.unref();
  if (janitor.stdin && 'unref' in janitor.stdin && typeof janitor.stdin.unref === 'function')
    janitor.stdin.unref();
  return janitor;
}

async function takeApart(folder: string, janitor: ChildProcess): Promise<void> {
  rmSync(folder, { recursive: true, force: true });
  janitor.stdin?.end();
}
