// Patches of objects: JSON Patch (RFC 6902), JSON Merge Patch (RFC 7386), and the strategic merge patch as far as lists of nodes
// and pods need it. Pure: the object is not changed.
import { badRequest } from './kube-status.ts';
import type { Fields, KubeObject } from './objects.ts';

/** By what the elements of a list are told apart in a strategic merge patch. */
const mergeKeys: Readonly<Record<string, string>> = {
  conditions: 'type',
  addresses: 'type',
  ownerReferences: 'uid',
  containers: 'name',
  volumes: 'name',
  env: 'name',
};

/** @throws StatusError when the patch cannot be applied */
export function patched(object: KubeObject, contentType: string, patch: unknown): KubeObject {
  const type = contentType.split(';')[0]?.trim();
  if (type === 'application/json-patch+json') return jsonPatched(object, patch) as KubeObject;
  if (type === 'application/merge-patch+json') return merged(object, patch, false) as KubeObject;
  if (type === 'application/strategic-merge-patch+json' || type?.startsWith('application/apply-patch'))
    return merged(object, patch, true) as KubeObject;
  throw badRequest(
    `the body of the request was in an unknown format - accepted media types include: ${type}`,
  );
}

const isFields = (value: unknown): value is Fields =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

function merged(target: unknown, patch: unknown, isStrategic: boolean): unknown {
  if (!isFields(patch)) return patch;
  const result: Fields = isFields(target) ? { ...target } : {};
  for (const [field, value] of Object.entries(patch)) {
    if (isStrategic && field.startsWith('$')) continue;
    const key = mergeKeys[field];
    if (value === null) delete result[field];
    else if (isStrategic && key !== undefined && Array.isArray(value))
      result[field] = mergedList((result[field] ?? []) as readonly Fields[], value as readonly Fields[], key);
    else result[field] = merged(result[field], value, isStrategic);
  }
  return result;
}

function mergedList(target: readonly Fields[], patch: readonly Fields[], key: string): Fields[] {
  const result = [...target];
  for (const item of patch) {
    const at = result.findIndex(each => each[key] === item[key]);
    if (item.$patch === 'delete') {
      if (at >= 0) result.splice(at, 1);
    } else if (at >= 0) result[at] = merged(result[at], item, true) as Fields;
    else result.push(item);
  }
  return result;
}

interface Step {
  readonly op: string;
  readonly path: string;
  readonly from?: string;
  readonly value?: unknown;
}

function jsonPatched(object: unknown, patch: unknown): unknown {
  if (!Array.isArray(patch))
    throw badRequest('json: cannot unmarshal object into Go value of type jsonpatch.Patch');
  let result = structuredClone(object);
  for (const step of patch as readonly Step[]) {
    const path = pathOf(step.path);
    switch (step.op) {
      case 'test':
        if (JSON.stringify(at(result, path)) !== JSON.stringify(step.value))
          throw badRequest(`testing path ${step.path} failed`);
        break;
      case 'add':
      case 'replace':
        if (step.op === 'replace' && at(result, path) === undefined) throw missing(step);
        result = set(result, path, step.value, step.op === 'add');
        break;
      case 'remove':
        if (at(result, path) === undefined) throw missing(step);
        remove(result, path);
        break;
      case 'copy':
      case 'move': {
        const value = at(result, pathOf(step.from ?? ''));
        if (step.op === 'move') remove(result, pathOf(step.from ?? ''));
        result = set(result, path, structuredClone(value), true);
        break;
      }
      default:
        throw badRequest(`unexpected kind: ${step.op}`);
    }
  }
  return result;
}

const missing = ({ op, path }: Step) =>
  badRequest(`${op} operation does not apply: doc is missing path: "${path}"`);

function pathOf(pointer: string): readonly string[] {
  return pointer
    .split('/')
    .slice(1)
    .map(part => part.replaceAll('~1', '/').replaceAll('~0', '~'));
}

function at(value: unknown, path: readonly string[]): unknown {
  return path.reduce<unknown>((found, part) => (found as Fields | undefined)?.[part], value);
}

function set(root: unknown, path: readonly string[], value: unknown, inserts: boolean): unknown {
  const last = path.at(-1);
  if (last === undefined) return value;
  const parent = at(root, path.slice(0, -1));
  if (Array.isArray(parent)) {
    const index = last === '-' ? parent.length : Number(last);
    parent.splice(index, inserts ? 0 : 1, value);
  } else if (isFields(parent)) parent[last] = value;
  else throw badRequest(`add operation does not apply: doc is missing path: "/${path.join('/')}"`);
  return root;
}

function remove(root: unknown, path: readonly string[]): void {
  const parent = at(root, path.slice(0, -1));
  if (Array.isArray(parent)) parent.splice(Number(path.at(-1)), 1);
  else if (isFields(parent)) delete parent[path.at(-1) ?? ''];
}
