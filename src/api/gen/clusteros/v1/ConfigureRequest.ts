// Original file: proto/clusteros/v1/admin.proto

import type { Long } from '@grpc/proto-loader';

export interface ConfigureRequest {
  'service'?: (string);
  'settings'?: (Buffer | Uint8Array | string);
  'from'?: (number | string | Long);
  'dryRun'?: (boolean);
  'force'?: (boolean);
  'client'?: (string);
}

export interface ConfigureRequest__Output {
  'service': (string);
  'settings': (Buffer);
  'from': (number);
  'dryRun': (boolean);
  'force': (boolean);
  'client': (string);
}
