// Makes this machine match the decisions: runs the passes of one lane, never two at once, after each change and from
// time to time. Reports go into the node's own record; nothing here decides.
import type { ClusterView, ServiceReport } from '../integrations/cluster-view.ts';
import type { Host } from '../integrations/host.ts';
import type { Lane } from '../integrations/reconciler.ts';
import { reconcileIntervalMs, reconcileSoonMs } from './limits.ts';

export class Executor {
  readonly #lane: Lane;
  readonly #host: Host;
  readonly #view: () => ClusterView;
  readonly #onReports: (reports: readonly ServiceReport[]) => void;
  readonly #onFatal: (error: unknown) => void;
  readonly #setTimer: (delayMs: number, run: () => void) => () => void;
  #reports: readonly ServiceReport[] = [];
  #busy = false;
  #running: Promise<void> = Promise.resolve();
  #again = false;
  #closed = false;
  #cancelTimer: () => void = () => {};

  constructor(options: {
    readonly lane: Lane;
    readonly host: Host;
    readonly view: () => ClusterView;
    /** All reports of this lane, after each change of one of them. */
    readonly onReports: (reports: readonly ServiceReport[]) => void;
    readonly onFatal: (error: unknown) => void;
    readonly setTimer: (delayMs: number, run: () => void) => () => void;
  }) {
    this.#lane = options.lane;
    this.#host = options.host;
    this.#view = options.view;
    this.#onReports = options.onReports;
    this.#onFatal = options.onFatal;
    this.#setTimer = options.setTimer;
  }

  /** Something has changed: reconcile now, or right after the pass that is under way. */
  poke(): void {
    this.#again = true;
    if (!this.#busy && !this.#closed) this.#running = this.#run().catch(this.#onFatal);
  }

  /** Starts no further pass. Daemons that were started go on: they are not the agent's to end. Resolves when the pass under way has ended. */
  close(): Promise<void> {
    this.#closed = true;
    this.#cancelTimer();
    return this.#running;
  }

  async #run(): Promise<void> {
    this.#busy = true;
    this.#cancelTimer();
    while (this.#again && !this.#closed) {
      this.#again = false;
      this.#publish(await this.#lane.pass(this.#host, this.#view(), report => this.#progress(report)));
    }
    this.#busy = false;
    if (this.#closed) return;
    const settled =
      !this.#lane.isRestless?.() &&
      this.#reports.every(({ state }) => ['ready', 'drained', 'released', 'absent'].includes(state));
    this.#cancelTimer = this.#setTimer(settled ? reconcileIntervalMs : reconcileSoonMs, () => this.poke());
  }

  #progress(report: ServiceReport): void {
    const others = this.#reports.filter(({ role }) => role !== report.role);
    this.#publish([...others, report]);
  }

  #publish(reports: readonly ServiceReport[]): void {
    const sorted = [...reports].sort((a, b) => (a.role < b.role ? -1 : 1));
    if (JSON.stringify(sorted) === JSON.stringify(this.#reports) || this.#closed) return;
    this.#reports = sorted;
    this.#onReports(sorted);
  }
}
