// A process that the lab started, its output line by line, and its real pid: the one inside the host, not that of the
// nsenter that brought it there. It is in a session of its own, so a Ctrl-C in the terminal never reaches it.
import { type ChildProcess, spawn } from 'node:child_process';
import { closeSync, fstatSync, openSync, readSync } from 'node:fs';
import type { Readable } from 'node:stream';
import { setTimeout as sleep } from 'node:timers/promises';
import { drainMs, followPollMs, keptLinesMax, launchPollMs, launchTimeoutMs } from './limits.ts';
import { childrenOf, identityOf, type ProcessIdentity, sendSignal } from './processes.ts';

export interface Exit {
  /** As a shell tells it: 128 + the signal's number after a signal. */
  readonly exitCode: number;
  readonly signal: NodeJS.Signals | null;
}

export interface LaunchOptions {
  readonly env?: Readonly<Record<string, string>>;
  /** Written to its standard input, which is then closed; without it standard input is empty. */
  readonly input?: string;
  /** Both outputs go to this file, which is followed; a child may then outlive the process that started it. */
  readonly logFile?: string;
  /** True when argv is a wrapper such as nsenter, which forks the process that is meant. */
  readonly wrapped?: boolean;
}

const signalNumbers: Readonly<Record<string, number>> = { SIGINT: 2, SIGKILL: 9, SIGSEGV: 11, SIGTERM: 15 };

export class Child {
  readonly stdout: string[] = [];
  readonly stderr: string[] = [];
  /** Settles when the process has ended and its output was read. @throws Error when it could not be started */
  readonly exited: Promise<Exit>;
  readonly #spawned: ChildProcess;
  readonly #listeners = new Set<(line: string) => void>();
  #wrapper: ProcessIdentity | undefined;
  #process: ProcessIdentity | undefined;
  #running = true;

  private constructor(spawned: ChildProcess, log: LogFile | undefined) {
    this.#spawned = spawned;
    // At once: what nobody listens to when the process ends is thrown away.
    if (spawned.stdout) this.#readLines(spawned.stdout, this.stdout);
    if (spawned.stderr) this.#readLines(spawned.stderr, this.stderr);
    const stopFollowing = log && this.#follow(log.file, log.from);
    const closed = new Promise<void>(resolve => spawned.once('close', () => resolve()));
    const ended = new Promise<Exit>((resolve, reject) => {
      spawned.once('error', reject);
      spawned.once('exit', (code, signal) => resolve({ exitCode: codeOf(code, signal), signal }));
    });
    this.exited = ended.then(async exit => {
      await Promise.race([closed, sleep(drainMs)]);
      stopFollowing?.();
      this.release();
      this.#running = false;
      return exit;
    });
    this.exited.catch(() => {}); // whoever waits hears of it
  }

  /** Starts argv and waits until the process that is meant is there. @throws Error when it cannot be started */
  static async launch(argv: readonly string[], options: LaunchOptions = {}): Promise<Child> {
    const [command = '', ...args] = argv;
    const log = options.logFile === undefined ? undefined : openLog(options.logFile);
    const output = log?.descriptor ?? 'pipe';
    const spawned = spawn(command, args, {
      detached: true,
      env: { ...options.env },
      stdio: [options.input === undefined ? 'ignore' : 'pipe', output, output],
    });
    const child = new Child(spawned, log);
    if (log !== undefined) {
      closeSync(log.descriptor);
      spawned.unref();
    }
    spawned.stdin?.once('error', () => {}); // it ended without reading: its exit says the rest
    spawned.stdin?.end(options.input);
    if (spawned.pid === undefined) await child.exited;
    await child.#find(options.wrapped ?? false);
    return child;
  }

  /** The process that is meant; undefined when it ended before it could be looked at. */
  get process(): ProcessIdentity | undefined {
    return this.#process;
  }

  /** The pid in the root PID namespace. @throws Error when the process ended at once */
  get pid(): number {
    if (this.#process === undefined) throw new Error('the process ended before its pid was known');
    return this.#process.pid;
  }

  get isRunning(): boolean {
    return this.#running;
  }

  /** Signals the process itself. @returns whether it was still there */
  kill(signal: NodeJS.Signals = 'SIGTERM'): boolean {
    // nsenter stops itself together with its child, and nobody else would let it go on.
    if (signal === 'SIGCONT' && this.#wrapper !== undefined) sendSignal(this.#wrapper, signal);
    return this.#process !== undefined && sendSignal(this.#process, signal);
  }

  /** Reads no more of its output and lets this process end before it. */
  release(): void {
    this.#spawned.stdout?.destroy();
    this.#spawned.stderr?.destroy();
    this.#spawned.unref();
  }

  /** Tells each later line of either output until the returned function is called. */
  onLine(listener: (line: string) => void): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  async #find(isWrapped: boolean): Promise<void> {
    const outer = identityOf(this.#spawned.pid ?? 0);
    if (!isWrapped || outer === undefined) {
      this.#process = outer;
      return;
    }
    this.#wrapper = outer;
    const deadline = performance.now() + launchTimeoutMs;
    while (
      this.#process === undefined &&
      this.#spawned.exitCode === null &&
      this.#spawned.signalCode === null
    ) {
      if (performance.now() > deadline) throw new Error(`pid ${outer.pid} started nothing`);
      this.#process = childrenOf(outer.pid)[0];
      if (this.#process === undefined) await sleep(launchPollMs);
    }
  }

  #keep(line: string, into: string[]): void {
    into.push(line);
    if (into.length > keptLinesMax) into.shift();
    for (const listener of this.#listeners) listener(line);
  }

  #readLines(from: Readable, into: string[]): void {
    const take = lineSplitter(line => this.#keep(line, into));
    from.setEncoding('utf8');
    from.on('data', take);
    from.once('close', () => take('', true));
  }

  /** Reads the file from that byte on as it grows. @returns what stops that, after a last look */
  #follow(file: string, from: number): () => void {
    const descriptor = openSync(file, 'r');
    const decoder = new TextDecoder();
    const buffer = Buffer.alloc(65_536);
    const take = lineSplitter(line => this.#keep(line, this.stdout));
    let position = from;
    const look = () => {
      for (;;) {
        const length = readSync(descriptor, buffer, 0, buffer.length, position);
        if (length === 0) return;
        position += length;
        take(decoder.decode(buffer.subarray(0, length), { stream: true }));
      }
    };
    const timer = setInterval(look, followPollMs);
    timer.unref();
    return () => {
      clearInterval(timer);
      look();
      take('', true);
      closeSync(descriptor);
    };
  }
}

interface LogFile {
  readonly file: string;
  readonly descriptor: number;
  /** Its length in bytes before the child was started. */
  readonly from: number;
}

function openLog(file: string): LogFile {
  const descriptor = openSync(file, 'a', 0o600);
  return { file, descriptor, from: fstatSync(descriptor).size };
}

function lineSplitter(tell: (line: string) => void): (text: string, isLast?: boolean) => void {
  let rest = '';
  return (text, isLast = false) => {
    const lines = (rest + text).split('\n');
    rest = lines.pop() ?? '';
    for (const line of lines) tell(line);
    if (isLast && rest !== '') tell(rest);
    if (isLast) rest = '';
  };
}

function codeOf(code: number | null, signal: NodeJS.Signals | null): number {
  return code ?? 128 + (signalNumbers[signal ?? ''] ?? 0);
}
