// Original file: proto/clusteros/v1/admin.proto

import type { OperationStep as _clusteros_v1_OperationStep, OperationStep__Output as _clusteros_v1_OperationStep__Output } from '../../clusteros/v1/OperationStep.ts';
import type { Long } from '@grpc/proto-loader';

export interface Operation {
  'id'?: (number | string | Long);
  'kind'?: (string);
  'service'?: (string);
  'role'?: (string);
  'member'?: (string);
  'outcome'?: (string);
  'reason'?: (string);
  'openedAtMs'?: (number | string | Long);
  'closedAtMs'?: (number | string | Long);
  'token'?: (number | string | Long);
  'steps'?: (_clusteros_v1_OperationStep)[];
}

export interface Operation__Output {
  'id': (number);
  'kind': (string);
  'service': (string);
  'role': (string);
  'member': (string);
  'outcome': (string);
  'reason': (string);
  'openedAtMs': (number);
  'closedAtMs': (number);
  'token': (number);
  'steps': (_clusteros_v1_OperationStep__Output)[];
}
