// Machines to run k3s on: for the double, folders and loopback addresses of this machine, so that no root is needed. Each has its own
// /etc/rancher, /var/lib/rancher and address; what a test starts dies with the test.
import assert from 'node:assert/strict';
import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { stringify } from 'yaml';
import { Child } from '../lab/child.ts';
import { type RunResult, resultOf } from '../lab/machine.ts';
import { isInstalled } from '../lab/requirements.ts';
import { waitFor } from '../lab/wait-for.ts';
import type { Control } from './double/control.ts';
import { type Answer, type RequestOptions, send } from './double/request.ts';
import { commandTimeoutMs, patienceMs } from './limits.ts';

export const doubleProgram = fileURLToPath(new URL('double/k3s', import.meta.url));

export type K3sSettings = Readonly<Record<string, unknown>>;

/** A machine, as a test of k3s sees it; paths are those that k3s names. */
export interface K3sMachine {
  readonly name: string;
  readonly address: string;
  readonly patienceMs: number;
  /** Where a file of the machine is for the test. */
  outside(path: string): string;
  /** Starts `k3s` with arguments, as a service. */
  launch(argv: readonly string[]): Promise<Child>;
  /** Runs `k3s` with arguments to its end. */
  run(argv: readonly string[], input?: string): Promise<RunResult>;
  /** Asks a URL from this machine. @throws Error when there is no answer */
  request(url: string, options?: RequestOptions): Promise<Answer>;
}

/** One run of `k3s server` or `k3s agent`. */
export class K3sService {
  readonly machine: K3sMachine;
  readonly child: Child;

  constructor(machine: K3sMachine, child: Child) {
    this.machine = machine;
    this.child = child;
  }

  get log(): string {
    return this.child.stderr.join('\n');
  }

  /** Waits until the log has such a line. @returns the line */
  async says(pattern: string | RegExp, patience = this.machine.patienceMs): Promise<string> {
    const has = (line: string) => (typeof pattern === 'string' ? line.includes(pattern) : pattern.test(line));
    return await waitFor(() => this.child.stderr.find(has), {
      what: `${this.machine.name} to say ${pattern}`,
      timeoutMs: patience,
      explain: () => this.child.stderr.slice(-15).join('\n'),
    });
  }

  /** Waits for the end. @returns the exit code */
  async ends(): Promise<number> {
    await waitFor(() => !this.child.isRunning, {
      what: `${this.machine.name} to end`,
      timeoutMs: this.machine.patienceMs,
      explain: () => this.child.stderr.slice(-15).join('\n'),
    });
    return (await this.child.exited).exitCode;
  }

  async kill(signal: NodeJS.Signals = 'SIGKILL'): Promise<void> {
    this.child.kill(signal);
    await this.child.exited;
  }
}

/** Starts k3s with these settings in its config.yaml. */
export async function start(
  machine: K3sMachine,
  command: 'server' | 'agent',
  settings: K3sSettings,
  argv: readonly string[] = [],
): Promise<K3sService> {
  const own = { 'node-name': machine.name, 'node-ip': machine.address };
  const bind = command === 'server' ? { 'bind-address': machine.address } : {};
  write(machine, '/etc/rancher/k3s/config.yaml', stringify({ ...own, ...bind, ...settings }));
  return new K3sService(machine, await machine.launch([command, ...argv]));
}

export async function startReady(...args: Parameters<typeof start>): Promise<K3sService> {
  const service = await start(...args);
  await service.says('is up and running');
  return service;
}

export function read(machine: K3sMachine, path: string): string {
  return readFileSync(machine.outside(path), 'utf8');
}

export function write(machine: K3sMachine, path: string, text: string, mode = 0o600): void {
  const file = machine.outside(path);
  mkdirSync(dirname(file), { recursive: true });
  writeFileSync(file, text, { mode });
}

export function wipe(machine: K3sMachine, path: string): void {
  rmSync(machine.outside(path), { recursive: true, force: true });
}

export const serverFolder = '/var/lib/rancher/k3s/server';
export const agentFolder = '/var/lib/rancher/k3s/agent';

export function urlOf({ address }: K3sMachine): string {
  return `https://${address}:6443`;
}

/** The server token, which names the cluster's authority. */
export function tokenOf(machine: K3sMachine): string {
  return read(machine, `${serverFolder}/token`).trim();
}

/** Runs a command that must succeed. @returns its standard output */
export async function k3s(machine: K3sMachine, ...argv: readonly string[]): Promise<string> {
  const { exitCode, stdout, stderr } = await machine.run(argv);
  assert.equal(exitCode, 0, `k3s ${argv.join(' ')}: ${stdout}${stderr}`);
  return stdout;
}

/** What `kubectl get ... -o json` answers. */
export async function kubectlJson<T>(machine: K3sMachine, ...argv: readonly string[]): Promise<T> {
  return JSON.parse(await k3s(machine, 'kubectl', 'get', ...argv, '-o', 'json')) as T;
}

/** Orders something of the double on a machine (double/control.ts); nothing in particular ends all orders. */
export function order(machine: K3sMachine, control: Control): void {
  write(machine, '/var/lib/rancher/k3s.double.json', JSON.stringify(control));
}

/** Machines on loopback addresses of their own, for the double. */
export class LoopbackMachines {
  readonly #folder = mkdtempSync(join(tmpdir(), 'k3s-double-'));
  readonly #children: Child[] = [];
  readonly #network: string;
  #count = 0;

  constructor() {
    // By the pid, so that files that are tested side by side do not meet.
    this.#network = `127.${64 + ((process.pid >> 8) & 63)}.${process.pid & 255}`;
    process.once('exit', () => {
      for (const child of this.#children) child.kill('SIGKILL');
    });
  }

  add(name?: string, env: Readonly<Record<string, string>> = {}): K3sMachine {
    this.#count += 1;
    const address = `${this.#network}.${this.#count}`;
    const root = join(this.#folder, String(this.#count));
    mkdirSync(root);
    const environment = {
      PATH: process.env.PATH ?? '',
      K3S_DOUBLE_ROOT: root,
      K3S_DOUBLE_LOOPBACK: address,
      ...env,
    };
    // A test that is killed takes with it what it started.
    const dying = isInstalled('setpriv') ? ['setpriv', '--pdeathsig', 'KILL', '--'] : [];
    const launch = async (argv: readonly string[], input?: string) => {
      const child = await Child.launch([...dying, doubleProgram, ...argv], {
        env: environment,
        ...(input === undefined ? {} : { input }),
      });
      this.#children.push(child);
      return child;
    };
    return {
      name: name ?? `n${this.#count}`,
      address,
      patienceMs,
      outside: path => join(root, path),
      launch: async argv => await launch(argv),
      run: async (argv, input) =>
        await resultOf(await launch(argv, input), `k3s ${argv.join(' ')}`, commandTimeoutMs),
      request: async (url, options) => await send(url, { checksName: false, ...options }),
    };
  }

  async end(): Promise<void> {
    for (const child of this.#children) child.kill('SIGKILL');
    await Promise.all(this.#children.map(child => child.exited));
    if (existsSync(this.#folder)) rmSync(this.#folder, { recursive: true });
  }
}
