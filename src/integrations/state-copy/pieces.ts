// Work in pieces, so that the agent's one thread is free in between.
import { createHash, hash } from 'node:crypto';
import { setImmediate as nextTurn } from 'node:timers/promises';
import { pieceBytes, pieceEntries } from '../limits.ts';

/** Does `visit` for each of `items`, some at a time. */
export async function inPieces<T>(items: Iterable<T>, visit: (item: T) => void): Promise<void> {
  let count = 0;
  for (const item of items) {
    visit(item);
    count += 1;
    if (count % pieceEntries === 0) await nextTurn();
  }
}

/** SHA-256 in lower-case hexadecimal. */
export async function sha256Of(bytes: Uint8Array): Promise<string> {
  if (bytes.length <= pieceBytes) return hash('sha256', bytes);
  const whole = createHash('sha256');
  for (let at = 0; at < bytes.length; at += pieceBytes) {
    whole.update(bytes.subarray(at, at + pieceBytes));
    await nextTurn();
  }
  return whole.digest('hex');
}

/** Visits what is in `queue`, which may grow meanwhile, from its beginning; `count` at once. Rejects with the first failure, when all have ended. */
export async function atOnce<T>(count: number, queue: T[], visit: (item: T) => Promise<void>): Promise<void> {
  let busy = 0;
  let next = 0;
  await new Promise<void>((resolve, reject) => {
    let failure: { readonly error: unknown } | undefined;
    const go = () => {
      while (busy < count && next < queue.length && failure === undefined) {
        busy += 1;
        next += 1;
        visit(queue[next - 1] as T)
          .catch(error => {
            failure ??= { error };
          })
          .then(() => {
            busy -= 1;
            go();
          });
      }
      if (busy > 0) return;
      if (failure) reject(failure.error);
      else resolve();
    };
    go();
  });
}
