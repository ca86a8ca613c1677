// Original file: proto/clusteros/v1/peer.proto

import type { Long } from '@grpc/proto-loader';

export interface Twin {
  'epoch'?: (number | string | Long);
  'address'?: (string);
}

export interface Twin__Output {
  'epoch': (number);
  'address': (string);
}
