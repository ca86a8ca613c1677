// Original file: proto/clusteros/v1/peer.proto

import type { Long } from '@grpc/proto-loader';

export interface LogLost {
  'clusterId'?: (string);
  'term'?: (number | string | Long);
  'matchIndex'?: (number | string | Long);
}

export interface LogLost__Output {
  'clusterId': (string);
  'term': (number);
  'matchIndex': (number);
}
