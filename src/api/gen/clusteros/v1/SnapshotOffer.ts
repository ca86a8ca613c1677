// Original file: proto/clusteros/v1/peer.proto

import type { Long } from '@grpc/proto-loader';

export interface SnapshotOffer {
  'clusterId'?: (string);
  'term'?: (number | string | Long);
  'index'?: (number | string | Long);
  'lastTerm'?: (number | string | Long);
  'bytes'?: (number | string | Long);
  'checksum'?: (string);
  'leads'?: (boolean);
  'round'?: (number | string | Long);
}

export interface SnapshotOffer__Output {
  'clusterId': (string);
  'term': (number);
  'index': (number);
  'lastTerm': (number);
  'bytes': (number);
  'checksum': (string);
  'leads': (boolean);
  'round': (number);
}
