// Original file: proto/clusteros/v1/peer.proto

import type { MemberRecord as _clusteros_v1_MemberRecord, MemberRecord__Output as _clusteros_v1_MemberRecord__Output } from '../../clusteros/v1/MemberRecord.ts';

export interface Records {
  'records'?: (_clusteros_v1_MemberRecord)[];
  'buckets'?: (number)[];
}

export interface Records__Output {
  'records': (_clusteros_v1_MemberRecord__Output)[];
  'buckets': (number)[];
}
