// Original file: proto/clusteros/v1/peer.proto

import type { Long } from '@grpc/proto-loader';

export interface SnapshotChunk {
  'clusterId'?: (string);
  'index'?: (number | string | Long);
  'checksum'?: (string);
  'offset'?: (number | string | Long);
  'data'?: (Buffer | Uint8Array | string);
}

export interface SnapshotChunk__Output {
  'clusterId': (string);
  'index': (number);
  'checksum': (string);
  'offset': (number);
  'data': (Buffer);
}
