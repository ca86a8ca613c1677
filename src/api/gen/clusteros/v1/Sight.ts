// Original file: proto/clusteros/v1/admin.proto

import type { Long } from '@grpc/proto-loader';

export interface Sight {
  'state'?: (string);
  'rttMs'?: (number | string);
  'loss'?: (number | string);
  'heardMs'?: (number | string | Long);
}

export interface Sight__Output {
  'state': (string);
  'rttMs': (number);
  'loss': (number);
  'heardMs': (number);
}
