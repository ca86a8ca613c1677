// One host of a lab: a machine as far as the programs in it can tell, with a name, an address, a disk and processes of
// its own. Never runs anything outside its namespaces but the wrappers that enter them.
import { chmodSync, chownSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { dirname } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { Child, type LaunchOptions } from './child.ts';
import { bootTimeoutMs, launchPollMs, reachTimeoutMs } from './limits.ts';
import {
  type AgentPaths,
  environment,
  type FileOptions,
  type Machine,
  type RunOptions,
  type RunResult,
  resultOf,
} from './machine.ts';
import { layOutDisk, privateFolders } from './mount-points.ts';
import type { Port } from './network.ts';
import { childrenOf, isRunning, type ProcessIdentity, sendSignal, untilGone } from './processes.ts';

const initScript = fileURLToPath(new URL('host-init.sh', import.meta.url));

export class Host implements Machine {
  readonly name: string;
  readonly ip: string;
  readonly port: Port;
  readonly paths: AgentPaths = {
    config: '/etc/clusteros/node.yaml',
    clusterKey: '/etc/clusteros/cluster.key',
    dataDir: '/var/lib/clusteros',
    socket: '/run/clusteros/agent.sock',
    log: '/var/log/node-agent.log',
  };
  readonly #disk: string;
  readonly #outlivesOwner: boolean;
  #init: ProcessIdentity | undefined;

  /** @param outlivesOwner false: its processes die with the process that boots it, without anybody's help */
  constructor(port: Port, labFolder: string, outlivesOwner: boolean) {
    this.name = `node-${port.letter}`;
    this.ip = port.ip;
    this.port = port;
    this.#disk = `${labFolder}/${port.letter}`;
    this.#outlivesOwner = outlivesOwner;
    layOutDisk(this.#disk);
  }

  /** Starts PID 1 in new namespaces. @throws Error with its last words when it does not get ready */
  async boot(): Promise<void> {
    const deathWish = this.#outlivesOwner ? [] : ['setpriv', '--pdeathsig', 'KILL', '--'];
    const unshare = [
      'unshare',
      '--mount',
      '--uts',
      '--pid',
      '--ipc',
      '--fork',
      '--kill-child=KILL',
      '--mount-proc',
    ];
    const enter = ['ip', 'netns', 'exec', this.port.namespace, ...deathWish];
    const init = ['bash', initScript, this.name, this.#disk, ...privateFolders];
    const child = await Child.launch([...enter, ...unshare, ...init], { env: environment, wrapped: true });
    const deadline = performance.now() + bootTimeoutMs;
    while (!child.stdout.includes('ready')) {
      if (!child.isRunning || performance.now() > deadline) {
        child.kill('SIGKILL');
        throw new Error(
          `${this.name} did not boot: ${child.stderr.join('; ') || `no word in ${bootTimeoutMs} ms`}`,
        );
      }
      await sleep(launchPollMs);
    }
    this.#init = child.process;
    child.release();
  }

  get isOn(): boolean {
    return this.#init !== undefined && isRunning(this.#init);
  }

  /** The pid of its PID 1, as the machine sees it. @throws Error when it has no power */
  get initPid(): number {
    if (this.#init === undefined || !this.isOn) throw new Error(`${this.name} has no power`);
    return this.#init.pid;
  }

  /** Ends every process of the host at once. Unplug it first, or peers hear its connections close. */
  async kill(): Promise<void> {
    if (this.#init === undefined) return;
    const wrapped = childrenOf(this.#init.pid);
    sendSignal(this.#init, 'SIGKILL');
    await untilGone([this.#init, ...wrapped]);
    this.#init = undefined;
  }

  /** Runs a command to its end. @throws Error when it does not end in time; it is then killed */
  async run(argv: readonly string[], options: RunOptions = {}): Promise<RunResult> {
    const { timeoutMs, ...launch } = options;
    return await resultOf(await this.spawn(argv, launch), [this.name, ...argv].join(' '), timeoutMs);
  }

  /** Starts a command in the host. Its log file, if any, is named as the host sees it. */
  async spawn(argv: readonly string[], options: Omit<LaunchOptions, 'wrapped'> = {}): Promise<Child> {
    const { logFile, env, ...rest } = options;
    return await Child.launch([...this.enterCommand(), '--', ...argv], {
      ...rest,
      env: { ...environment, ...env },
      wrapped: true,
      ...(logFile === undefined ? {} : { logFile: this.outside(logFile) }),
    });
  }

  /** What to put before a command to run it here, in any shell on this machine. */
  enterCommand(): string[] {
    const namespaces = ['--mount', '--uts', '--ipc', '--net', '--pid', '--root', '--wd'];
    return ['nsenter', '--target', String(this.initPid), ...namespaces];
  }

  /** Writes a file of the host, and the folders on the way. @throws Error when the path is the machine's own */
  writeFile(path: string, content: string | Uint8Array, { mode = 0o644, owner }: FileOptions = {}): void {
    const file = this.outside(path);
    mkdirSync(dirname(file), { recursive: true });
    writeFileSync(file, content, { mode });
    chmodSync(file, mode);
    if (owner !== undefined) chownSync(file, owner.uid, owner.gid);
  }

  /** Reads a text file of the host. @throws Error as the file system does, or when the path is the machine's own */
  readFile(path: string): string {
    return readFileSync(this.outside(path), 'utf8');
  }

  /** Whether a packet gets there and its answer back: a port that nobody listens on refuses at once. */
  async reaches(ip: string, timeoutMs = reachTimeoutMs): Promise<boolean> {
    const probe = `exec 3<>/dev/tcp/${ip}/9`;
    const { exitCode, stderr } = await this.run(['timeout', String(timeoutMs / 1000), 'bash', '-c', probe]);
    return exitCode === 0 || (exitCode === 1 && stderr.includes('refused'));
  }

  /** Where a file of the host is for the lab's process. @throws Error when the path is the machine's own, or lost with the power */
  outside(path: string): string {
    if (privateFolders.some(folder => `${path}/`.startsWith(`${folder}/`))) return `${this.#disk}${path}`;
    if (path.startsWith('/run/')) return `/proc/${this.initPid}/root${path}`;
    throw new Error(
      `${path} is not private to ${this.name}: it is the file of the machine that the lab runs on`,
    );
  }
}
