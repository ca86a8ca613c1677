// Original file: proto/clusteros/v1/peer.proto

import type { Long } from '@grpc/proto-loader';

export interface DecideRequest {
  'command'?: (Buffer | Uint8Array | string);
  'client'?: (string);
  'seq'?: (number | string | Long);
}

export interface DecideRequest__Output {
  'command': (Buffer);
  'client': (string);
  'seq': (number);
}
