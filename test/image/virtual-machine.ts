// A whole machine in QEMU: firmware's part is done by direct kernel boot, all else is real: kernel, systemd, control groups, disk.
// Knows nothing of the software that is tested in it. Its root disk outlives a power cut; each machine has its own.
import { spawnSync } from 'node:child_process';
import { existsSync, readFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';
import { Child } from '../lab/child.ts';
import { environment, type RunOptions, type RunResult } from '../lab/machine.ts';
import { dieWithUs } from './build.ts';
import {
  bootTimeoutMs,
  connectPauseMs,
  consoleLinesMax,
  memoryMib,
  mtuBytes,
  powerOffTimeoutMs,
  processors,
} from './limits.ts';
import type { MachineRoot } from './machine-root.ts';
import { acceleration } from './requirements.ts';
import { Shell } from './shell.ts';

export interface MachineMake {
  readonly name: string;
  /** From 0; address and MAC follow from it. */
  readonly index: number;
  /** Of the rack: overlay, console log and sockets go there. */
  readonly folder: string;
  readonly root: MachineRoot;
  /** A second disk, which the machine may change until its power goes. */
  readonly checkout: string;
  /** GROUP:PORT of the wire that it shares with others. */
  readonly network: string;
  /** Opens it: the private key's file, and what is put into the machine. */
  readonly key: string;
  readonly publicKey: string;
  readonly bare?: BareMake;
}

/** A machine that is told nothing by its kernel's command line, neither a name nor an address, and has one more cable. */
export interface BareMake {
  /** A port of this machine's loopback interface, which the virtual one sees at `controlAddress`, on the far end of eth2. */
  readonly controlPort: number;
}

/** HOST:PORT as a bare machine sees it. */
export const controlAddress = '10.0.3.100:8080';

export class VirtualMachine {
  readonly name: string;
  readonly ip: string;
  /** The number that the firmware says this piece of hardware has; another one from the next boot on is another machine. */
  hardware: string;
  readonly #make: MachineMake;
  readonly #console: string;
  #qemu: Child | undefined;
  #shell: Shell | undefined;

  constructor(make: MachineMake) {
    this.name = make.name;
    this.ip = `100.64.0.${make.index + 1}`;
    this.hardware = `00000000-0000-4000-8000-0064${(make.index + 1).toString(16).padStart(8, '0')}`;
    this.#make = make;
    this.#console = `${make.folder}/${make.name}.console`;
  }

  get isOn(): boolean {
    return this.#qemu?.isRunning ?? false;
  }

  /** Boots it, and resolves when commands can be run. @throws Error with the end of its console when it takes too long */
  async powerOn(): Promise<void> {
    if (this.isOn) throw new Error(`${this.name} is on`);
    const port = await freePort();
    this.#qemu = await Child.launch([...dieWithUs, ...this.#command(port)], { env: environment });
    this.#shell = new Shell({
      port,
      keyFile: this.#make.key,
      socket: `${this.#make.folder}/${this.name}.ssh`,
    });
    const deadline = performance.now() + bootTimeoutMs;
    while (!(await this.#shell.open())) {
      const why = this.#whyNotBooting(deadline);
      if (why !== undefined) {
        await this.powerOff();
        throw new Error(`${this.name} did not boot: ${why}\n${this.lastWords()}`);
      }
      await sleep(connectPauseMs);
    }
  }

  /** Pulls the plug: what was not synced to its disk is lost. */
  async powerOff(): Promise<void> {
    this.#qemu?.kill('SIGKILL');
    await this.#qemu?.exited;
    await this.#shell?.close();
    this.#shell = undefined;
  }

  /** Has systemd end everything, and the machine with it. @throws Error with the end of its console when it takes too long */
  async shutDown(): Promise<void> {
    await this.run(['systemctl', 'poweroff', '--no-block']);
    const end = this.#qemu?.exited;
    const late = sleep(powerOffTimeoutMs, 'late' as const, { ref: false });
    const how = await Promise.race([end, late]);
    const words = this.lastWords();
    await this.powerOff();
    if (how === 'late')
      throw new Error(`${this.name} did not shut down in ${powerOffTimeoutMs} ms\n${words}`);
  }

  /** Runs a command as root to its end. @throws Error when it does not end in time, or the machine cannot be reached */
  async run(argv: readonly string[], options: RunOptions = {}): Promise<RunResult> {
    if (this.#shell === undefined) throw new Error(`${this.name} is off`);
    return await this.#shell.run(argv, options).catch((error: unknown) => {
      throw new Error(`${this.name}: ${(error as Error).message}\n${this.lastWords()}`, { cause: error });
    });
  }

  /** Writes a file as root, with its folder. */
  async writeFile(path: string, content: string, mode = 0o644): Promise<void> {
    const argv = ['install', '-D', '-m', mode.toString(8), '/dev/stdin', path];
    const { exitCode, stderr } = await this.run(argv, { input: content });
    if (exitCode !== 0) throw new Error(`${this.name}: writing ${path}: ${stderr}`);
  }

  /** The end of its console, for an error. */
  lastWords(): string {
    if (!existsSync(this.#console)) return `${this.name} has said nothing`;
    // biome-ignore lint/suspicious/noControlCharactersInRegex: colours of systemd
    const text = readFileSync(this.#console, 'utf8').replace(/\u001b\[[0-9;?]*[A-Za-z]|\r/g, '');
    const lines = text.split('\n').filter(line => line.trim() !== '');
    return [`console of ${this.name}:`, ...lines.slice(-consoleLinesMax)].join('\n  ');
  }

  #whyNotBooting(deadline: number): string | undefined {
    if (!this.isOn) return `QEMU ended: ${this.#qemu?.stderr.join('; ')}`;
    if (this.lastWords().includes('Kernel panic')) return 'its kernel panicked';
    return performance.now() > deadline ? `no shell in ${bootTimeoutMs} ms` : undefined;
  }

  #command(sshPort: number): readonly string[] {
    const { root, checkout, index, network, bare } = this.#make;
    const mac = `52:54:00:64:00:${(index + 1).toString(16).padStart(2, '0')}`;
    return [
      ...['qemu-system-x86_64', '-machine', 'q35', ...acceleration()],
      ...['-smp', String(processors), '-m', String(memoryMib), '-nodefaults', '-display', 'none'],
      ...['-serial', `file:${this.#console}`, '-device', 'virtio-rng-pci'],
      ...['-kernel', root.kernel, '-initrd', root.initrd, '-append', this.#kernelArguments()],
      // What the machine has synced is in its file, also when QEMU is killed.
      ...['-drive', `file=${this.#rootDisk()},if=virtio,format=qcow2,cache=writeback`],
      ...['-drive', `file=${checkout},if=virtio,format=raw,snapshot=on`],
      // The way in for the test; no way out.
      ...['-netdev', `user,id=way-in,restrict=on,hostfwd=tcp:127.0.0.1:${sshPort}-:22`],
      ...['-device', 'virtio-net-pci,netdev=way-in,addr=0x10'],
      ...['-netdev', `socket,id=wire,mcast=${network},localaddr=127.0.0.1`],
      ...['-device', `virtio-net-pci,netdev=wire,addr=0x11,mac=${mac},host_mtu=${mtuBytes}`],
      ...(bare ? cableTo(bare) : []),
      ...['-uuid', this.hardware],
      ...['-smbios', `type=11,value=io.systemd.credential.binary:tmpfiles.extra=${this.#doorKey()}`],
    ];
  }

  #kernelArguments(): string {
    const address = (ip: string, name: string) => `ip=${ip}:::255.255.255.0::${name}:off`;
    const told = [`systemd.hostname=${this.name}`, address('10.0.2.15', 'eth0'), address(this.ip, 'eth1')];
    // Cards are named by their order on the bus, which is fixed.
    const always = ['root=/dev/vda', 'rw', 'console=ttyS0', 'net.ifnames=0'];
    return [...always, ...(this.#make.bare ? [] : told)].join(' ');
  }

  /** An overlay, made at the first boot. */
  #rootDisk(): string {
    const overlay = `${this.#make.folder}/${this.name}.qcow2`;
    if (existsSync(overlay)) return overlay;
    const argv = ['create', '-q', '-f', 'qcow2', '-F', 'raw', '-b', this.#make.root.disk, overlay];
    const { status, stderr } = spawnSync('qemu-img', argv, { encoding: 'utf8' });
    if (status !== 0) throw new Error(`qemu-img: ${stderr}`);
    return overlay;
  }

  /** Lines for systemd-tmpfiles(8), which systemd takes from the firmware: so no image has a key of a test in it. */
  #doorKey(): string {
    const lines = [
      'd /root/.ssh 0700 root root - -',
      `f+ /root/.ssh/authorized_keys 0600 root root - ${this.#make.publicKey}`,
    ];
    return Buffer.from(`${lines.join('\n')}\n`).toString('base64');
  }
}

/** A network with DHCP and one service, from which nothing else is reached. */
function cableTo({ controlPort }: BareMake): readonly string[] {
  const way = `guestfwd=tcp:${controlAddress}-cmd:socat - TCP:127.0.0.1:${controlPort}`;
  return [
    ...['-netdev', `user,id=uplink,restrict=on,net=10.0.3.0/24,${way}`],
    ...['-device', 'virtio-net-pci,netdev=uplink,addr=0x12'],
  ];
}

/** One that was free a moment ago. */
export async function freePort(): Promise<number> {
  const server = createServer();
  await new Promise<void>(resolve => server.listen(0, '127.0.0.1', resolve));
  const address = server.address();
  await new Promise(resolve => server.close(resolve));
  return typeof address === 'object' && address !== null ? address.port : 0;
}
