// Original file: proto/clusteros/v1/peer.proto

import type { Long } from '@grpc/proto-loader';

export interface Look {
  'subject'?: (string);
  'state'?: (string);
  'rttMs'?: (number | string);
  'loss'?: (number | string);
  'heardMs'?: (number | string | Long);
}

export interface Look__Output {
  'subject': (string);
  'state': (string);
  'rttMs': (number);
  'loss': (number);
  'heardMs': (number);
}
