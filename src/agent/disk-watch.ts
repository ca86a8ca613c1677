// Watches the disk that the log is on: how much room is left, and how long a write takes. A node whose disk is in trouble
// says so and does not lead; when the trouble is over it is itself again. A reserve of space is let go when it is needed.
import { diskAmpleBytes, diskDeadlineMs, diskForgivenMs, diskLookMs, diskShortBytes } from './limits.ts';

/** The disk below the log. Its twin is in the simulator. */
export interface LogDisk {
  /** Bytes that this process may still write. */
  freeBytes(): Promise<number>;
  /** Takes the reserve, when it is not held already. */
  reserve(): Promise<void>;
  /** Gives the reserve back, for writes that must not fail. */
  release(): Promise<void>;
}

export type DiskTrouble = 'disk-full' | 'disk-slow';

export class DiskWatch {
  readonly #disk: LogDisk;
  readonly #nowMs: () => number;
  readonly #setTimer: (delayMs: number, run: () => void) => () => void;
  readonly #onTroubles: (troubles: readonly DiskTrouble[]) => void;
  #isFull = false;
  #slowUntilMs = Number.NEGATIVE_INFINITY;
  #writingSinceMs: number | undefined;
  #told = '';
  #cancelTimer: () => void = () => {};
  #closed = false;

  constructor(options: {
    readonly disk: LogDisk;
    readonly nowMs: () => number;
    readonly setTimer: (delayMs: number, run: () => void) => () => void;
    /** All troubles there are, after each change of them. */
    readonly onTroubles: (troubles: readonly DiskTrouble[]) => void;
  }) {
    this.#disk = options.disk;
    this.#nowMs = options.nowMs;
    this.#setTimer = options.setTimer;
    this.#onTroubles = options.onTroubles;
  }

  /** Looks now, and from time to time until `close`. */
  start(): void {
    void this.#look();
  }

  close(): void {
    this.#closed = true;
    this.#cancelTimer();
  }

  /** Times one write. Rejects as it does. */
  async timed(write: Promise<void>): Promise<void> {
    const sinceMs = this.#nowMs();
    this.#writingSinceMs = sinceMs;
    try {
      await write;
    } finally {
      this.#writingSinceMs = undefined;
      if (this.#nowMs() - sinceMs >= diskDeadlineMs) {
        this.#slowUntilMs = this.#nowMs() + diskForgivenMs;
        this.#tell();
      }
    }
  }

  async #look(): Promise<void> {
    try {
      const bytes = await this.#disk.freeBytes();
      if (bytes < diskShortBytes && !this.#isFull) {
        this.#isFull = true;
        await this.#disk.release();
      } else if (bytes >= diskAmpleBytes) {
        this.#isFull = false;
        await this.#disk.reserve();
      }
    } catch {
      // A disk that cannot even be asked, or has no room for the reserve, fails its next write, and that is told.
    }
    if (this.#closed) return;
    this.#tell();
    this.#cancelTimer = this.#setTimer(diskLookMs, () => void this.#look());
  }

  #tell(): void {
    const nowMs = this.#nowMs();
    const isHung = this.#writingSinceMs !== undefined && nowMs - this.#writingSinceMs >= diskDeadlineMs;
    if (isHung) this.#slowUntilMs = nowMs + diskForgivenMs;
    const troubles: DiskTrouble[] = [];
    if (this.#isFull) troubles.push('disk-full');
    if (nowMs < this.#slowUntilMs) troubles.push('disk-slow');
    if (this.#closed || troubles.join(' ') === this.#told) return;
    this.#told = troubles.join(' ');
    this.#onTroubles(troubles);
  }
}
