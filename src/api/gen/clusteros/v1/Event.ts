// Original file: proto/clusteros/v1/admin.proto

import type { Long } from '@grpc/proto-loader';

export interface Event {
  'atMs'?: (number | string | Long);
  'event'?: (string);
  'member'?: (string);
  'message'?: (string);
  'fields'?: ({[key: string]: string});
}

export interface Event__Output {
  'atMs': (number);
  'event': (string);
  'member': (string);
  'message': (string);
  'fields': ({[key: string]: string});
}
