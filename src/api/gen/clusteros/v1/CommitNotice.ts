// Original file: proto/clusteros/v1/peer.proto

import type { Long } from '@grpc/proto-loader';

export interface CommitNotice {
  'clusterId'?: (string);
  'term'?: (number | string | Long);
  'commitIndex'?: (number | string | Long);
  'leader'?: (string);
}

export interface CommitNotice__Output {
  'clusterId': (string);
  'term': (number);
  'commitIndex': (number);
  'leader': (string);
}
