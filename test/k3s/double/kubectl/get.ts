// `kubectl get` and `kubectl delete`, and how both find what is meant by "node/x", "nodes x y" or "--raw PATH".
import { setTimeout as sleep } from 'node:timers/promises';
import { stringify } from 'yaml';
import { durationMs, type parseWords, tableOf } from '../arguments.ts';
import type { KubeClient } from '../kube-client.ts';
import { StatusError } from '../kube-status.ts';
import { apiVersionOf, conditionOf, type KubeObject, type Resource, resources } from '../objects.ts';

export interface Kubectl {
  readonly client: KubeClient;
  readonly args: ReturnType<typeof parseWords>;
  readonly verb: string;
  /** The words after the verb. */
  readonly words: readonly string[];
  readonly namespace: string;
}

const shortNames: Readonly<Record<string, string>> = {
  cm: 'configmaps',
  ds: 'daemonsets',
  ep: 'endpoints',
  ev: 'events',
  no: 'nodes',
  ns: 'namespaces',
  pdb: 'poddisruptionbudgets',
  po: 'pods',
  sa: 'serviceaccounts',
  svc: 'services',
};

/** @throws Error as kubectl does for a kind that is not there */
export function resourceOf(word: string): Resource {
  const name = (word.split('.')[0] ?? '').toLowerCase();
  const found = resources.find(
    ({ plural, kind }) => plural === (shortNames[name] ?? name) || kind.toLowerCase() === name,
  );
  if (found === undefined) throw new Error(`the server doesn't have a resource type "${word}"`);
  return found;
}

export function pathOf(of: Resource, namespace: string | undefined, name = ''): string {
  const root = of.group === '' ? '/api/v1' : `/apis/${apiVersionOf(of)}`;
  const space = of.isNamespaced && namespace !== undefined ? `/namespaces/${namespace}` : '';
  return `${root}${space}/${of.plural}${name === '' ? '' : `/${name}`}`;
}

/** The kind and names in words such as "nodes a b" or "node/a". */
export function targetsOf(words: readonly string[]): {
  readonly of: Resource;
  readonly names: readonly string[];
} {
  const [first = ''] = words;
  if (first.includes('/'))
    return { of: resourceOf(first.split('/')[0] ?? ''), names: words.map(word => word.split('/')[1] ?? '') };
  return { of: resourceOf(first), names: words.slice(1) };
}

export async function get({ client, args, words, namespace }: Kubectl): Promise<number> {
  const raw = args.text('raw');
  if (raw !== undefined) {
    const answer = await client.raw('GET', raw);
    if (answer.status >= 300) throw statusOf(answer.status, answer.body);
    process.stdout.write(answer.body);
    return 0;
  }
  const { of, names } = targetsOf(words);
  const space = args.isOn('all-namespaces', 'A') ? undefined : namespace;
  const query = new URLSearchParams();
  const [labels, fields] = [args.text('selector', 'l'), args.text('field-selector')];
  if (labels !== undefined) query.set('labelSelector', labels);
  if (fields !== undefined) query.set('fieldSelector', fields);
  const objects: KubeObject[] = [];
  const isIgnored = args.isOn('ignore-not-found');
  for (const name of names)
    try {
      objects.push(await client.call<KubeObject>('GET', pathOf(of, namespace, name)));
    } catch (thrown) {
      if (!(isIgnored && thrown instanceof StatusError && thrown.code === 404)) throw thrown;
    }
  if (names.length === 0)
    objects.push(
      ...(await client.call<{ items: KubeObject[] }>('GET', `${pathOf(of, space)}?${query}`)).items,
    );
  if (names.length > 0 && objects.length === 0) return 0;
  print(objects, of, args.text('output', 'o') ?? '', names.length === 1, args.isOn('no-headers'));
  return 0;
}

