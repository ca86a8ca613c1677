// Original file: proto/clusteros/v1/admin.proto

import type { Sight as _clusteros_v1_Sight, Sight__Output as _clusteros_v1_Sight__Output } from '../../clusteros/v1/Sight.ts';

export interface SightPair {
  'peer'?: (string);
  'ofMember'?: (_clusteros_v1_Sight | null);
  'ofPeer'?: (_clusteros_v1_Sight | null);
}

export interface SightPair__Output {
  'peer': (string);
  'ofMember': (_clusteros_v1_Sight__Output | null);
  'ofPeer': (_clusteros_v1_Sight__Output | null);
}
