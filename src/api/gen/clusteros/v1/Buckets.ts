// Original file: proto/clusteros/v1/peer.proto

import type { Long } from '@grpc/proto-loader';

export interface Buckets {
  'digests'?: (number | string | Long)[];
}

export interface Buckets__Output {
  'digests': (number)[];
}
