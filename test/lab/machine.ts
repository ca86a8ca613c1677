// What an agent can be run on, seen from outside: a host of a lab, or a folder of this machine when there is no root.
import type { Child, LaunchOptions } from './child.ts';
import { runTimeoutMs } from './limits.ts';

/** Where an agent finds its files, as the programs on the machine name them. */
export interface AgentPaths {
  readonly config: string;
  readonly clusterKey: string;
  readonly dataDir: string;
  readonly socket: string;
  /** What it writes to its standard output, one JSON object a line. */
  readonly log: string;
}

export interface RunResult {
  readonly exitCode: number;
  readonly stdout: string;
  readonly stderr: string;
}

export interface RunOptions {
  readonly timeoutMs?: number;
  readonly input?: string;
  readonly env?: Readonly<Record<string, string>>;
}

export interface FileOptions {
  /** 0o644 unless told otherwise. */
  readonly mode?: number;
  /** Numbers; whoever runs the lab unless told otherwise. */
  readonly owner?: { readonly uid: number; readonly gid: number };
}

export interface Machine {
  readonly name: string;
  readonly ip: string;
  readonly paths: AgentPaths;
  /** Runs a command to its end. @throws Error when it does not end in time; it is then killed */
  run(argv: readonly string[], options?: RunOptions): Promise<RunResult>;
  /** Starts a command. Its log file, if any, is named as the machine sees it. */
  spawn(argv: readonly string[], options?: Omit<LaunchOptions, 'wrapped'>): Promise<Child>;
  writeFile(path: string, content: string | Uint8Array, options?: FileOptions): void;
}

/** Not the environment of the lab's process: a machine knows nothing of a test runner. A host's HOME is its own. */
export const environment = {
  PATH: '/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin',
  HOME: '/run/home',
  LANG: 'C.UTF-8',
  USER: 'root',
} as const;

/** Waits for the end of a command. @param what names it in the error @throws Error when it is late; it is then killed */
export async function resultOf(child: Child, what: string, timeoutMs = runTimeoutMs): Promise<RunResult> {
  let isLate = false;
  const timer = setTimeout(() => {
    isLate = true;
    child.kill('SIGKILL');
  }, timeoutMs);
  const { exitCode } = await child.exited;
  clearTimeout(timer);
  const stdout = child.stdout.map(line => `${line}\n`).join('');
  const stderr = child.stderr.map(line => `${line}\n`).join('');
  if (isLate) throw new Error(`"${what}" took over ${timeoutMs} ms: ${stdout}${stderr}`);
  return { exitCode, stdout, stderr };
}
