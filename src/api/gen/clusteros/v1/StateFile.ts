// Original file: proto/clusteros/v1/peer.proto

import type { Long } from '@grpc/proto-loader';

export interface StateFile {
  'path'?: (string);
  'bytes'?: (number | string | Long);
  'mode'?: (number);
  'sha256'?: (Buffer | Uint8Array | string);
}

export interface StateFile__Output {
  'path': (string);
  'bytes': (number);
  'mode': (number);
  'sha256': (Buffer);
}
