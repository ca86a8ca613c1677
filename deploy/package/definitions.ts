// The definitions of proto/ as a module that needs no files and no parser: what src/api/definition.ts is in a program that is built.
import { createRequire } from 'node:module';
import { join } from 'node:path';
import { files, options } from '../../src/api/definition-options.ts';

/** The little of protobufjs that is used here. */
interface Protobuf {
  readonly Root: new () => {
    resolvePath: (origin: string, target: string) => string;
    loadSync(files: readonly string[], options: object): { resolveAll(): { toJSON(): object } };
  };
}

/** The source of the module. @param root the checkout */
export function definitionModule(root: string): string {
  // The one that proto-loader reads files with, so that both read them alike.
  const loader = createRequire(join(root, 'package.json')).resolve('@grpc/proto-loader');
  const { Root } = createRequire(loader)('protobufjs') as Protobuf;
  const definitions = new Root();
  definitions.resolvePath = (_origin, target) => join(root, 'proto', target);
  const json = JSON.stringify(definitions.loadSync(files, options).resolveAll().toJSON());
  return `import { fromJSON } from '@grpc/proto-loader';
import { options } from './definition-options.ts';
export const definition = fromJSON(${json}, options);
`;
}
