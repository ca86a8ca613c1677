// Original file: proto/clusteros/v1/admin.proto

import type { Long } from '@grpc/proto-loader';

export interface SettingsReply {
  'version'?: (number | string | Long);
  'settings'?: (Buffer | Uint8Array | string);
  'changes'?: (string)[];
  'harms'?: (string)[];
  'followed'?: (boolean);
  'detail'?: (string);
}

export interface SettingsReply__Output {
  'version': (number);
  'settings': (Buffer);
  'changes': (string)[];
  'harms': (string)[];
  'followed': (boolean);
  'detail': (string);
}
