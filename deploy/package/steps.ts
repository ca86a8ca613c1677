// Tells how a build goes: a line for each step when it is done, with the time it took and the time since the beginning.
import { statSync } from 'node:fs';

export class Steps {
  /** Wall clock: a part of a build may run in a process of its own. */
  readonly startedAtMs: number;

  constructor(startedAtMs = Date.now()) {
    this.startedAtMs = startedAtMs;
  }

  /** Does one step and says what came of it. @param result a few words about it, such as a size */
  async step<T>(
    what: string,
    work: () => T | Promise<T>,
    result: (made: T) => string = () => '',
  ): Promise<T> {
    const atMs = performance.now();
    const made = await work();
    const words = result(made);
    console.log(
      `${seconds(Date.now() - this.startedAtMs)}  ${what}${words === '' ? '' : `: ${words}`} (${seconds(performance.now() - atMs).trim()})`,
    );
    return made;
  }
}

const seconds = (ms: number) => `${(ms / 1000).toFixed(1).padStart(6)} s`;

/** `27.7 MB`. */
export const megabytes = (bytes: number) => `${(bytes / 1e6).toFixed(1)} MB`;

/** Of a file. */
export const sizeOf = (file: string) => megabytes(statSync(file).size);
