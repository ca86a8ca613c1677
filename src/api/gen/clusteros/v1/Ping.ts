// Original file: proto/clusteros/v1/peer.proto

import type { MemberRecord as _clusteros_v1_MemberRecord, MemberRecord__Output as _clusteros_v1_MemberRecord__Output } from '../../clusteros/v1/MemberRecord.ts';
import type { Long } from '@grpc/proto-loader';

export interface Ping {
  'seq'?: (number | string | Long);
  'digest'?: (number | string | Long);
  'rttMs'?: (number | string);
  'loss'?: (number | string);
  'records'?: (_clusteros_v1_MemberRecord)[];
}

export interface Ping__Output {
  'seq': (number);
  'digest': (number);
  'rttMs': (number);
  'loss': (number);
  'records': (_clusteros_v1_MemberRecord__Output)[];
}
