// How far an operation is, told once for each step that ends, and for what the step under way waits for. Pure.
import type { Decision, OperationView } from '../cluster-view.ts';

/** Numbers in a detail are no news: counts and times differ from pass to pass. */
const withoutNumbers = (detail: string) => detail.replace(/\d+/g, '#');

/**
 * What there is to decide of its steps, by which of them are done, in order; none when that is no news.
 * @param waitsFor what the first that is not done waits for, for people; undefined when nothing is known: what was told stays
 */
export function advanced(
  { id, steps }: OperationView,
  done: readonly boolean[],
  waitsFor?: string,
): Decision[] {
  const at = done.indexOf(false);
  const states = steps.map(({ name, detail }, i) => {
    if (at < 0 || i < at) return { name, state: 'done' as const, detail: '' };
    return i === at
      ? { name, state: 'running' as const, detail: waitsFor ?? detail }
      : { name, state: 'pending' as const, detail: '' };
  });
  const isNews = states.some(({ state, detail }, i) => {
    const before = steps[i];
    return state !== before?.state || withoutNumbers(detail) !== withoutNumbers(before.detail);
  });
  const outcome = at < 0 ? 'done' : 'running';
  return at < 0 || isNews ? [{ kind: 'advance-operation', id, steps: states, outcome, reason: '' }] : [];
}
