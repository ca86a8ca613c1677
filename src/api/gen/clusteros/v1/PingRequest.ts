// Original file: proto/clusteros/v1/peer.proto

import type { Long } from '@grpc/proto-loader';

export interface PingRequest {
  'seq'?: (number | string | Long);
  'subject'?: (string);
}

export interface PingRequest__Output {
  'seq': (number);
  'subject': (string);
}
