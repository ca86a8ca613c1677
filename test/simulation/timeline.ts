// Virtual time: what happens next, in order of time and then of asking. Nothing here waits for a real clock.

interface Happening {
  readonly atMs: number;
  readonly order: number;
  readonly run: () => void;
  cancelled: boolean;
}

export class Timeline {
  readonly #heap: Happening[] = [];
  #nowMs = 0;
  #order = 0;

  get nowMs(): number {
    return this.#nowMs;
  }

  /** Runs `run` after `delayMs` of virtual time; the result cancels it. */
  after(delayMs: number, run: () => void): () => void {
    this.#order += 1;
    const happening: Happening = {
      atMs: this.#nowMs + Math.max(0, delayMs),
      order: this.#order,
      run,
      cancelled: false,
    };
    this.#push(happening);
    return () => {
      happening.cancelled = true;
    };
  }

  /** Moves time to the next happening at or before `untilMs` and runs it; false when there is none, and then it is `untilMs`. */
  next(untilMs: number): boolean {
    for (;;) {
      const first = this.#heap[0];
      if (!first || first.atMs > untilMs) {
        this.#nowMs = Math.max(this.#nowMs, untilMs);
        return false;
      }
      this.#pop();
      if (first.cancelled) continue;
      this.#nowMs = first.atMs;
      first.run();
      return true;
    }
  }

  #push(happening: Happening): void {
    const heap = this.#heap;
    heap.push(happening);
    for (let child = heap.length - 1; child > 0; ) {
      const parent = (child - 1) >> 1;
      if (!this.#swapIfLater(parent, child)) break;
      child = parent;
    }
  }

  #pop(): void {
    const heap = this.#heap;
    const last = heap.pop();
    if (!last || heap.length === 0) return;
    heap[0] = last;
    for (let parent = 0; ; ) {
      let child = 2 * parent + 1;
      if (child >= heap.length) return;
      if (child + 1 < heap.length && this.#later(child, child + 1)) child += 1;
      if (!this.#swapIfLater(parent, child)) return;
      parent = child;
    }
  }

  #later(a: number, b: number): boolean {
    const [left, right] = [this.#heap[a], this.#heap[b]];
    if (!left || !right) return false;
    return left.atMs > right.atMs || (left.atMs === right.atMs && left.order > right.order);
  }

  #swapIfLater(parent: number, child: number): boolean {
    const [above, below] = [this.#heap[parent], this.#heap[child]];
    if (!above || !below || !this.#later(parent, child)) return false;
    this.#heap[parent] = below;
    this.#heap[child] = above;
    return true;
  }
}
