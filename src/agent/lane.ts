// One core and its queue: inputs go in at any time, are taken one by one, and the effects of each are performed in
// order, waiting for those that take time. So what must be saved is saved before what follows is sent.

export interface Core<Input, Effect> {
  step(input: Input, nowMs: number): Effect[];
  nextWakeMs(): number;
}

export class Lane<Input, Effect> {
  readonly #core: Core<Input, Effect>;
  readonly #nowMs: () => number;
  readonly #perform: (effect: Effect) => void | Promise<void>;
  readonly #onIdle: () => void;
  readonly #onFatal: (error: unknown) => void;
  readonly #inputsMax: number;
  readonly #queue: Input[] = [];
  #running = false;
  #closed = false;
  #dropped = 0;

  constructor(options: {
    readonly core: Core<Input, Effect>;
    readonly nowMs: () => number;
    /** Performs one effect; a returned promise is waited for before the next one. */
    readonly perform: (effect: Effect) => void | Promise<void>;
    /** Called when the queue has run empty: the time to set a timer. */
    readonly onIdle: () => void;
    /** A broken invariant or a failed save: the process must end. */
    readonly onFatal: (error: unknown) => void;
    readonly inputsMax: number;
  }) {
    this.#core = options.core;
    this.#nowMs = options.nowMs;
    this.#perform = options.perform;
    this.#onIdle = options.onIdle;
    this.#onFatal = options.onFatal;
    this.#inputsMax = options.inputsMax;
  }

  /** True while an input is being taken; a save may keep it so for long. */
  get busy(): boolean {
    return this.#running;
  }

  /** Inputs that were dropped because the queue was full. */
  get dropped(): number {
    return this.#dropped;
  }

  /** Queues an input. One that is `droppable` is dropped, and counted, when too many wait. */
  submit(input: Input, droppable = false): void {
    if (this.#closed) return;
    if (droppable && this.#queue.length >= this.#inputsMax) {
      this.#dropped += 1;
      return;
    }
    this.#queue.push(input);
    if (!this.#running) void this.#run();
  }

  /** Queues an input that is already on its way at most once: a wake-up must neither be lost nor pile up while a save takes long. */
  submitOnce(input: Input): void {
    if (!this.#queue.includes(input)) this.submit(input);
  }

  /** Takes nothing more; what is under way ends by itself. */
  close(): void {
    this.#closed = true;
    this.#queue.length = 0;
  }

  async #run(): Promise<void> {
    this.#running = true;
    try {
      for (let input = this.#queue.shift(); input !== undefined; input = this.#queue.shift()) {
        for (const effect of this.#core.step(input, this.#nowMs())) {
          const done = this.#perform(effect);
          if (done !== undefined) await done;
        }
      }
    } catch (error) {
      this.close();
      this.#onFatal(error);
      return;
    } finally {
      this.#running = false;
    }
    if (!this.#closed) this.#onIdle();
  }
}
