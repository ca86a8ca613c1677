// Loads the service definitions that agents and clients share. The options must equal the flags of `npm run gen`,
// or the generated types would lie about what arrives.
import { fileURLToPath } from 'node:url';
import { loadPackageDefinition } from '@grpc/grpc-js';
import { loadSync } from '@grpc/proto-loader';
import type { ProtoGrpcType as AdminTypes } from './gen/admin.ts';
import type { ProtoGrpcType as PeerTypes } from './gen/peer.ts';

const protoFolder = fileURLToPath(new URL('../../proto', import.meta.url));

/** The version of `peer.proto` this build speaks; carried in Hello and in `version`. */
export const protocolVersion = 1;

const definition = loadSync(['clusteros/v1/peer.proto', 'clusteros/v1/admin.proto'], {
  includeDirs: [protoFolder],
  keepCase: false,
  longs: Number,
  enums: String,
  defaults: true,
  oneofs: true,
});

/** The loaded package `clusteros.v1`: service constructors and definitions. */
export const { v1 } = (loadPackageDefinition(definition) as unknown as PeerTypes & AdminTypes).clusteros;
