// Original file: proto/clusteros/v1/peer.proto

import type { Long } from '@grpc/proto-loader';

export interface PingReport {
  'seq'?: (number | string | Long);
  'subject'?: (string);
  'reached'?: (boolean);
}

export interface PingReport__Output {
  'seq': (number);
  'subject': (string);
  'reached': (boolean);
}
