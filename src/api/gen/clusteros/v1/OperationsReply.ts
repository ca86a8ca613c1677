// Original file: proto/clusteros/v1/admin.proto

import type { Operation as _clusteros_v1_Operation, Operation__Output as _clusteros_v1_Operation__Output } from '../../clusteros/v1/Operation.ts';

export interface OperationsReply {
  'operations'?: (_clusteros_v1_Operation)[];
}

export interface OperationsReply__Output {
  'operations': (_clusteros_v1_Operation__Output)[];
}
