// Original file: proto/clusteros/v1/peer.proto

import type { MemberRecord as _clusteros_v1_MemberRecord, MemberRecord__Output as _clusteros_v1_MemberRecord__Output } from '../../clusteros/v1/MemberRecord.ts';
import type { Long } from '@grpc/proto-loader';

export interface Hello {
  'epoch'?: (number | string | Long);
  'name'?: (string);
  'address'?: (string);
  'protocol'?: (number);
  'boot'?: (string);
  'device'?: (string);
  'record'?: (_clusteros_v1_MemberRecord | null);
}

export interface Hello__Output {
  'epoch': (number);
  'name': (string);
  'address': (string);
  'protocol': (number);
  'boot': (string);
  'device': (string);
  'record': (_clusteros_v1_MemberRecord__Output | null);
}
