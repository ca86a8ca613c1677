// Writes changed records to the table store, some at a time. The table is a cache: a write that fails is kept for the
// next one and costs a slower restart, never the service.
import type { MemberRecord } from '../membership/member.ts';
import type { TableStore } from '../membership/table-store.ts';
import { tableWriteDelayMs } from './limits.ts';

export class TableWriter {
  readonly #store: TableStore;
  readonly #setTimer: (delayMs: number, run: () => void) => () => void;
  readonly #onFailed: (error: unknown) => void;
  readonly #unsaved = new Map<string, MemberRecord>();
  #cancelTimer: (() => void) | undefined;
  #writing: Promise<void> | undefined;

  constructor(
    store: TableStore,
    setTimer: (delayMs: number, run: () => void) => () => void,
    onFailed: (error: unknown) => void,
  ) {
    this.#store = store;
    this.#setTimer = setTimer;
    this.#onFailed = onFailed;
  }

  /** Keeps these records soon; later ones of a member replace earlier ones. */
  keep(records: readonly MemberRecord[]): void {
    for (const record of records) this.#unsaved.set(record.id, record);
    this.#schedule();
  }

  /** Writes nothing more. */
  abandon(): void {
    this.#cancelTimer?.();
  }

  /** Writes what is left and closes the store. */
  async close(): Promise<void> {
    this.abandon();
    await this.#writing;
    if (this.#unsaved.size > 0) await this.#write();
    await this.#store.close();
  }

  #schedule(): void {
    this.#cancelTimer ??= this.#setTimer(tableWriteDelayMs, () => {
      this.#writing = this.#write().then(() => {
        this.#writing = undefined;
        this.#cancelTimer = undefined;
        if (this.#unsaved.size > 0) this.#schedule();
      });
    });
  }

  async #write(): Promise<void> {
    const records = [...this.#unsaved.values()];
    this.#unsaved.clear();
    try {
      await this.#store.save(records);
    } catch (error) {
      for (const record of records) if (!this.#unsaved.has(record.id)) this.#unsaved.set(record.id, record);
      this.#onFailed(error);
    }
  }
}
