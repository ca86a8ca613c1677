// Original file: proto/clusteros/v1/admin.proto

import type { Long } from '@grpc/proto-loader';

export interface EventsRequest {
  'follow'?: (boolean);
  'sinceMs'?: (number | string | Long);
}

export interface EventsRequest__Output {
  'follow': (boolean);
  'sinceMs': (number);
}
