// A person who submits one small job after the other: how long he has to wait in the worst case, and which jobs he was told of.
import type { Host } from '../../test/lab/host.ts';
import { runAsUser } from '../../test/lab/slurm-queue.ts';
import { submitTimeoutMs } from './limits.ts';

export class Submissions {
  /** Ids of the jobs that were accepted. */
  readonly accepted: string[] = [];
  /** Of submissions that failed, what SLURM said. */
  readonly refused: string[] = [];
  #longestMs = 0;
  #ended = false;
  readonly #done: Promise<void>;

  /** Begins at once, on `host`. */
  constructor(host: Host) {
    this.#done = this.#run(host);
  }

  /** The longest time from one answer to the next since the last call. */
  takeLongestMs(): number {
    const longestMs = this.#longestMs;
    this.#longestMs = 0;
    return longestMs;
  }

  async end(): Promise<void> {
    this.#ended = true;
    await this.#done;
  }

  async #run(host: Host): Promise<void> {
    const argv = ['sbatch', '--parsable', '--mem', '10', '-D', '/tmp', '-o', '/dev/null', '--wrap', 'true'];
    let lastMs = performance.now();
    while (!this.#ended) {
      const { exitCode, stdout, stderr } = await runAsUser(host, argv, { timeoutMs: submitTimeoutMs });
      if (exitCode === 0) {
        this.accepted.push(stdout.trim());
        this.#longestMs = Math.max(this.#longestMs, performance.now() - lastMs);
        lastMs = performance.now();
      } else this.refused.push(stderr.trim());
    }
  }
}
