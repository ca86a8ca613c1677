// A machine with the disks that a test gives it, started by its firmware from one of them: what an installer sees, and what it has made. The way
// in is a key that systemd takes from the firmware, so no disk has anything of the test in it.
import { spawnSync } from 'node:child_process';
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
import { firmwareBootTimeoutMs, firmwareOffTimeoutMs } from './install-limits.ts';

const ovmf = '/usr/share/OVMF';
export const uefiFirmware = `${ovmf}/OVMF_CODE_4M.fd`;
export const secureFirmware = `${ovmf}/OVMF_CODE_4M.secboot.fd`;
export type Firmware = 'bios' | 'uefi' | 'secure-boot';

export interface MachineDisk {
  /** A qcow2. */
  readonly file: string;
  readonly bus: 'usb' | 'virtio';
  readonly serial: string;
  /** Nothing that is written outlives the machine. */
  readonly isVolatile?: boolean;
}

export interface DiskMachineOptions {
  /** Of the test: sockets, the console and the firmware's memory go there. */
  readonly folder: string;
  readonly name: string;
  readonly firmware: Firmware;
  /** The firmware's memory of another machine of this test; a blank one where absent. */
  readonly variablesOf?: string;
  /** The first is started from. */
  readonly disks: readonly MachineDisk[];
  /** Of the hardware; in a virtual machine systemd takes its machine-id from it. None unless said: then it is by chance. */
  readonly uuid?: string;
}

/** Makes the key that opens the machines of a folder. */
export function makeKey(folder: string): void {
  must('ssh-keygen', ['-q', '-t', 'ed25519', '-N', '', '-C', 'test', '-f', `${folder}/key`]);
}

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
    const blank = firmware === 'secure-boot' ? 'OVMF_VARS_4M.ms.fd' : 'OVMF_VARS_4M.fd';
    const from = variablesOf === undefined ? `${ovmf}/${blank}` : `${folder}/${variablesOf}.variables`;
    if (firmware !== 'bios') copyFileSync(from, this.#file('variables'));
  }

  /** @throws Error with the end of its console when there is no shell in time */
  async powerOn(): Promise<void> {
    const port = await freePort();
    this.#qemu = await Child.launch([...dieWithUs, ...this.#command(port)], { env: environment });
    this.#shell = new Shell({
      port,
      keyFile: `${this.#options.folder}/key`,
      socket: this.#file('ssh'),
    });
    const deadline = performance.now() + firmwareBootTimeoutMs;
    while (!(await this.#shell.open())) {
      if (!this.#qemu.isRunning || performance.now() > deadline) {
        const words = `${this.#qemu.stderr.join('; ')}\n${this.lastWords()}`;
        await this.powerOff();
        throw new Error(`${this.#options.name}: no shell in ${firmwareBootTimeoutMs} ms: ${words}`);
      }
      await sleep(connectPauseMs);
    }
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
    await Promise.race([end, sleep(firmwareOffTimeoutMs, undefined, { ref: false })]);
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

  lastWords(): string {
    const text = existsSync(this.#file('console')) ? readFileSync(this.#file('console'), 'utf8') : '';
    const lines = stripVTControlCharacters(text).replaceAll('\r', '').split('\n').filter(Boolean);
    return lines.slice(-consoleLinesMax).join('\n  ');
  }

  #file(what: string): string {
    return `${this.#options.folder}/${this.#options.name}.${what}`;
  }

  #command(sshPort: number): readonly string[] {
    const { firmware, folder, uuid, disks } = this.#options;
    const isSecure = firmware === 'secure-boot';
    const pflash = (unit: number, file: string, readonly: string) =>
      `if=pflash,format=raw,unit=${unit},readonly=${readonly},file=${file}`;
    const key = readFileSync(`${folder}/key.pub`, 'utf8').trim();
    const door = `d /root/.ssh 0700 root root - -\nf+ /root/.ssh/authorized_keys 0600 root root - ${key}\n`;
    return [
      ...['qemu-system-x86_64', '-machine', `q35${isSecure ? ',smm=on' : ''}`, ...acceleration()],
      ...(isSecure ? ['-global', 'driver=cfi.pflash01,property=secure,value=on'] : []),
      ...(firmware === 'bios'
        ? []
        : [
            ...['-drive', pflash(0, isSecure ? secureFirmware : uefiFirmware, 'on')],
            ...['-drive', pflash(1, this.#file('variables'), 'off')],
          ]),
      ...['-smp', String(processors), '-m', String(memoryMib), '-nodefaults', '-display', 'none'],
      ...['-serial', `file:${this.#file('console')}`, '-device', 'virtio-rng-pci', '-device', 'qemu-xhci'],
      ...disks.flatMap(diskArguments),
      ...['-netdev', `user,id=way-in,restrict=on,hostfwd=tcp:127.0.0.1:${sshPort}-:22`],
      ...['-device', 'virtio-net-pci,netdev=way-in,mac=52:54:00:12:34:56'],
      ...(uuid === undefined ? [] : ['-uuid', uuid]),
      '-smbios',
      `type=11,value=io.systemd.credential.binary:tmpfiles.extra=${Buffer.from(door).toString('base64')}`,
    ];
  }
}

/** A stick is on the bus that sticks are on. Only the first has a place in the order of starting. */
function diskArguments({ file, bus, serial, isVolatile }: MachineDisk, index: number): readonly string[] {
  const drive = `if=none,id=disk${index},format=qcow2,file=${file},snapshot=${isVolatile ? 'on' : 'off'}`;
  const first = index === 0 ? ',bootindex=0' : '';
  const device = bus === 'usb' ? 'usb-storage,removable=on' : 'virtio-blk-pci';
  return ['-drive', drive, '-device', `${device},drive=disk${index},serial=${serial}${first}`];
}

function must(program: string, argv: readonly string[]): void {
  const { status, stderr } = spawnSync(program, argv, { encoding: 'utf8' });
  if (status !== 0) throw new Error(`${program}: ${stderr}`);
}
