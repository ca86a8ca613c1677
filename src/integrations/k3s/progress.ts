// How far an operation is, told once for each step that ends. Pure.
import type { Decision, OperationView } from '../cluster-view.ts';

/** What there is to decide of its steps, by which of them are done, in order; none when that is no news. */
export function advanced({ id, steps }: OperationView, done: readonly boolean[]): Decision[] {
  const at = done.indexOf(false);
  const states = steps.map(({ name, detail }, i) => {
    if (at < 0 || i < at) return { name, state: 'done' as const, detail: '' };
    return i === at
      ? { name, state: 'running' as const, detail }
      : { name, state: 'pending' as const, detail: '' };
  });
  const isNews = at < 0 || states.some(({ state }, i) => state !== steps[i]?.state);
  const outcome = at < 0 ? 'done' : 'running';
  return isNews ? [{ kind: 'advance-operation', id, steps: states, outcome, reason: '' }] : [];
}
