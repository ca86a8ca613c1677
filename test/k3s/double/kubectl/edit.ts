// `kubectl annotate`, `label`, `taint` and `patch`.
import { StatusError } from '../kube-status.ts';
import { type KubeObject, type Taint, taintsOf } from '../objects.ts';
import { type Kubectl, pathOf, targetsOf } from './get.ts';

const mergePatch = 'application/merge-patch+json';

export const annotate = async (kubectl: Kubectl) => await setPairs(kubectl, 'annotations', 'annotated');
export const label = async (kubectl: Kubectl) => await setPairs(kubectl, 'labels', 'labeled');

/** "a=b" sets, "a-" takes away; another value for what is there needs --overwrite. */
async function setPairs(kubectl: Kubectl, field: 'annotations' | 'labels', past: string): Promise<number> {
  const { client, args, words, namespace } = kubectl;
  const isPair = (word: string) => word.includes('=') || word.endsWith('-');
  const { of, names } = targetsOf(words.filter(word => !isPair(word)));
  const pairs = words.filter(isPair);
  for (const name of names) {
    const path = pathOf(of, namespace, name);
    const before = (await client.call<KubeObject>('GET', path)).metadata[field] ?? {};
    const wanted: Record<string, string | null> = {};
    for (const pair of pairs) {
      const at = pair.indexOf('=');
      if (at < 0) {
        wanted[pair.slice(0, -1)] = null;
        continue;
      }
      const [key, value] = [pair.slice(0, at), pair.slice(at + 1)];
      if (before[key] !== undefined && before[key] !== value && !args.isOn('overwrite'))
        throw new Error(
          field === 'labels'
            ? `'${key}' already has a value (${before[key]}), and --overwrite is false`
            : `--overwrite is false but found the following declared annotation(s): '${key}' already has a value (${before[key]})`,
        );
      wanted[key] = value;
    }
    await client.call('PATCH', path, { metadata: { [field]: wanted } }, mergePatch);
    process.stdout.write(`${of.kind.toLowerCase()}/${name} ${past}\n`);
  }
  return 0;
}

/** "key=value:Effect" sets, "key:Effect-" and "key-" take away. */
export async function taint({ client, args, words }: Kubectl): Promise<number> {
  const isTaint = (word: string) => word.includes(':') || word.endsWith('-');
  const { of, names } = targetsOf(words.filter(word => !isTaint(word)));
  for (const name of names) {
    const path = pathOf(of, undefined, name);
    let taints: readonly Taint[] = taintsOf(await client.call<KubeObject>('GET', path));
    let isTaken = false;
    for (const word of words.filter(isTaint)) {
      const [left = '', effect] = word.replace(/-$/, '').split(':');
      const [key = '', value] = left.split('=');
      const isSame = (each: Taint) => each.key === key && (effect === undefined || each.effect === effect);
      if (word.endsWith('-')) {
        if (!taints.some(isSame)) throw new Error(`taint "${word.slice(0, -1)}" not found`);
        isTaken = true;
        taints = taints.filter(each => !isSame(each));
        continue;
      }
      if (taints.some(isSame) && !args.isOn('overwrite'))
        throw new Error(
          `node ${name} already has ${key} taint(s) with same effect(s) and --overwrite is false`,
        );
      taints = [
        ...taints.filter(each => !isSame(each)),
        { key, ...(value ? { value } : {}), effect: effect ?? '' },
      ];
    }
    await client.call('PATCH', path, { spec: { taints } }, mergePatch);
    process.stdout.write(`node/${name} ${isTaken ? 'untainted' : 'tainted'}\n`);
  }
  return 0;
}

export async function patch({ client, args, words, namespace }: Kubectl): Promise<number> {
  const { of, names } = targetsOf(words);
  const types: Readonly<Record<string, string>> = {
    json: 'application/json-patch+json',
    merge: mergePatch,
    strategic: 'application/strategic-merge-patch+json',
  };
  const type = types[args.text('type') ?? 'strategic'];
  if (type === undefined) throw new StatusError(400, 'BadRequest', `unknown type ${args.text('type')}`);
  const body = JSON.parse(args.text('patch', 'p') ?? '{}') as unknown;
  const sub = args.text('subresource');
  for (const name of names) {
    await client.call(
      'PATCH',
      `${pathOf(of, namespace, name)}${sub === undefined ? '' : `/${sub}`}`,
      body,
      type,
    );
    process.stdout.write(`${of.kind.toLowerCase()}/${name} patched\n`);
  }
  return 0;
}
