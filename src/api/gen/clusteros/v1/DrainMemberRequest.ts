// Original file: proto/clusteros/v1/admin.proto

import type { Long } from '@grpc/proto-loader';

export interface DrainMemberRequest {
  'member'?: (string);
  'reason'?: (string);
  'requeue'?: (boolean);
  'requeueAfterMs'?: (number | string | Long);
  'client'?: (string);
}

export interface DrainMemberRequest__Output {
  'member': (string);
  'reason': (string);
  'requeue': (boolean);
  'requeueAfterMs': (number);
  'client': (string);
}
