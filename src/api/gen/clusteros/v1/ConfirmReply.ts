// Original file: proto/clusteros/v1/peer.proto

import type { Long } from '@grpc/proto-loader';

export interface ConfirmReply {
  'refused'?: (string);
  'index'?: (number | string | Long);
}

export interface ConfirmReply__Output {
  'refused': (string);
  'index': (number);
}
