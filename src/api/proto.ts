// The service definitions that agents and clients share, as gRPC has them.
import { loadPackageDefinition } from '@grpc/grpc-js';
import { definition } from './definition.ts';
import type { ProtoGrpcType as AdminTypes } from './gen/admin.ts';
import type { ProtoGrpcType as PeerTypes } from './gen/peer.ts';

/** The version of `peer.proto` this build speaks; carried in Hello and in `version`. */
export const protocolVersion = 1;

/** The loaded package `clusteros.v1`: service constructors and definitions. */
export const { v1 } = (loadPackageDefinition(definition) as unknown as PeerTypes & AdminTypes).clusteros;
