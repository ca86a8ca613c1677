// Original file: proto/clusteros/v1/peer.proto

import type { Long } from '@grpc/proto-loader';

export interface FollowStateRequest {
  'service'?: (string);
  'role'?: (string);
  'token'?: (number | string | Long);
  'generation'?: (number | string | Long);
  'done'?: (number | string | Long);
}

export interface FollowStateRequest__Output {
  'service': (string);
  'role': (string);
  'token': (number);
  'generation': (number);
  'done': (number);
}
