// Original file: proto/clusteros/v1/peer.proto

import type { Long } from '@grpc/proto-loader';

export interface Hello {
  'epoch'?: (number | string | Long);
  'name'?: (string);
  'address'?: (string);
  'protocol'?: (number);
  'boot'?: (string);
  'device'?: (string);
}

export interface Hello__Output {
  'epoch': (number);
  'name': (string);
  'address': (string);
  'protocol': (number);
  'boot': (string);
  'device': (string);
}
