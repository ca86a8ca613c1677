// The eviction of a pod: allowed or not by the budgets that select it, as kube-apiserver decides it. Never deletes what a
// budget protects.

import { disruptionBudget } from './kube-status.ts';
import type { KubeStore } from './kube-store.ts';
import { budgets, conditionOf, type Fields, type KubeObject, matchesSelector, pods } from './objects.ts';

/** @throws StatusError 429 when a budget forbids it */
export async function evict(
  store: KubeStore,
  namespace: string,
  name: string,
  eviction: KubeObject | undefined,
): Promise<unknown> {
  const pod = await store.get(pods, namespace, name);
  const isHealthy = (each: KubeObject) =>
    conditionOf(each, 'Ready')?.status === 'True' && each.metadata.deletionTimestamp === undefined;
  for (const budget of store.all(budgets, namespace)) {
    const selector = (budget.spec?.selector ?? {}) as Fields;
    if (!matchesSelector(pod.metadata.labels, selector)) continue;
    const selected = store
      .all(pods, namespace)
      .filter(each => matchesSelector(each.metadata.labels, selector));
    const healthy = selected.filter(isHealthy).length;
    const { minAvailable, maxUnavailable } = budget.spec ?? {};
    const needs =
      minAvailable !== undefined
        ? amount(minAvailable, selected.length)
        : selected.length - amount(maxUnavailable ?? 0, selected.length);
    if (isHealthy(pod) && healthy - 1 < needs) throw disruptionBudget(budget.metadata.name, needs, healthy);
  }
  const options = (eviction?.deleteOptions ?? {}) as { gracePeriodSeconds?: number };
  await store.delete(pods, namespace, name, options.gracePeriodSeconds);
  return { kind: 'Status', apiVersion: 'v1', metadata: {}, status: 'Success', code: 201 };
}

/** A number of pods, or a share of them, rounded up. */
function amount(value: unknown, of: number): number {
  const text = String(value);
  return text.endsWith('%') ? Math.ceil((Number(text.slice(0, -1)) / 100) * of) : Number(text);
}
