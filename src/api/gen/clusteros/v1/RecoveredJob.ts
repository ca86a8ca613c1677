// Original file: proto/clusteros/v1/admin.proto

import type { Long } from '@grpc/proto-loader';

export interface RecoveredJob {
  'formerId'?: (number | string | Long);
  'id'?: (number | string | Long);
  'user'?: (string);
  'name'?: (string);
  'note'?: (string);
  'atMs'?: (number | string | Long);
}

export interface RecoveredJob__Output {
  'formerId': (number);
  'id': (number);
  'user': (string);
  'name': (string);
  'note': (string);
  'atMs': (number);
}
