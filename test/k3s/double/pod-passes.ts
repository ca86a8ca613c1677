// Pods without containers: placed on a node, running at once there, and gone some time after they were told to end, if their
// node lives. A node that is away keeps its pods as they were, as a real one does.
import { tuning } from './control.ts';
import type { KubeStore } from './kube-store.ts';
import { conditionOf, type KubeObject, kubeTime, nodes, pods, taintsOf } from './objects.ts';

export async function passPods(store: KubeStore, endAtMs: Map<string, number>): Promise<void> {
  const isReady = (node: KubeObject | undefined) =>
    node !== undefined && conditionOf(node, 'Ready')?.status === 'True';
  for (const pod of store.all(pods)) {
    const { name, namespace = '', deletionTimestamp, uid = '' } = pod.metadata;
    const nodeName = pod.spec?.nodeName as string | undefined;
    if (nodeName === undefined) {
      const target = store
        .all(nodes)
        .find(node => isReady(node) && node.spec?.unschedulable !== true && !taintsOf(node).some(bars(pod)));
      if (target !== undefined)
        await store.update(pods, namespace, name, each => ({
          ...each,
          spec: { ...each.spec, nodeName: target.metadata.name },
        }));
      continue;
    }
    const node = store.peek(nodes, '', nodeName);
    // The garbage collector takes pods whose node is no more.
    if (node === undefined) await store.purge(pods, namespace, name);
    if (!isReady(node)) continue;
    if (deletionTimestamp !== undefined) {
      const seconds = pod.metadata.deletionGracePeriodSeconds ?? 30;
      const graceMs = Math.min(tuning().podGraceMs, seconds * 1000);
      const endsAtMs = endAtMs.get(uid) ?? performance.now() + graceMs;
      endAtMs.set(uid, endsAtMs);
      if (performance.now() < endsAtMs) continue;
      endAtMs.delete(uid);
      await store.purge(pods, namespace, name);
    } else if (!['Running', 'Succeeded', 'Failed'].includes(String(pod.status?.phase))) {
      const startTime = kubeTime();
      const conditions = [{ type: 'Ready', status: 'True', lastTransitionTime: startTime }];
      await store.update(pods, namespace, name, each => ({
        ...each,
        status: { phase: 'Running', startTime, conditions },
      }));
    }
  }
}

function bars(pod: KubeObject) {
  const tolerations = (pod.spec?.tolerations ?? []) as readonly {
    key?: string;
    operator?: string;
    value?: string;
  }[];
  return ({ key, value, effect }: { key: string; value?: string; effect: string }) =>
    effect !== 'PreferNoSchedule' &&
    !tolerations.some(each =>
      each.operator === 'Exists'
        ? each.key === undefined || each.key === key
        : each.key === key && each.value === value,
    );
}
