// Original file: proto/clusteros/v1/admin.proto

import type { Member as _clusteros_v1_Member, Member__Output as _clusteros_v1_Member__Output } from '../../clusteros/v1/Member.ts';
import type { Long } from '@grpc/proto-loader';

export interface MembersReply {
  'members'?: (_clusteros_v1_Member)[];
  'leader'?: (string);
  'term'?: (number | string | Long);
  'voters'?: (number);
  'votersAnswering'?: (number);
  'quorum'?: (number);
}

export interface MembersReply__Output {
  'members': (_clusteros_v1_Member__Output)[];
  'leader': (string);
  'term': (number);
  'voters': (number);
  'votersAnswering': (number);
  'quorum': (number);
}
