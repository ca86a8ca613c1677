// Original file: proto/clusteros/v1/peer.proto

import type { Long } from '@grpc/proto-loader';

export interface LogEntry {
  'index'?: (number | string | Long);
  'term'?: (number | string | Long);
  'payload'?: (Buffer | Uint8Array | string);
}

export interface LogEntry__Output {
  'index': (number);
  'term': (number);
  'payload': (Buffer);
}
