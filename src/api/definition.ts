// Reads the definitions of proto/. In a program that is built this file is replaced by one that holds them
// (deploy/package/definitions.ts), since there are no files beside it then.
import { fileURLToPath } from 'node:url';
import { loadSync, type PackageDefinition } from '@grpc/proto-loader';
import { files, options } from './definition-options.ts';

const protoFolder = fileURLToPath(new URL('../../proto', import.meta.url));

export const definition: PackageDefinition = loadSync([...files], { ...options, includeDirs: [protoFolder] });
