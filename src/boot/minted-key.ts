// Gets a key for this machine from the API, and tries again while that may help: a network that is not there yet, an API that is
// busy. What the API refuses is refused at once.
import { setTimeout as sleep } from 'node:timers/promises';
import pRetry from 'p-retry';
import { AuthKeyError, createAuthKey, type OAuthClient } from '../integrations/tailscale/auth-key.ts';
import { BootError, exitCode } from './ending.ts';
import { signInAttemptsMax, signInWaitMaxMs, signInWaitMs } from './limits.ts';

export interface KeyWish {
  readonly client: OAuthClient;
  readonly tags: readonly string[];
  readonly apiUrl: string;
  readonly description: string;
  /** For all tries together. */
  readonly timeoutMs: number;
  readonly say: (line: string) => void;
}

/** The key, a secret. @throws BootError with the reason and the mend, `refused` when trying again is of no use */
export async function mintedKey({
  client,
  tags,
  apiUrl,
  description,
  timeoutMs,
  say,
}: KeyWish): Promise<string> {
  const signal = AbortSignal.timeout(timeoutMs);
  say(`asking ${new URL(apiUrl).host} for a single-use key for ${tags.join(', ')}`);
  try {
    const { id, key } = await pRetry(() => createAuthKey({ client, tags, apiUrl, description, signal }), {
      retries: signInAttemptsMax - 1,
      ...{ minTimeout: signInWaitMs, maxTimeout: signInWaitMaxMs, factor: 2, randomize: true },
      signal,
      shouldRetry: ({ error }) => error instanceof AuthKeyError && error.isTransient,
      onFailedAttempt: async ({ error, retriesLeft }) => {
        if (!(error instanceof AuthKeyError) || !error.isTransient || retriesLeft === 0) return;
        say(`${error.message}; trying again`);
        if (error.retryAfterMs > 0) await sleep(error.retryAfterMs, undefined, { signal });
      },
    });
    if (id !== '') say(`got key ${id}`);
    return key;
  } catch (error) {
    if (error instanceof AuthKeyError)
      throw new BootError(error.isTransient ? exitCode.failed : exitCode.refused, error.message, error.mend);
    if (signal.aborted)
      throw new BootError(
        exitCode.failed,
        `no key within ${Math.round(timeoutMs / 1000)} s`,
        'see above for what was in the way, or allow more time with --timeout',
      );
    throw error;
  }
}
