// Original file: proto/clusteros/v1/peer.proto

import type { Long } from '@grpc/proto-loader';

export interface Digest {
  'digest'?: (number | string | Long);
  'members'?: (number);
}

export interface Digest__Output {
  'digest': (number);
  'members': (number);
}
