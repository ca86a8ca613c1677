// Original file: proto/clusteros/v1/peer.proto

import type { LookRequest as _clusteros_v1_LookRequest, LookRequest__Output as _clusteros_v1_LookRequest__Output } from '../../clusteros/v1/LookRequest.ts';
import type { TagRequest as _clusteros_v1_TagRequest, TagRequest__Output as _clusteros_v1_TagRequest__Output } from '../../clusteros/v1/TagRequest.ts';
import type { ConfirmRequest as _clusteros_v1_ConfirmRequest, ConfirmRequest__Output as _clusteros_v1_ConfirmRequest__Output } from '../../clusteros/v1/ConfirmRequest.ts';
import type { HandOverRequest as _clusteros_v1_HandOverRequest, HandOverRequest__Output as _clusteros_v1_HandOverRequest__Output } from '../../clusteros/v1/HandOverRequest.ts';
import type { DecideRequest as _clusteros_v1_DecideRequest, DecideRequest__Output as _clusteros_v1_DecideRequest__Output } from '../../clusteros/v1/DecideRequest.ts';
import type { CounterpartRequest as _clusteros_v1_CounterpartRequest, CounterpartRequest__Output as _clusteros_v1_CounterpartRequest__Output } from '../../clusteros/v1/CounterpartRequest.ts';
import type { Long } from '@grpc/proto-loader';

export interface Question {
  'number'?: (number | string | Long);
  'look'?: (_clusteros_v1_LookRequest | null);
  'tag'?: (_clusteros_v1_TagRequest | null);
  'confirm'?: (_clusteros_v1_ConfirmRequest | null);
  'handOver'?: (_clusteros_v1_HandOverRequest | null);
  'decide'?: (_clusteros_v1_DecideRequest | null);
  'counterpart'?: (_clusteros_v1_CounterpartRequest | null);
  'asked'?: "look"|"tag"|"confirm"|"handOver"|"decide"|"counterpart";
}

export interface Question__Output {
  'number': (number);
  'look'?: (_clusteros_v1_LookRequest__Output | null);
  'tag'?: (_clusteros_v1_TagRequest__Output | null);
  'confirm'?: (_clusteros_v1_ConfirmRequest__Output | null);
  'handOver'?: (_clusteros_v1_HandOverRequest__Output | null);
  'decide'?: (_clusteros_v1_DecideRequest__Output | null);
  'counterpart'?: (_clusteros_v1_CounterpartRequest__Output | null);
  'asked'?: "look"|"tag"|"confirm"|"handOver"|"decide"|"counterpart";
}
