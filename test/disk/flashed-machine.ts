// A machine that is started from a disk as `make image` makes it: by its own firmware and boot loader, with nothing told to the kernel from
// outside. Its disk is an overlay on the image, larger than it, as a stick is.
import { spawnSync } from 'node:child_process';
import { copyFileSync, existsSync, readFileSync } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';
import { stripVTControlCharacters } from 'node:util';
import { dieWithUs } from '../image/build.ts';
import { watchedFolder } from '../image/janitor.ts';
import { connectPauseMs, consoleLinesMax, memoryMib, processors } from '../image/limits.ts';
import { acceleration } from '../image/requirements.ts';
import { Shell } from '../image/shell.ts';
import { freePort } from '../image/virtual-machine.ts';
import { Child } from '../lab/child.ts';
import { environment, type RunOptions, type RunResult } from '../lab/machine.ts';
import { bootTimeoutMs, diskMib } from './limits.ts';

export type Firmware = 'bios' | 'uefi' | 'secure-boot';

const ovmf = '/usr/share/OVMF';
export const firmwareFiles = [`${ovmf}/OVMF_CODE_4M.fd`, `${ovmf}/OVMF_CODE_4M.secboot.fd`];

export class FlashedMachine {
  readonly #home = watchedFolder('clusteros-flashed-');
  readonly #folder = this.#home.path;
  readonly #firmware: Firmware;
  readonly #uuid: string;
  readonly #second: string | undefined;
  #qemu: Child | undefined;
  #shell: Shell | undefined;

  /** @param uuid number of the hardware, by which a disk knows its machine @param second a disk beside it, not to be changed */
  constructor(image: string, firmware: Firmware, uuid: string, second?: string) {
    this.#second = second;
    this.#firmware = firmware;
    this.#uuid = uuid;
    must('qemu-img', [
      ...['create', '-q', '-f', 'qcow2', '-F', 'raw', '-b', image],
      ...[`${this.#folder}/disk.qcow2`, `${diskMib}M`],
    ]);
    must('ssh-keygen', ['-q', '-t', 'ed25519', '-N', '', '-C', 'test', '-f', `${this.#folder}/key`]);
    if (firmware !== 'bios') {
      const variables = firmware === 'uefi' ? 'OVMF_VARS_4M.fd' : 'OVMF_VARS_4M.ms.fd';
      copyFileSync(`${ovmf}/${variables}`, `${this.#folder}/variables.fd`);
    }
  }

  /** @throws Error with the end of its console when there is no shell in time */
  async powerOn(): Promise<void> {
    const port = await freePort();
    this.#qemu = await Child.launch([...dieWithUs, ...this.#command(port)], { env: environment });
    this.#shell = new Shell({ port, keyFile: `${this.#folder}/key`, socket: `${this.#folder}/ssh` });
    const deadline = performance.now() + bootTimeoutMs;
    while (!(await this.#shell.open())) {
      if (!this.#qemu.isRunning || performance.now() > deadline) {
        const words = `${this.#qemu.stderr.join('; ')}\n${this.lastWords()}`;
        await this.powerOff();
        throw new Error(`no shell by ${this.#firmware} in ${bootTimeoutMs} ms: ${words}`);
      }
      await sleep(connectPauseMs);
    }
  }

  async powerOff(): Promise<void> {
    this.#qemu?.kill('SIGKILL');
    await this.#qemu?.exited;
    await this.#shell?.close();
  }

  async remove(): Promise<void> {
    await this.powerOff();
    this.#home.remove();
  }

  async run(argv: readonly string[], options: RunOptions = {}): Promise<RunResult> {
    if (this.#shell === undefined) throw new Error('the machine is off');
    return await this.#shell.run(argv, options);
  }

  /** Of a shell command that must work: what it wrote to stdout. */
  async must(command: string, options: RunOptions = {}): Promise<string> {
    const { exitCode, stdout, stderr } = await this.run(['sh', '-c', command], options);
    if (exitCode !== 0) throw new Error(`"${command}" ended with ${exitCode}\n${stdout}${stderr}`);
    return stdout.trimEnd();
  }

  lastWords(): string {
    const file = `${this.#folder}/console`;
    const text = existsSync(file) ? readFileSync(file, 'utf8') : '';
    return stripVTControlCharacters(text)
      .replaceAll('\r', '')
      .split('\n')
      .filter(Boolean)
      .slice(-consoleLinesMax)
      .join('\n  ');
  }

  #command(sshPort: number): readonly string[] {
    const isSecure = this.#firmware === 'secure-boot';
    const code = `${ovmf}/OVMF_CODE_4M${isSecure ? '.secboot' : ''}.fd`;
    const pflash = (unit: number, file: string, readonly: string) =>
      `if=pflash,format=raw,unit=${unit},readonly=${readonly},file=${file}`;
    const key = readFileSync(`${this.#folder}/key.pub`, 'utf8').trim();
    const door = `d /root/.ssh 0700 root root - -\nf+ /root/.ssh/authorized_keys 0600 root root - ${key}\n`;
    return [
      ...['qemu-system-x86_64', '-machine', `q35${isSecure ? ',smm=on' : ''}`, ...acceleration()],
      ...(isSecure ? ['-global', 'driver=cfi.pflash01,property=secure,value=on'] : []),
      ...(this.#firmware === 'bios'
        ? []
        : ['-drive', pflash(0, code, 'on'), '-drive', pflash(1, `${this.#folder}/variables.fd`, 'off')]),
      ...['-smp', String(processors), '-m', String(memoryMib), '-nodefaults', '-display', 'none'],
      ...['-serial', `file:${this.#folder}/console`, '-device', 'virtio-rng-pci'],
      // A stick, on the bus that sticks are on.
      ...['-drive', `if=none,id=stick,format=qcow2,file=${this.#folder}/disk.qcow2`],
      ...['-device', 'qemu-xhci', '-device', 'usb-storage,drive=stick,removable=on,bootindex=0'],
      ...(this.#second === undefined
        ? []
        : ['-drive', `if=virtio,format=raw,snapshot=on,file=${this.#second}`]),
      ...['-netdev', `user,id=way-in,restrict=on,hostfwd=tcp:127.0.0.1:${sshPort}-:22`],
      ...['-device', 'virtio-net-pci,netdev=way-in,mac=52:54:00:12:34:56'],
      ...['-uuid', this.#uuid],
      ...[
        '-smbios',
        `type=11,value=io.systemd.credential.binary:tmpfiles.extra=${Buffer.from(door).toString('base64')}`,
      ],
    ];
  }
}

function must(program: string, argv: readonly string[]): void {
  const { status, stderr } = spawnSync(program, argv, { encoding: 'utf8' });
  if (status !== 0) throw new Error(`${program}: ${stderr}`);
}
