// Original file: proto/clusteros/v1/admin.proto

import type { Member as _clusteros_v1_Member, Member__Output as _clusteros_v1_Member__Output } from '../../clusteros/v1/Member.ts';
import type { SightPair as _clusteros_v1_SightPair, SightPair__Output as _clusteros_v1_SightPair__Output } from '../../clusteros/v1/SightPair.ts';

export interface ShowMemberReply {
  'member'?: (_clusteros_v1_Member | null);
  'sights'?: (_clusteros_v1_SightPair)[];
  'accusers'?: (string)[];
}

export interface ShowMemberReply__Output {
  'member': (_clusteros_v1_Member__Output | null);
  'sights': (_clusteros_v1_SightPair__Output)[];
  'accusers': (string)[];
}
