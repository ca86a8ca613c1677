// Original file: proto/clusteros/v1/peer.proto

import type { Long } from '@grpc/proto-loader';

export interface AppendReply {
  'clusterId'?: (string);
  'term'?: (number | string | Long);
  'success'?: (boolean);
  'matchIndex'?: (number | string | Long);
  'conflictIndex'?: (number | string | Long);
  'round'?: (number | string | Long);
}

export interface AppendReply__Output {
  'clusterId': (string);
  'term': (number);
  'success': (boolean);
  'matchIndex': (number);
  'conflictIndex': (number);
  'round': (number);
}
