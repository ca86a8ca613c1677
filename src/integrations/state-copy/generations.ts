// Numbers for generations: milliseconds of the wall clock, but never one twice nor a lower one, also when the agent starts
// anew or the clock is set back. What may have been used is on the disk before it is.
import { dirname } from 'node:path';
import { generationsReserved } from '../limits.ts';
import type { Disk } from './disk.ts';

export class Generations {
  readonly #disk: Disk;
  readonly #file: string;
  readonly #wallMs: () => number;
  #last: number;
  #reserved: number;

  private constructor(disk: Disk, file: string, wallMs: () => number, reserved: number) {
    this.#disk = disk;
    this.#file = file;
    this.#wallMs = wallMs;
    this.#last = reserved;
    this.#reserved = reserved;
  }

  /** The folder of `file` exists. A damaged file counts as none: then the clock alone is gone by. */
  static async open(disk: Disk, file: string, wallMs: () => number): Promise<Generations> {
    const text = (await disk.readPart(file, 0, 32)).toString();
    const reserved = /^\d{1,15}\n$/.test(text) ? Number(text) : 0;
    return new Generations(disk, file, wallMs, reserved);
  }

  /** A number above all that were given before. One at a time. */
  async next(): Promise<number> {
    const next = Math.max(this.#last + 1, Math.floor(this.#wallMs()));
    if (next > this.#reserved) await this.#reserve(next + generationsReserved);
    this.#last = next;
    return next;
  }

  async #reserve(to: number): Promise<void> {
    const fresh = `${this.#file}.new`;
    await this.#disk.remove(fresh);
    await this.#disk.write(fresh, [Buffer.from(`${to}\n`)], { mode: 0o600 });
    await this.#disk.sync(fresh);
    await this.#disk.rename(fresh, this.#file);
    await this.#disk.sync(dirname(this.#file));
    this.#reserved = to;
  }
}
