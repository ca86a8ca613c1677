// The machine under the figures: what it is, and how busy others keep it. Figures of two runs compare only with this.
import { readFileSync } from 'node:fs';
import { availableParallelism, cpus, loadavg, release, totalmem } from 'node:os';
import { monitorEventLoopDelay } from 'node:perf_hooks';
import { setTimeout as sleep } from 'node:timers/promises';
import { noiseWindowMs } from './limits.ts';

export class MachineFacts {
  readonly #startedAt = new Date();
  readonly #busyBefore: string;
  readonly #loadBefore = loadText();
  readonly #delay = monitorEventLoopDelay();

  private constructor(busyBefore: string) {
    this.#busyBefore = busyBefore;
    this.#delay.enable();
  }

  /** Looks at the machine for a moment before anything is started on it. */
  static async look(): Promise<MachineFacts> {
    const before = processorTicks();
    await sleep(noiseWindowMs);
    const after = processorTicks();
    const busy = 100 * (1 - (after.idle - before.idle) / (after.all - before.all));
    return new MachineFacts(`${busy.toFixed(0)} %`);
  }

  /** Lines for under the table. */
  lines(): string[] {
    const model = cpus()[0]?.model ?? 'unknown processor';
    const gib = (totalmem() / 2 ** 30).toFixed(0);
    const delayMs = (percentile: number) => (this.#delay.percentile(percentile) / 1e6).toFixed(0);
    return [
      `${this.#startedAt.toISOString().slice(0, 16).replace('T', ' ')} UTC, until ${new Date().toISOString().slice(11, 16)}`,
      `Machine: ${availableParallelism()} cores (${model}), ${gib} GiB, Linux ${release()}`,
      `Noise: processors ${this.#busyBefore} busy before the first start; load ${this.#loadBefore} then, ${loadText()} at the end ` +
        `(with the bench's own); the bench read its lines at most ${delayMs(50)} / ${delayMs(99)} / ${delayMs(100)} ms late (median, 99 %, worst)`,
    ];
  }
}

function loadText(): string {
  return loadavg()
    .map(load => load.toFixed(2))
    .join(' ');
}

function processorTicks(): { readonly all: number; readonly idle: number } {
  const line = readFileSync('/proc/stat', 'utf8').split('\n')[0] ?? '';
  // user nice system idle iowait irq softirq steal
  const ticks = line.trim().split(/\s+/).slice(1, 9).map(Number);
  return { all: ticks.reduce((sum, each) => sum + each, 0), idle: (ticks[3] ?? 0) + (ticks[4] ?? 0) };
}
