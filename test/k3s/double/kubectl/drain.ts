// `kubectl cordon`, `uncordon` and `drain`: no new pods on a node, and its pods evicted as their budgets allow.
import { setTimeout as sleep } from 'node:timers/promises';
import { durationMs } from '../arguments.ts';
import { tuning } from '../control.ts';
import { StatusError } from '../kube-status.ts';
import { type KubeObject, nodes, pods } from '../objects.ts';
import { type Kubectl, pathOf } from './get.ts';

export async function setSchedulable({ client, words }: Kubectl, isSchedulable: boolean): Promise<number> {
  for (const word of words) {
    const name = word.replace(/^nodes?\//, '');
    const path = pathOf(nodes, undefined, name);
    const node = await client.call<KubeObject>('GET', path);
    const done = isSchedulable ? 'uncordoned' : 'cordoned';
    const isAlready = (node.spec?.unschedulable === true) !== isSchedulable;
    const spec = { unschedulable: isSchedulable ? null : true };
    if (!isAlready) await client.call('PATCH', path, { spec }, 'application/strategic-merge-patch+json');
    process.stdout.write(`node/${name} ${isAlready ? 'already ' : ''}${done}\n`);
  }
  return 0;
}

export async function drain(kubectl: Kubectl): Promise<number> {
  const { client, args, words } = kubectl;
  const name = (words[0] ?? '').replace(/^nodes?\//, '');
  await setSchedulable(kubectl, false);
  const limitMs = durationMs(args.text('timeout') ?? '0') || Number.POSITIVE_INFINITY;
  const deadline = performance.now() + limitMs;
  const query = `?fieldSelector=${encodeURIComponent(`spec.nodeName=${name}`)}`;
  const { items } = await client.call<{ items: KubeObject[] }>('GET', `${pathOf(pods, undefined)}${query}`);
  const targets = chosen(items, args, name);
  for (const pod of targets) process.stdout.write(`evicting pod ${nameOf(pod)}\n`);
  for (const pod of targets) await evict(kubectl, pod, deadline, limitMs, name);
  for (const pod of targets) {
    const { namespace, name: podName, uid } = pod.metadata;
    for (;;) {
      const answer = await client.raw('GET', pathOf(pods, namespace, podName));
      if (answer.status === 404 || (JSON.parse(answer.body) as KubeObject).metadata?.uid !== uid) break;
      mustHaveTime(deadline, limitMs, name);
      await sleep(200);
    }
    process.stdout.write(`pod/${podName} evicted\n`);
  }
  process.stdout.write(`node/${name} drained\n`);
  return 0;
}

/** The pods to evict. @throws Error naming those that a flag must allow first */
function chosen(items: readonly KubeObject[], args: Kubectl['args'], node: string): readonly KubeObject[] {
  const ownerOf = (pod: KubeObject) =>
    pod.metadata.ownerReferences?.find(each => each.controller ?? true)?.kind;
  const isMirror = (pod: KubeObject) =>
    pod.metadata.annotations?.['kubernetes.io/config.mirror'] !== undefined;
  const hasEmptyDir = (pod: KubeObject) =>
    ((pod.spec?.volumes ?? []) as readonly { emptyDir?: unknown }[]).some(
      volume => volume.emptyDir !== undefined,
    );
  const isDone = (pod: KubeObject) => ['Succeeded', 'Failed'].includes(String(pod.status?.phase));
  const mine = items.filter(pod => !isMirror(pod));
  const daemons = mine.filter(pod => ownerOf(pod) === 'DaemonSet');
  const others = mine.filter(pod => ownerOf(pod) !== 'DaemonSet');
  const unmanaged = others.filter(pod => ownerOf(pod) === undefined && !isDone(pod));
  const local = others.filter(hasEmptyDir);
  const refusals = [
    ...(daemons.length > 0 && !args.isOn('ignore-daemonsets')
      ? [
          `cannot delete DaemonSet-managed Pods (use --ignore-daemonsets to ignore): ${daemons.map(nameOf).join(', ')}`,
        ]
      : []),
    ...(local.length > 0 && !args.isOn('delete-emptydir-data', 'delete-local-data')
      ? [
          `cannot delete Pods with local storage (use --delete-emptydir-data to override): ${local.map(nameOf).join(', ')}`,
        ]
      : []),
    ...(unmanaged.length > 0 && !args.isOn('force')
      ? [
          `cannot delete Pods that declare no controller (use --force to override): ${unmanaged.map(nameOf).join(', ')}`,
        ]
      : []),
  ];
  if (refusals.length > 0)
    throw new Error(`unable to drain node "${node}" due to error: [${refusals.join(', ')}], continuing command...
There are pending nodes to be drained:
 ${node}
${refusals.join('\n')}`);
  if (daemons.length > 0)
    process.stderr.write(`Warning: ignoring DaemonSet-managed Pods: ${daemons.map(nameOf).join(', ')}\n`);
  return others;
}

async function evict(
  { client }: Kubectl,
  pod: KubeObject,
  deadline: number,
  limitMs: number,
  node: string,
): Promise<void> {
  const { namespace = 'default', name } = pod.metadata;
  const body = { apiVersion: 'policy/v1', kind: 'Eviction', metadata: { name, namespace } };
  for (;;) {
    try {
      await client.call('POST', `${pathOf(pods, namespace, name)}/eviction`, body);
      return;
    } catch (thrown) {
      if (thrown instanceof StatusError && thrown.code === 404) return;
      if (!(thrown instanceof StatusError) || thrown.code !== 429) throw thrown;
      process.stderr.write(
        `error when evicting pods/"${name}" -n "${namespace}" (will retry after 5s): ${thrown.message}\n`,
      );
      await sleep(Math.min(tuning().evictionRetryMs, Math.max(0, deadline - performance.now())));
      mustHaveTime(deadline, limitMs, node);
    }
  }
}

function mustHaveTime(deadline: number, limitMs: number, node: string): void {
  if (performance.now() < deadline) return;
  const text = `global timeout reached: ${limitMs / 1000}s`;
  throw new Error(`unable to drain node "${node}" due to error: ${text}, continuing command...
There are pending nodes to be drained:
 ${node}
error: ${text}`);
}

const nameOf = ({ metadata }: KubeObject) => `${metadata.namespace}/${metadata.name}`;
