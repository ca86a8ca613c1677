// `kubectl create -f` and `apply -f`: objects from YAML or JSON files or the standard input, each made or merged into what is there.
import { readFileSync } from 'node:fs';
import { parseAllDocuments } from 'yaml';
import { StatusError } from '../kube-status.ts';
import type { KubeObject } from '../objects.ts';
import { type Kubectl, pathOf, resourceOf } from './get.ts';

export async function create({ client, args, verb, namespace }: Kubectl): Promise<number> {
  const file = args.text('filename', 'f');
  if (file === undefined) throw new Error('must specify one of -f and -k');
  const text = readFileSync(file === '-' ? 0 : file, 'utf8');
  const objects = parseAllDocuments(text)
    .map(document => document.toJS() as (KubeObject & { items?: KubeObject[] }) | null)
    .flatMap(object => object?.items ?? object ?? []);
  for (const object of objects) {
    const of = resourceOf(object.kind);
    const space = object.metadata.namespace ?? namespace;
    const name = `${of.kind.toLowerCase()}${of.group === '' ? '' : `.${of.group}`}/${object.metadata.name}`;
    try {
      await client.call('POST', pathOf(of, space), object);
      process.stdout.write(`${name} created\n`);
    } catch (thrown) {
      if (verb === 'create' || !(thrown instanceof StatusError) || thrown.reason !== 'AlreadyExists')
        throw thrown;
      await client.call(
        'PATCH',
        pathOf(of, space, object.metadata.name),
        object,
        'application/merge-patch+json',
      );
      process.stdout.write(`${name} configured\n`);
    }
  }
  return 0;
}
