// Since when something is so, without a break, as this process has seen it.

export class Since<Key> {
  #sinceMs = new Map<Key, number>();

  /** All of which it is so now. @param nowMs wall clock */
  see(keys: readonly Key[], nowMs: number): void {
    this.#sinceMs = new Map(keys.map(key => [key, this.#sinceMs.get(key) ?? nowMs]));
  }

  /** Whether it is so of `key` for that long. A clock that was set tells nothing: it is over then. */
  lasts(key: Key, durationMs: number, nowMs: number): boolean {
    const sinceMs = this.#sinceMs.get(key);
    return sinceMs !== undefined && Math.abs(nowMs - sinceMs) >= durationMs;
  }
}
