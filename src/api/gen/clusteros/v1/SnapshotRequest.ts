// Original file: proto/clusteros/v1/peer.proto

import type { Long } from '@grpc/proto-loader';

export interface SnapshotRequest {
  'clusterId'?: (string);
  'index'?: (number | string | Long);
  'checksum'?: (string);
  'offset'?: (number | string | Long);
}

export interface SnapshotRequest__Output {
  'clusterId': (string);
  'index': (number);
  'checksum': (string);
  'offset': (number);
}
