// Original file: proto/clusteros/v1/peer.proto

import type { Long } from '@grpc/proto-loader';

export interface FetchRequest {
  'clusterId'?: (string);
  'nextIndex'?: (number | string | Long);
}

export interface FetchRequest__Output {
  'clusterId': (string);
  'nextIndex': (number);
}
