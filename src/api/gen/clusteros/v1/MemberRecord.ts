// Original file: proto/clusteros/v1/types.proto

import type { Accusation as _clusteros_v1_Accusation, Accusation__Output as _clusteros_v1_Accusation__Output } from '../../clusteros/v1/Accusation.ts';

export interface MemberRecord {
  'body'?: (string);
  'publicKey'?: (Buffer | Uint8Array | string);
  'signature'?: (Buffer | Uint8Array | string);
  'accusations'?: (_clusteros_v1_Accusation)[];
}

export interface MemberRecord__Output {
  'body': (string);
  'publicKey': (Buffer);
  'signature': (Buffer);
  'accusations': (_clusteros_v1_Accusation__Output)[];
}
