// Original file: proto/clusteros/v1/admin.proto

import type { Long } from '@grpc/proto-loader';

export interface BackupReply {
  'content'?: (Buffer | Uint8Array | string);
  'index'?: (number | string | Long);
}

export interface BackupReply__Output {
  'content': (Buffer);
  'index': (number);
}
