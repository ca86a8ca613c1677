// Commands in a machine, by ssh. One connection carries them all: to make one takes an emulated processor a second.
import { existsSync, rmSync } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';
import { Child } from '../lab/child.ts';
import { environment, type RunOptions, type RunResult, resultOf } from '../lab/machine.ts';
import { dieWithUs } from './build.ts';
import { connectPollMs, greetingTimeoutS, runGraceS, runTimeoutMs } from './limits.ts';

export interface Door {
  /** Of 127.0.0.1, where the machine's ssh server is. */
  readonly port: number;
  readonly keyFile: string;
  /** Where ssh keeps the connection for others to use. */
  readonly socket: string;
}

/** As ssh ends when it has no connection, or lost it. */
const unreachable = 255;

export class Shell {
  readonly #door: Door;
  #connection: Child | undefined;

  constructor(door: Door) {
    this.#door = door;
  }

  /** Connects. @returns whether the machine took it; ask again while it boots */
  async open(): Promise<boolean> {
    rmSync(this.#door.socket, { force: true });
    const connection = await this.#ssh(['-M', '-N']);
    this.#connection = connection;
    while (connection.isRunning) {
      if (existsSync(this.#door.socket)) return true;
      await sleep(connectPollMs);
    }
    return false;
  }

  async close(): Promise<void> {
    this.#connection?.kill('SIGKILL');
    await this.#connection?.exited;
  }

  /** @throws Error when the command does not end in time, or there is no connection */
  async run(
    argv: readonly string[],
    { timeoutMs = runTimeoutMs, input, env = {} }: RunOptions = {},
  ): Promise<RunResult> {
    const what = argv.join(' ');
    // Ends in the machine too, where nobody hears that ssh has gone.
    const limit = ['timeout', '--signal=KILL', String(Math.ceil(timeoutMs / 1000) + runGraceS)];
    const values = Object.entries(env).map(([name, value]) => `${name}=${value}`);
    const command = ['env', ...values, ...limit, ...argv].map(quoted).join(' ');
    const child = await this.#ssh([], command, input);
    const result = await resultOf(child, what, timeoutMs);
    if (result.exitCode === unreachable && this.#connection?.isRunning !== true)
      throw new Error(`the connection was lost during "${what}": ${result.stderr}`);
    return result;
  }

  #ssh(options: readonly string[], command?: string, input?: string): Promise<Child> {
    const { port, keyFile, socket } = this.#door;
    const settings = [
      // A machine is as old as its test: there is no key of its to know, and no other way in than ours.
      ...['StrictHostKeyChecking=no', 'UserKnownHostsFile=/dev/null', 'LogLevel=ERROR', 'BatchMode=yes'],
      ...['IdentitiesOnly=yes', `IdentityFile=${keyFile}`, `ControlPath=${socket}`],
      ...[`ConnectTimeout=${greetingTimeoutS}`, 'ServerAliveInterval=15', 'ServerAliveCountMax=8'],
    ].map(each => `-o${each}`);
    const words = ['ssh', '-F', 'none', ...settings, '-p', String(port), ...options, 'root@127.0.0.1'];
    const argv = [...dieWithUs, ...words, ...(command === undefined ? [] : ['--', command])];
    return Child.launch(argv, { env: environment, ...(input === undefined ? {} : { input }) });
  }
}

/** For the shell at the other end. */
function quoted(word: string): string {
  return `'${word.replaceAll("'", `'\\''`)}'`;
}
