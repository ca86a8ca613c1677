// Original file: proto/clusteros/v1/peer.proto

import type { LogEntry as _clusteros_v1_LogEntry, LogEntry__Output as _clusteros_v1_LogEntry__Output } from '../../clusteros/v1/LogEntry.ts';
import type { Long } from '@grpc/proto-loader';

export interface AppendRequest {
  'clusterId'?: (string);
  'term'?: (number | string | Long);
  'prevLogIndex'?: (number | string | Long);
  'prevLogTerm'?: (number | string | Long);
  'entries'?: (_clusteros_v1_LogEntry)[];
  'commitIndex'?: (number | string | Long);
  'round'?: (number | string | Long);
  'echo'?: (number | string | Long);
  'confirmed'?: (number | string | Long);
}

export interface AppendRequest__Output {
  'clusterId': (string);
  'term': (number);
  'prevLogIndex': (number);
  'prevLogTerm': (number);
  'entries': (_clusteros_v1_LogEntry__Output)[];
  'commitIndex': (number);
  'round': (number);
  'echo': (number);
  'confirmed': (number);
}
