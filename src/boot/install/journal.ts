// What an installation says and what it notes: both go to the log on the disk, so that somebody can look later. Never a secret: what programs
// are given are paths and numbers, and nothing prints the content of a file.
import { appendFileSync, mkdirSync } from 'node:fs';
import type { Host, Outcome } from '../../integrations/host.ts';
import { BootError, exitCode } from '../ending.ts';
import { diskCommandTimeoutMs, wordsLinesMax } from './limits.ts';

export const logFile = '/var/log/cluster-os-install.log';

export class Journal {
  readonly #host: Host;
  readonly #hide: (text: string) => string;
  readonly #startedAtMs = performance.now();
  readonly #lines: string[] = [];
  /** Of the step that is under way; an error names it. */
  #step = '';
  /** Where the root of the disk is mounted for writing; undefined when it is not. */
  root: string | undefined;

  constructor(host: Host, hide: (text: string) => string) {
    this.#host = host;
    this.#hide = hide;
  }

  get step(): string {
    return this.#step;
  }

  /** For whoever looks on. */
  say(line: string): void {
    console.error(this.#hide(line));
    this.note(line);
  }

  /** For the log alone. */
  note(line: string): void {
    const seconds = ((performance.now() - this.#startedAtMs) / 1000).toFixed(1).padStart(7);
    this.#lines.push(`${seconds} s  ${this.#hide(line)}`);
  }

  begin(step: string, head: string): void {
    this.#step = step;
    this.say(head);
  }

  /** Runs a program; it and its words are noted. */
  async run(program: string, args: readonly string[], timeoutMs = diskCommandTimeoutMs): Promise<Outcome> {
    this.note(`$ ${[program, ...args].join(' ')}`);
    const outcome = await this.#host.run(program, args, { timeoutMs });
    for (const line of `${outcome.stdout}${outcome.stderr}`.split('\n'))
      if (line.trim() !== '') this.note(`  ${line}`);
    if (outcome.exitCode !== 0) this.note(`  ended with ${outcome.exitCode}`);
    return outcome;
  }

  /** Runs a program that must work. Resolves with what it wrote to stdout. @throws BootError naming it and its last words */
  async must(program: string, args: readonly string[], timeoutMs = diskCommandTimeoutMs): Promise<string> {
    const { exitCode: code, stdout, stderr } = await this.run(program, args, timeoutMs);
    if (code === 0) return stdout;
    const words = `${stderr}\n${stdout}`.split('\n').filter(line => line.trim() !== '');
    throw this.failure(`${program} ended with ${code}: ${words.slice(-wordsLinesMax).join(' / ')}`);
  }

  failure(
    what: string,
    mend = 'the disk is unfinished; mend that, and run the same command again: it begins anew',
  ): BootError {
    return new BootError(exitCode.failed, `step "${this.#step}": ${what}`, mend);
  }

  /** Writes the log to the disk, where it is mounted; at once, since the program may be about to end. */
  keep(): void {
    if (this.root === undefined) return;
    try {
      mkdirSync(`${this.root}/var/log`, { recursive: true });
      appendFileSync(`${this.root}${logFile}`, `${this.#lines.splice(0).join('\n')}\n`, { mode: 0o600 });
    } catch {
      // The error that is under way says more.
    }
  }
}