function print(
  objects: readonly KubeObject[],
  of: Resource,
  format: string,
  isOne: boolean,
  isBare: boolean,
): void {
  const list = { apiVersion: 'v1', kind: 'List', metadata: { resourceVersion: '' }, items: objects };
  if (format === 'json') process.stdout.write(`${JSON.stringify(isOne ? objects[0] : list, undefined, 4)}\n`);
  else if (format === 'yaml') process.stdout.write(stringify(isOne ? objects[0] : list));
  else if (format === 'name')
    for (const { metadata } of objects) process.stdout.write(`${of.kind.toLowerCase()}/${metadata.name}\n`);
  else if (format.startsWith('jsonpath='))
    process.stdout.write(jsonPath(isOne ? objects[0] : list, format.slice(9)));
  else if (objects.length === 0) process.stderr.write('No resources found\n');
  else {
    const rows = objects.map(of.plural === 'nodes' ? nodeRow : otherRow);
    const headings = of.plural === 'nodes' ? ['NAME', 'STATUS', 'ROLES', 'AGE', 'VERSION'] : ['NAME', 'AGE'];
    process.stdout.write(tableOf(isBare ? rows : [headings, ...rows]));
  }
}

function nodeRow(node: KubeObject): string[] {
  const ready = conditionOf(node, 'Ready')?.status === 'True' ? 'Ready' : 'NotReady';
  const status = node.spec?.unschedulable === true ? `${ready},SchedulingDisabled` : ready;
  const roles = Object.keys(node.metadata.labels ?? {})
    .map(label => /^node-role\.kubernetes\.io\/(.+)$/.exec(label)?.[1])
    .filter(role => role !== undefined)
    .sort()
    .join(',');
  const { kubeletVersion = '' } = (node.status?.nodeInfo ?? {}) as { kubeletVersion?: string };
  return [node.metadata.name, status, roles || '<none>', ageOf(node), kubeletVersion];
}

const otherRow = (object: KubeObject) => [object.metadata.name, ageOf(object)];

function ageOf({ metadata }: KubeObject): string {
  const seconds = Math.round((Date.now() - Date.parse(metadata.creationTimestamp ?? '')) / 1000);
  return seconds < 120 ? `${seconds}s` : `${Math.floor(seconds / 60)}m`;
}

/** Paths of fields in braces, with [*] and [N]; no filters. */
function jsonPath(value: unknown, template: string): string {
  return template.replace(/^'|'$/g, '').replace(/\{([^}]*)\}/g, (_, path: string) => {
    if (path.startsWith('"')) return JSON.parse(path) as string;
    let found: unknown[] = [value];
    for (const [part] of path.matchAll(/\[[^\]]*\]|(?:\\.|[^.[\]])+/g)) {
      const name = part.replace(/^\['?|'?\]$/g, '').replaceAll('\\.', '.');
      found = found.flatMap(each => {
        const inside = each as Record<string, unknown> | undefined;
        return name === '*' ? Object.values(inside ?? {}) : [inside?.[name]];
      });
    }
    const texts = found.filter(each => each !== undefined && each !== null);
    return texts.map(each => (typeof each === 'object' ? JSON.stringify(each) : String(each))).join(' ');
  });
}

export async function remove({ client, args, words, namespace }: Kubectl): Promise<number> {
  const { of, names } = targetsOf(words);
  if (names.length === 0) throw new Error('resource(s) were provided, but no name was specified');
  const grace = args.text('grace-period') ?? (args.isOn('now') ? '1' : undefined);
  const query = grace === undefined ? '' : `?gracePeriodSeconds=${grace}`;
  const waits = args.text('wait') !== 'false';
  const limitMs =
    args.text('timeout') === undefined
      ? Number.POSITIVE_INFINITY
      : durationMs(args.text('timeout') ?? '') || Number.POSITIVE_INFINITY;
  for (const name of names) {
    const path = pathOf(of, namespace, name);
    try {
      await client.call('DELETE', `${path}${query}`);
    } catch (thrown) {
      if (args.isOn('ignore-not-found') && thrown instanceof StatusError && thrown.code === 404) continue;
      throw thrown;
    }
    process.stdout.write(
      `${of.kind.toLowerCase()}${of.group === '' ? '' : `.${of.group}`} "${name}" deleted\n`,
    );
    const deadline = performance.now() + limitMs;
    // kubectl waits for finalizers unless it is told not to.
    while (waits && (await client.raw('GET', path)).status === 200) {
      if (performance.now() > deadline)
        throw new Error(`timed out waiting for the condition on ${of.plural}/${name}`);
      await sleep(200);
    }
  }
  return 0;
}

function statusOf(code: number, body: string): StatusError {
  try {
    const told = JSON.parse(body) as { message?: string; reason?: string };
    return new StatusError(code, told.reason ?? '', told.message ?? body);
  } catch {
    return new StatusError(code, code === 500 ? 'InternalError' : '', body.trim());
  }
}
