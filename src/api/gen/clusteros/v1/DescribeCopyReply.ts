// Original file: proto/clusteros/v1/peer.proto

import type { Long } from '@grpc/proto-loader';

export interface DescribeCopyReply {
  'token'?: (number | string | Long);
  'generation'?: (number | string | Long);
  'atMs'?: (number | string | Long);
}

export interface DescribeCopyReply__Output {
  'token': (number);
  'generation': (number);
  'atMs': (number);
}
