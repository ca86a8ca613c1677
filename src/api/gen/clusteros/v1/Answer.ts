// Original file: proto/clusteros/v1/peer.proto

import type { LookReply as _clusteros_v1_LookReply, LookReply__Output as _clusteros_v1_LookReply__Output } from '../../clusteros/v1/LookReply.ts';
import type { TagReply as _clusteros_v1_TagReply, TagReply__Output as _clusteros_v1_TagReply__Output } from '../../clusteros/v1/TagReply.ts';
import type { ConfirmReply as _clusteros_v1_ConfirmReply, ConfirmReply__Output as _clusteros_v1_ConfirmReply__Output } from '../../clusteros/v1/ConfirmReply.ts';
import type { HandOverReply as _clusteros_v1_HandOverReply, HandOverReply__Output as _clusteros_v1_HandOverReply__Output } from '../../clusteros/v1/HandOverReply.ts';
import type { DecideReply as _clusteros_v1_DecideReply, DecideReply__Output as _clusteros_v1_DecideReply__Output } from '../../clusteros/v1/DecideReply.ts';
import type { Failure as _clusteros_v1_Failure, Failure__Output as _clusteros_v1_Failure__Output } from '../../clusteros/v1/Failure.ts';
import type { CounterpartReply as _clusteros_v1_CounterpartReply, CounterpartReply__Output as _clusteros_v1_CounterpartReply__Output } from '../../clusteros/v1/CounterpartReply.ts';
import type { Long } from '@grpc/proto-loader';

export interface Answer {
  'number'?: (number | string | Long);
  'look'?: (_clusteros_v1_LookReply | null);
  'tag'?: (_clusteros_v1_TagReply | null);
  'confirm'?: (_clusteros_v1_ConfirmReply | null);
  'handOver'?: (_clusteros_v1_HandOverReply | null);
  'decide'?: (_clusteros_v1_DecideReply | null);
  'failure'?: (_clusteros_v1_Failure | null);
  'counterpart'?: (_clusteros_v1_CounterpartReply | null);
  'said'?: "look"|"tag"|"confirm"|"handOver"|"decide"|"failure"|"counterpart";
}

export interface Answer__Output {
  'number': (number);
  'look'?: (_clusteros_v1_LookReply__Output | null);
  'tag'?: (_clusteros_v1_TagReply__Output | null);
  'confirm'?: (_clusteros_v1_ConfirmReply__Output | null);
  'handOver'?: (_clusteros_v1_HandOverReply__Output | null);
  'decide'?: (_clusteros_v1_DecideReply__Output | null);
  'failure'?: (_clusteros_v1_Failure__Output | null);
  'counterpart'?: (_clusteros_v1_CounterpartReply__Output | null);
  'said'?: "look"|"tag"|"confirm"|"handOver"|"decide"|"failure"|"counterpart";
}
