// Original file: proto/clusteros/v1/admin.proto

import type { Long } from '@grpc/proto-loader';

export interface RecoverServiceReply {
  'operation'?: (number | string | Long);
}

export interface RecoverServiceReply__Output {
  'operation': (number);
}
