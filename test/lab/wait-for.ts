// Waiting for a fact, with a bound. Never sleeps for a time that was guessed.
import { setTimeout as sleep } from 'node:timers/promises';
import { waitPollMs, waitTimeoutMs } from './limits.ts';

export interface WaitOptions {
  readonly timeoutMs?: number;
  /** What is waited for, for the error: "the leader on node-a". */
  readonly what: string;
  /** Added to the error, such as the last lines of a log. */
  readonly explain?: () => string | Promise<string>;
}

/**
 * Asks again and again until the answer is neither false nor undefined, and gives it.
 * @throws Error naming what was waited for; an error of the last look is its cause
 */
export async function waitFor<T>(
  look: () => T | Promise<T>,
  { timeoutMs = waitTimeoutMs, what, explain }: WaitOptions,
): Promise<Exclude<T, undefined | false>> {
  const deadline = performance.now() + timeoutMs;
  for (;;) {
    let cause: unknown;
    try {
      const answer = await look();
      if (answer !== undefined && answer !== false) return answer as Exclude<T, undefined | false>;
    } catch (error) {
      cause = error;
    }
    if (performance.now() > deadline) {
      const more = (await explain?.()) ?? '';
      throw new Error(`waited ${timeoutMs} ms in vain for ${what}${more === '' ? '' : `\n${more}`}`, {
        cause,
      });
    }
    await sleep(waitPollMs);
  }
}
