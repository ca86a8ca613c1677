// Original file: proto/clusteros/v1/types.proto

import type { Long } from '@grpc/proto-loader';

export interface ServiceReport {
  'service'?: (string);
  'role'?: (string);
  'token'?: (number | string | Long);
  'state'?: (string);
  'step'?: (string);
  'reason'?: (string);
  'detail'?: (string);
  'keyId'?: (string);
}

export interface ServiceReport__Output {
  'service': (string);
  'role': (string);
  'token': (number);
  'state': (string);
  'step': (string);
  'reason': (string);
  'detail': (string);
  'keyId': (string);
}
