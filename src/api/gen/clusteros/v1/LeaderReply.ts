// Original file: proto/clusteros/v1/admin.proto

import type { Long } from '@grpc/proto-loader';

export interface LeaderReply {
  'id'?: (string);
  'name'?: (string);
  'address'?: (string);
  'term'?: (number | string | Long);
  'sinceMs'?: (number | string | Long);
  'confirmed'?: (boolean);
}

export interface LeaderReply__Output {
  'id': (string);
  'name': (string);
  'address': (string);
  'term': (number);
  'sinceMs': (number);
  'confirmed': (boolean);
}
