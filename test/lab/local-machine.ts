// A stand-in for a host where there is no root: a folder and a loopback address of this machine. Not a host: no
// namespaces, so no workloads, no cuts, and its processes are ended one by one.
import { chmodSync, mkdirSync, mkdtempSync, readdirSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { Child, type LaunchOptions } from './child.ts';
import {
  type AgentPaths,
  environment,
  type FileOptions,
  type Machine,
  type RunOptions,
  type RunResult,
  resultOf,
} from './machine.ts';
import { identityOf, untilGone } from './processes.ts';
import { isInstalled } from './requirements.ts';

const folderName = /^clusteros-local-(\d+)-/;

class LocalMachine implements Machine {
  readonly name: string;
  readonly ip: string;
  readonly paths: AgentPaths;
  readonly children: Child[] = [];
  readonly #folder: string;

  constructor(folder: string, number: number) {
    this.name = `node-${String.fromCharCode(96 + number)}`;
    this.ip = `127.0.0.${number}`;
    this.#folder = join(folder, this.name);
    const at = (name: string) => join(this.#folder, name);
    mkdirSync(this.#folder);
    const [config, clusterKey, dataDir] = [at('node.yaml'), at('cluster.key'), at('data')];
    this.paths = { config, clusterKey, dataDir, socket: at('agent.sock'), log: at('node-agent.log') };
  }

  async run(argv: readonly string[], { timeoutMs, ...launch }: RunOptions = {}): Promise<RunResult> {
    return await resultOf(await this.spawn(argv, launch), argv.join(' '), timeoutMs);
  }

  async spawn(argv: readonly string[], options: Omit<LaunchOptions, 'wrapped'> = {}): Promise<Child> {
    // The kernel ends it with this process, however that ends.
    const deathWish = isInstalled('setpriv') ? ['setpriv', '--pdeathsig', 'KILL', '--'] : [];
    const home = { HOME: this.#folder, USER: this.name };
    const child = await Child.launch([...deathWish, ...argv], {
      ...options,
      env: { ...environment, ...home, ...options.env },
    });
    this.children.push(child);
    return child;
  }

  writeFile(path: string, content: string | Uint8Array, { mode = 0o644 }: FileOptions = {}): void {
    if (!path.startsWith(`${this.#folder}/`)) throw new Error(`${path} is not in ${this.#folder}`);
    mkdirSync(dirname(path), { recursive: true });
    writeFileSync(path, content, { mode });
    chmodSync(path, mode);
  }
}

export interface LocalMachines {
  readonly machines: readonly Machine[];
  /** Kills what runs on them and removes their folder. */
  stop(): Promise<void>;
}

/** Makes stand-ins at 127.0.0.1, 127.0.0.2 ... in a new temporary folder; first removes those of dead processes. */
export function startLocalMachines(count: number): LocalMachines {
  for (const name of readdirSync(tmpdir())) {
    const pid = Number(folderName.exec(name)?.[1]);
    const isOurs = () => statSync(join(tmpdir(), name)).uid === process.getuid?.();
    if (Number.isInteger(pid) && identityOf(pid) === undefined && isOurs())
      rmSync(join(tmpdir(), name), { recursive: true, force: true });
  }
  const folder = mkdtempSync(join(tmpdir(), `clusteros-local-${process.pid}-`));
  const machines = Array.from({ length: count }, (_, index) => new LocalMachine(folder, index + 1));
  return {
    machines,
    stop: async () => {
      const children = machines.flatMap(machine => machine.children);
      for (const child of children) child.kill('SIGKILL');
      await untilGone(children.flatMap(child => child.process ?? []));
      rmSync(folder, { recursive: true, force: true });
    },
  };
}
