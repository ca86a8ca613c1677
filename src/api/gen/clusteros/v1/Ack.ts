// Original file: proto/clusteros/v1/peer.proto

import type { MemberRecord as _clusteros_v1_MemberRecord, MemberRecord__Output as _clusteros_v1_MemberRecord__Output } from '../../clusteros/v1/MemberRecord.ts';
import type { Long } from '@grpc/proto-loader';

export interface Ack {
  'seq'?: (number | string | Long);
  'digest'?: (number | string | Long);
  'records'?: (_clusteros_v1_MemberRecord)[];
}

export interface Ack__Output {
  'seq': (number);
  'digest': (number);
  'records': (_clusteros_v1_MemberRecord__Output)[];
}
