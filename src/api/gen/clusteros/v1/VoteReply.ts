// Original file: proto/clusteros/v1/peer.proto

import type { Long } from '@grpc/proto-loader';

export interface VoteReply {
  'clusterId'?: (string);
  'term'?: (number | string | Long);
  'preVote'?: (boolean);
  'granted'?: (boolean);
}

export interface VoteReply__Output {
  'clusterId': (string);
  'term': (number);
  'preVote': (boolean);
  'granted': (boolean);
}
