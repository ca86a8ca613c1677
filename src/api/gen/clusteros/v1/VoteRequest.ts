// Original file: proto/clusteros/v1/peer.proto

import type { Long } from '@grpc/proto-loader';

export interface VoteRequest {
  'clusterId'?: (string);
  'term'?: (number | string | Long);
  'preVote'?: (boolean);
  'lastLogIndex'?: (number | string | Long);
  'lastLogTerm'?: (number | string | Long);
  'transfer'?: (boolean);
}

export interface VoteRequest__Output {
  'clusterId': (string);
  'term': (number);
  'preVote': (boolean);
  'lastLogIndex': (number);
  'lastLogTerm': (number);
  'transfer': (boolean);
}
