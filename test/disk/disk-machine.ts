// A machine with the disks that a test gives it, started by its own firmware and boot loader from the first of them, with nothing told to the
// kernel from outside. The way in is a key that systemd takes from the firmware, so no disk has anything of the test in it.
import { copyFileSync, existsSync, readFileSync } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';
import { stripVTControlCharacters } from 'node:util';
import { dieWithUs } from '../image/build.ts';
import { connectPauseMs, consoleLinesMax, memoryMib, processors } from '../image/limits.ts';
import { acceleration } from '../image/requirements.ts';
import { Shell } from '../image/shell.ts';
import { freePort } from '../image/virtual-machine.ts';
import { Child } from '../lab/child.ts';
import { environment, type RunOptions, type RunResult } from '../lab/machine.ts';
import { must } from './command.ts';
import { bootTimeoutMs, menuLookMs, powerOffTimeoutMs } from './limits.ts';
import { takePicture } from './screen.ts';

const ovmf = '/usr/share/OVMF';
const codeFiles = { uefi: `${ovmf}/OVMF_CODE_4M.fd`, 'secure-boot': `${ovmf}/OVMF_CODE_4M.secboot.fd` };
/** Their memory as it comes from the factory; with Secure Boot it knows Microsoft's keys. */
const blankVariables = { uefi: `${ovmf}/OVMF_VARS_4M.fd`, 'secure-boot': `${ovmf}/OVMF_VARS_4M.ms.fd` };
export const firmwareFiles = [...Object.values(codeFiles), ...Object.values(blankVariables)];
export type Firmware = 'bios' | keyof typeof codeFiles;

export interface MachineDisk {
  readonly file: string;
  readonly format: 'qcow2' | 'raw';
  readonly bus: 'usb' | 'virtio' | 'nvme';
  readonly serial: string;
  /** Nothing that is written outlives the machine. */
  readonly isVolatile?: boolean;
}

export interface DiskMachineOptions {
  /** Of the test, with a key made by `makeKey`: sockets, the console and the firmware's memory go there. */
  readonly folder: string;
  readonly name: string;
  readonly firmware: Firmware;
  /** The firmware's memory of another machine of this folder; a blank one where absent. */
  readonly variablesOf?: string;
  /** The first is started from. */
  readonly disks: readonly MachineDisk[];
  /** Number of the hardware, by which a disk knows its machine; in a virtual machine systemd takes its machine-id from it. None unless said. */
  readonly uuid?: string;
  /** MAC address of its card, from which it takes its name. */
  readonly mac?: string;
  /** It has a screen, and this file gets a picture of the boot loader's menu. */
  readonly menuPicture?: string;
  /** A second card, on a wire that it shares with others: GROUP:PORT of the loopback interface. */
  readonly wire?: { readonly group: string; readonly mac: string };
}

/** Makes the key that opens the machines of a folder. */
export function makeKey(folder: string): void {
  must('ssh-keygen', ['-q', '-t', 'ed25519', '-N', '', '-C', 'test', '-f', `${folder}/key`]);
}

/** Makes a qcow2: blank, or an overlay on the raw disk `base`, which stays as it is. */
export function makeDisk(file: string, sizeMib: number, base?: string): string {
  const from = base === undefined ? [] : ['-F', 'raw', '-b', base];
  must('qemu-img', ['create', '-q', '-f', 'qcow2', ...from, file, `${sizeMib}M`]);
  return file;
}

export class DiskMachine {
  readonly #options: DiskMachineOptions;
  #qemu: Child | undefined;
  #shell: Shell | undefined;

