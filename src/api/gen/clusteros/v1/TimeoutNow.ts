// Original file: proto/clusteros/v1/peer.proto

import type { Long } from '@grpc/proto-loader';

export interface TimeoutNow {
  'clusterId'?: (string);
  'term'?: (number | string | Long);
}

export interface TimeoutNow__Output {
  'clusterId': (string);
  'term': (number);
}
