// The only door of integrations to the machine: processes and files. Never a shell, never a decision.
// The in-memory twin is test/integrations/memory-host.ts; both pass test/contract/host.suite.ts.
import { spawn } from 'node:child_process';
import { constants } from 'node:fs';
import { access, chmod, chown, mkdir, open, readdir, readFile, rename, rm } from 'node:fs/promises';
import { connect } from 'node:net';
import { dirname, join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { outputBytesMax, outputDrainMs } from './limits.ts';

export interface Outcome {
  /** 127 when the program does not exist; -1 when it was cut off or killed. */
  readonly exitCode: number;
  readonly stdout: string;
  readonly stderr: string;
}

export interface Ownership {
  /** Permission bits, such as 0o400. */
  readonly mode: number;
  /** A user of the machine; whoever the agent runs as when absent. */
  readonly owner?: string;
}

export interface Host {
  /** Runs a program to its end, or cuts it off after `timeoutMs`. A missing program is an outcome, not an error. */
  run(
    program: string,
    args: readonly string[],
    options: { readonly timeoutMs: number; readonly input?: string },
  ): Promise<Outcome>;
  /** The path of a program; undefined when the machine does not have it. */
  which(program: string): Promise<string | undefined>;
  /** The content of a file; undefined when there is none. */
  readFile(path: string): Promise<Uint8Array | undefined>;
  /** The names in a folder, sorted; none when there is no such folder. */
  listFolder(path: string): Promise<readonly string[]>;
  /** Replaces a file, whole or not at all; nobody sees its content with other rights than these. The folder must exist. */
  writeFile(path: string, content: string | Uint8Array, ownership: Ownership): Promise<void>;
  /** Gives a file, or a folder with what is in it, another name in the same file system; one that is not there is no error. A crash leaves the one name or the other. */
  rename(from: string, to: string): Promise<void>;
  /** Takes a file away, durably; one that is not there is no error. */
  removeFile(path: string): Promise<void>;
  /** Makes a folder, and those on the way to it; sets its rights also when it is there. */
  ensureFolder(path: string, ownership: Ownership): Promise<void>;
  /** The daemon behind a pid file when it runs and is `program`: a number that another process has got since is not it. */
  runningPid(pidFile: string, program: string): Promise<number | undefined>;
  /** Whether the process is there and is `program`. A daemon takes its pid file away some time before it is gone. */
  isRunning(pid: number, program: string): Promise<boolean>;
  /** Whether something at HOST:PORT takes connections; false after `timeoutMs`. */
  accepts(ip: string, port: number, timeoutMs: number): Promise<boolean>;
  /** Sends a signal; false when the process is gone. */
  signal(pid: number, name: 'SIGHUP' | 'SIGTERM' | 'SIGKILL' | 'SIGCONT'): Promise<boolean>;
  /** Lets `durationMs` pass. */
  pause(durationMs: number): Promise<void>;
}

/** Has the names in a folder on the disk, fsync(2). */
export async function syncFolder(path: string): Promise<void> {
  const folder = await open(path, 'r');
  try {
    await folder.sync();
  } finally {
    await folder.close();
  }
}

const searchPath = (process.env.PATH ?? '').split(':').filter(folder => folder.startsWith('/'));

/** This machine. */
export function realHost(): Host {
  return {
    run,
    which,
    async readFile(path) {
      try {
        return new Uint8Array(await readFile(path));
      } catch (error) {
        if (codeOf(error) === 'ENOENT' || codeOf(error) === 'ENOTDIR') return undefined;
        throw error;
      }
    },
    async listFolder(path) {
      try {
        return (await readdir(path)).sort();
      } catch (error) {
        if (codeOf(error) === 'ENOENT' || codeOf(error) === 'ENOTDIR') return [];
        throw error;
      }
    },
    async writeFile(path, content, { mode, owner }) {
      const temporary = `${path}.clusteros-new`;
      await rm(temporary, { force: true });
      const file = await open(temporary, 'wx', 0o600);
      try {
        await file.writeFile(content);
        if (owner !== undefined) {
          const { uid, gid } = await idsOf(owner);
          await file.chown(uid, gid);
        }
        await file.chmod(mode);
        await file.sync();
      } finally {
        await file.close();
      }
      await rename(temporary, path);
      await syncFolder(dirname(path));
    },
    async rename(from, to) {
      try {
        await rename(from, to);
      } catch (error) {
        if (codeOf(error) === 'ENOENT' || codeOf(error) === 'ENOTDIR') return;
        throw error;
      }
    },
    async removeFile(path) {
      try {
        await rm(path);
      } catch (error) {
        if (codeOf(error) === 'ENOENT' || codeOf(error) === 'ENOTDIR') return;
        throw error;
      }
      await syncFolder(dirname(path));
    },
    async ensureFolder(path, { mode, owner }) {
      await mkdir(path, { recursive: true });
      if (owner !== undefined) {
        const { uid, gid } = await idsOf(owner);
        await chown(path, uid, gid);
      }
      await chmod(path, mode);
    },
    async runningPid(pidFile, program) {
      const text = await readFile(pidFile, 'utf8').catch(() => '');
      const pid = Number.parseInt(text, 10);
      if (!Number.isSafeInteger(pid) || pid < 1) return undefined;
      return (await isRunning(pid, program)) ? pid : undefined;
    },
    isRunning,
    accepts,
    async signal(pid, name) {
      try {
        process.kill(pid, name);
        return true;
      } catch (error) {
        if (codeOf(error) === 'ESRCH') return false;
        throw error;
      }
    },
    pause: durationMs => sleep(durationMs),
  };
}

async function isRunning(pid: number, program: string): Promise<boolean> {
  const stat = await readFile(`/proc/${pid}/stat`, 'utf8').catch(() => '');
  // proc(5): pid (comm) state ...; comm is cut to 15 characters and may hold anything but the last parenthesis.
  const [, comm, state] = /^\d+ \((.*)\) (\S)/s.exec(stat) ?? [];
  return comm === program.slice(0, 15) && state !== 'Z' && state !== 'X';
}

function accepts(ip: string, port: number, timeoutMs: number): Promise<boolean> {
  return new Promise(resolve => {
    const socket = connect({ host: ip, port });
    const end = (answer: boolean) => {
      socket.destroy();
      resolve(answer);
    };
    socket.setTimeout(timeoutMs, () => end(false));
    socket.on('connect', () => end(true));
    // Refused, or no way there: nobody takes connections.
    socket.on('error', () => end(false));
  });
}

async function run(
  program: string,
  args: readonly string[],
  options: { readonly timeoutMs: number; readonly input?: string },
): Promise<Outcome> {
  // Left to the system, a folder of PATH that may not be entered would make a missing program look like a forbidden one.
  const path = program.startsWith('/') ? program : await which(program);
  if (path === undefined)
    return { exitCode: 127, stdout: '', stderr: `${program} is not in ${searchPath.join(':')}` };
  return execute(path, args, options);
}

function execute(
  program: string,
  args: readonly string[],
  { timeoutMs, input }: { readonly timeoutMs: number; readonly input?: string },
): Promise<Outcome> {
  return new Promise(resolve => {
    const child = spawn(program, args, { stdio: ['pipe', 'pipe', 'pipe'] });
    const output = { stdout: '', stderr: '' };
    let done = false;
    const end = (exitCode: number, note = '') => {
      if (done) return;
      done = true;
      clearTimeout(timer);
      // What the program left behind may hold them open, and with them this process.
      child.stdout.destroy();
      child.stderr.destroy();
      resolve({ exitCode, stdout: output.stdout, stderr: output.stderr + note });
    };
    const timer = setTimeout(() => {
      child.kill('SIGKILL');
      end(-1, `${program} did not end within ${timeoutMs} ms`);
    }, timeoutMs);
    for (const name of ['stdout', 'stderr'] as const) {
      child[name].setEncoding('utf8').on('data', (chunk: string) => {
        if (output[name].length < outputBytesMax) output[name] += chunk;
      });
    }
    child.on('error', error => end(codeOf(error) === 'ENOENT' ? 127 : -1, error.message));
    child.on('close', code => end(code ?? -1));
    // A daemon may keep the pipes of the command that started it: then the end of the command counts, not that of its output.
    child.on('exit', code => {
      setTimeout(() => end(code ?? -1), outputDrainMs);
    });
    child.stdin.on('error', () => {});
    child.stdin.end(input ?? '');
  });
}

async function which(program: string): Promise<string | undefined> {
  for (const folder of searchPath) {
    const path = join(folder, program);
    const there = await access(path, constants.X_OK).then(
      () => true,
      () => false,
    );
    if (there) return path;
  }
  return undefined;
}

/** User and main group of a name, as passwd(5) has them. @throws Error when there is no such user */
export async function idsOf(user: string): Promise<{ uid: number; gid: number }> {
  const { exitCode, stdout } = await run('getent', ['passwd', user], { timeoutMs: 5000 });
  const [, , uid, gid] = stdout.split(':');
  if (exitCode !== 0 || uid === undefined || gid === undefined) throw new Error(`there is no user ${user}`);
  return { uid: Number(uid), gid: Number(gid) };
}

function codeOf(error: unknown): string | undefined {
  return (error as NodeJS.ErrnoException).code;
}