  constructor(options: DiskMachineOptions) {
    this.#options = options;
    const { firmware, variablesOf, folder } = options;
    if (firmware === 'bios') return;
    const from = variablesOf === undefined ? blankVariables[firmware] : `${folder}/${variablesOf}.variables`;
    copyFileSync(from, this.#file('variables'));
  }

  get name(): string {
    return this.#options.name;
  }

  /** @throws Error with the end of its console when there is no shell in time */
  async powerOn(): Promise<void> {
    const deadline = performance.now() + bootTimeoutMs;
    while (!(await this.#boot(deadline)));
  }

  /** Resolves with false where the emulator was kept from its processor when the kernel tried its timer: then it is switched on again. */
  async #boot(deadline: number): Promise<boolean> {
    const port = await freePort();
    const { name, folder, firmware, menuPicture } = this.#options;
    this.#qemu = await Child.launch([...dieWithUs, ...this.#command(port)], { env: environment });
    this.#shell = new Shell({ port, keyFile: `${folder}/key`, socket: this.#file('ssh') });
    if (menuPicture !== undefined) await this.#untilMenu(menuPicture, deadline);
    while (!(await this.#shell.open())) {
      const words = this.lastWords();
      const isPanic = words.includes('Kernel panic');
      const isLate = performance.now() > deadline;
      if (isPanic || isLate || !this.#qemu.isRunning) {
        const said = this.#qemu.stderr.join('; ');
        await this.powerOff();
        if (isPanic && words.includes("timer doesn't work") && !isLate) return false;
        throw new Error(`${name}: no shell by ${firmware} in ${bootTimeoutMs} ms: ${said}\n${words}`);
      }
      await sleep(connectPauseMs);
    }
    return true;
  }

  /** The menu is on the serial line, too, and on the screen for two seconds. */
  async #untilMenu(picture: string, deadline: number): Promise<void> {
    while (!this.console().includes('automatically in'))
      if (!this.#qemu?.isRunning || performance.now() > deadline)
        throw new Error(`no menu of the boot loader\n${this.lastWords()}`);
      else await sleep(menuLookMs);
    await takePicture(this.#file('qmp'), picture);
  }

  /** Pulls the plug. */
  async powerOff(): Promise<void> {
    this.#qemu?.kill('SIGKILL');
    await this.#qemu?.exited;
    await this.#shell?.close();
  }

  /** By systemd, so that everything is on the disks. */
  async shutDown(): Promise<void> {
    await this.run(['systemctl', 'poweroff', '--no-block']);
    const end = this.#qemu?.exited;
    await Promise.race([end, sleep(powerOffTimeoutMs, undefined, { ref: false })]);
    await this.powerOff();
  }

  async run(argv: readonly string[], options: RunOptions = {}): Promise<RunResult> {
    if (this.#shell === undefined) throw new Error(`${this.#options.name} is off`);
    return await this.#shell.run(argv, options);
  }

  /** Of a shell command that must work: what it wrote to stdout. */
  async must(command: string, options: RunOptions = {}): Promise<string> {
    const { exitCode, stdout, stderr } = await this.run(['sh', '-c', command], options);
    if (exitCode !== 0) throw new Error(`"${command}" ended with ${exitCode}\n${stdout}${stderr}`);
    return stdout.trimEnd();
  }

  /** All that it has said on its serial line since it was switched on. */
  console(): string {
    const text = existsSync(this.#file('console')) ? readFileSync(this.#file('console'), 'utf8') : '';
    return stripVTControlCharacters(text).replaceAll('\r', '');
  }

  lastWords(): string {
    return this.console().split('\n').filter(Boolean).slice(-consoleLinesMax).join('\n  ');
  }

  #file(what: string): string {
    return `${this.#options.folder}/${this.#options.name}.${what}`;
  }

  #command(sshPort: number): readonly string[] {
    const { firmware, folder, uuid, disks, wire, menuPicture, mac = '52:54:00:12:34:56' } = this.#options;
    const isSecure = firmware === 'secure-boot';
    const key = readFileSync(`${folder}/key.pub`, 'utf8').trim();
    const door = `d /root/.ssh 0700 root root - -\nf+ /root/.ssh/authorized_keys 0600 root root - ${key}\n`;
    const card = (netdev: string, address: string) => `virtio-net-pci,netdev=${netdev},mac=${address}`;
    return [
      ...['qemu-system-x86_64', '-machine', `q35${isSecure ? ',smm=on' : ''}`, ...acceleration()],
      ...(isSecure ? ['-global', 'driver=cfi.pflash01,property=secure,value=on'] : []),
      ...(firmware === 'bios' ? [] : firmwareDrives(codeFiles[firmware], this.#file('variables'))),
      ...['-smp', String(processors), '-m', String(memoryMib), '-nodefaults', '-display', 'none'],
      ...['-serial', `file:${this.#file('console')}`, '-device', 'virtio-rng-pci', '-device', 'qemu-xhci'],
      ...(menuPicture === undefined
        ? []
        : ['-device', 'VGA', '-qmp', `unix:${this.#file('qmp')},server=on,wait=off`]),
      ...disks.flatMap(diskArguments),
      // The way in for the test; no way out.
      ...['-netdev', `user,id=way-in,restrict=on,hostfwd=tcp:127.0.0.1:${sshPort}-:22`],
      ...['-device', card('way-in', mac)],
      ...(wire === undefined
        ? []
        : [
            '-netdev',
            `socket,id=wire,mcast=${wire.group},localaddr=127.0.0.1`,
            '-device',
            card('wire', wire.mac),
          ]),
      ...(uuid === undefined ? [] : ['-uuid', uuid]),
      '-smbios',
      `type=11,value=io.systemd.credential.binary:tmpfiles.extra=${Buffer.from(door).toString('base64')}`,
    ];
  }
}

function firmwareDrives(code: string, variables: string): readonly string[] {
  const pflash = (unit: number, file: string, readonly: string) =>
    `if=pflash,format=raw,unit=${unit},readonly=${readonly},file=${file}`;
  return ['-drive', pflash(0, code, 'on'), '-drive', pflash(1, variables, 'off')];
}

/** A stick is on the bus that sticks are on. Only the first has a place in the order of starting. */
function diskArguments(
  { file, format, bus, serial, isVolatile }: MachineDisk,
  index: number,
): readonly string[] {
  const drive = `if=none,id=disk${index},format=${format},file=${file},snapshot=${isVolatile ? 'on' : 'off'}`;
  const first = index === 0 ? ',bootindex=0' : '';
  const device = { usb: 'usb-storage,removable=on', virtio: 'virtio-blk-pci', nvme: 'nvme' }[bus];
  return ['-drive', drive, '-device', `${device},drive=disk${index},serial=${serial}${first}`];
}
