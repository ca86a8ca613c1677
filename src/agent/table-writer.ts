// Writes changed records to the table store, some at a time. The table is a cache: a write that fails is kept for the
// next one and costs a slower restart, never the service.
import type { MemberRecord } from '../membership/member.ts';
import type { TableStore } from '../membership/table-store.ts';
import { tableRetryMaxMs, tableWriteDelayMs } from './limits.ts';

export class TableWriter {
  readonly #store: TableStore;
  readonly #setTimer: (delayMs: number, run: () => void) => () => void;
  readonly #onFailed: (error: unknown, inARow: number) => void;
  /** Records to write, and members to forget. */
  readonly #unsaved = new Map<string, MemberRecord | undefined>();
  #cancelTimer: (() => void) | undefined;
  #writing: Promise<void> | undefined;
  #failures = 0;

  constructor(
    store: TableStore,
    setTimer: (delayMs: number, run: () => void) => () => void,
    onFailed: (error: unknown, inARow: number) => void,
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

  /** Forgets a member soon. */
  forget(id: string): void {
    this.#unsaved.set(id, undefined);
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
    // A full disk stays full for a while: do not hammer it.
    const delayMs = Math.min(tableWriteDelayMs * 2 ** Math.min(this.#failures, 20), tableRetryMaxMs);
    this.#cancelTimer ??= this.#setTimer(delayMs, () => {
      this.#writing = this.#write().then(() => {
        this.#writing = undefined;
        this.#cancelTimer = undefined;
        if (this.#unsaved.size > 0) this.#schedule();
      });
    });
  }

  async #write(): Promise<void> {
    const taken = [...this.#unsaved];
    this.#unsaved.clear();
    const records = taken.flatMap(([, record]) => (record ? [record] : []));
    const forgotten = taken.flatMap(([id, record]) => (record ? [] : [id]));
    try {
      await this.#store.save(records, forgotten);
      this.#failures = 0;
    } catch (error) {
      for (const [id, record] of taken) if (!this.#unsaved.has(id)) this.#unsaved.set(id, record);
      this.#failures += 1;
      this.#onFailed(error, this.#failures);
    }
  }
}
