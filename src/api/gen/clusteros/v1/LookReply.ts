// Original file: proto/clusteros/v1/peer.proto

import type { Look as _clusteros_v1_Look, Look__Output as _clusteros_v1_Look__Output } from '../../clusteros/v1/Look.ts';

export interface LookReply {
  'looks'?: (_clusteros_v1_Look)[];
}

export interface LookReply__Output {
  'looks': (_clusteros_v1_Look__Output)[];
}
