// Original file: proto/clusteros/v1/peer.proto

import type * as grpc from '@grpc/grpc-js'
import type { MethodDefinition } from '@grpc/proto-loader'
import type { ConfirmReply as _clusteros_v1_ConfirmReply, ConfirmReply__Output as _clusteros_v1_ConfirmReply__Output } from '../../clusteros/v1/ConfirmReply.ts';
import type { ConfirmRequest as _clusteros_v1_ConfirmRequest, ConfirmRequest__Output as _clusteros_v1_ConfirmRequest__Output } from '../../clusteros/v1/ConfirmRequest.ts';
import type { DecideReply as _clusteros_v1_DecideReply, DecideReply__Output as _clusteros_v1_DecideReply__Output } from '../../clusteros/v1/DecideReply.ts';
import type { DecideRequest as _clusteros_v1_DecideRequest, DecideRequest__Output as _clusteros_v1_DecideRequest__Output } from '../../clusteros/v1/DecideRequest.ts';
import type { Frame as _clusteros_v1_Frame, Frame__Output as _clusteros_v1_Frame__Output } from '../../clusteros/v1/Frame.ts';
import type { HandOverReply as _clusteros_v1_HandOverReply, HandOverReply__Output as _clusteros_v1_HandOverReply__Output } from '../../clusteros/v1/HandOverReply.ts';
import type { HandOverRequest as _clusteros_v1_HandOverRequest, HandOverRequest__Output as _clusteros_v1_HandOverRequest__Output } from '../../clusteros/v1/HandOverRequest.ts';
import type { LookReply as _clusteros_v1_LookReply, LookReply__Output as _clusteros_v1_LookReply__Output } from '../../clusteros/v1/LookReply.ts';
import type { LookRequest as _clusteros_v1_LookRequest, LookRequest__Output as _clusteros_v1_LookRequest__Output } from '../../clusteros/v1/LookRequest.ts';
import type { TagReply as _clusteros_v1_TagReply, TagReply__Output as _clusteros_v1_TagReply__Output } from '../../clusteros/v1/TagReply.ts';
import type { TagRequest as _clusteros_v1_TagRequest, TagRequest__Output as _clusteros_v1_TagRequest__Output } from '../../clusteros/v1/TagRequest.ts';

export interface PeerServiceClient extends grpc.Client {
  Confirm(argument: _clusteros_v1_ConfirmRequest, metadata: grpc.Metadata, options: grpc.CallOptions, callback: grpc.requestCallback<_clusteros_v1_ConfirmReply__Output>): grpc.ClientUnaryCall;
  Confirm(argument: _clusteros_v1_ConfirmRequest, metadata: grpc.Metadata, callback: grpc.requestCallback<_clusteros_v1_ConfirmReply__Output>): grpc.ClientUnaryCall;
  Confirm(argument: _clusteros_v1_ConfirmRequest, options: grpc.CallOptions, callback: grpc.requestCallback<_clusteros_v1_ConfirmReply__Output>): grpc.ClientUnaryCall;
  Confirm(argument: _clusteros_v1_ConfirmRequest, callback: grpc.requestCallback<_clusteros_v1_ConfirmReply__Output>): grpc.ClientUnaryCall;
  confirm(argument: _clusteros_v1_ConfirmRequest, metadata: grpc.Metadata, options: grpc.CallOptions, callback: grpc.requestCallback<_clusteros_v1_ConfirmReply__Output>): grpc.ClientUnaryCall;
  confirm(argument: _clusteros_v1_ConfirmRequest, metadata: grpc.Metadata, callback: grpc.requestCallback<_clusteros_v1_ConfirmReply__Output>): grpc.ClientUnaryCall;
  confirm(argument: _clusteros_v1_ConfirmRequest, options: grpc.CallOptions, callback: grpc.requestCallback<_clusteros_v1_ConfirmReply__Output>): grpc.ClientUnaryCall;
  confirm(argument: _clusteros_v1_ConfirmRequest, callback: grpc.requestCallback<_clusteros_v1_ConfirmReply__Output>): grpc.ClientUnaryCall;
  
  Decide(argument: _clusteros_v1_DecideRequest, metadata: grpc.Metadata, options: grpc.CallOptions, callback: grpc.requestCallback<_clusteros_v1_DecideReply__Output>): grpc.ClientUnaryCall;
  Decide(argument: _clusteros_v1_DecideRequest, metadata: grpc.Metadata, callback: grpc.requestCallback<_clusteros_v1_DecideReply__Output>): grpc.ClientUnaryCall;
  Decide(argument: _clusteros_v1_DecideRequest, options: grpc.CallOptions, callback: grpc.requestCallback<_clusteros_v1_DecideReply__Output>): grpc.ClientUnaryCall;
  Decide(argument: _clusteros_v1_DecideRequest, callback: grpc.requestCallback<_clusteros_v1_DecideReply__Output>): grpc.ClientUnaryCall;
  decide(argument: _clusteros_v1_DecideRequest, metadata: grpc.Metadata, options: grpc.CallOptions, callback: grpc.requestCallback<_clusteros_v1_DecideReply__Output>): grpc.ClientUnaryCall;
  decide(argument: _clusteros_v1_DecideRequest, metadata: grpc.Metadata, callback: grpc.requestCallback<_clusteros_v1_DecideReply__Output>): grpc.ClientUnaryCall;
  decide(argument: _clusteros_v1_DecideRequest, options: grpc.CallOptions, callback: grpc.requestCallback<_clusteros_v1_DecideReply__Output>): grpc.ClientUnaryCall;
  decide(argument: _clusteros_v1_DecideRequest, callback: grpc.requestCallback<_clusteros_v1_DecideReply__Output>): grpc.ClientUnaryCall;
  
  Exchange(metadata: grpc.Metadata, options?: grpc.CallOptions): grpc.ClientDuplexStream<_clusteros_v1_Frame, _clusteros_v1_Frame__Output>;
  Exchange(options?: grpc.CallOptions): grpc.ClientDuplexStream<_clusteros_v1_Frame, _clusteros_v1_Frame__Output>;
  exchange(metadata: grpc.Metadata, options?: grpc.CallOptions): grpc.ClientDuplexStream<_clusteros_v1_Frame, _clusteros_v1_Frame__Output>;
  exchange(options?: grpc.CallOptions): grpc.ClientDuplexStream<_clusteros_v1_Frame, _clusteros_v1_Frame__Output>;
  
  HandOver(argument: _clusteros_v1_HandOverRequest, metadata: grpc.Metadata, options: grpc.CallOptions, callback: grpc.requestCallback<_clusteros_v1_HandOverReply__Output>): grpc.ClientUnaryCall;
  HandOver(argument: _clusteros_v1_HandOverRequest, metadata: grpc.Metadata, callback: grpc.requestCallback<_clusteros_v1_HandOverReply__Output>): grpc.ClientUnaryCall;
  HandOver(argument: _clusteros_v1_HandOverRequest, options: grpc.CallOptions, callback: grpc.requestCallback<_clusteros_v1_HandOverReply__Output>): grpc.ClientUnaryCall;
  HandOver(argument: _clusteros_v1_HandOverRequest, callback: grpc.requestCallback<_clusteros_v1_HandOverReply__Output>): grpc.ClientUnaryCall;
  handOver(argument: _clusteros_v1_HandOverRequest, metadata: grpc.Metadata, options: grpc.CallOptions, callback: grpc.requestCallback<_clusteros_v1_HandOverReply__Output>): grpc.ClientUnaryCall;
  handOver(argument: _clusteros_v1_HandOverRequest, metadata: grpc.Metadata, callback: grpc.requestCallback<_clusteros_v1_HandOverReply__Output>): grpc.ClientUnaryCall;
  handOver(argument: _clusteros_v1_HandOverRequest, options: grpc.CallOptions, callback: grpc.requestCallback<_clusteros_v1_HandOverReply__Output>): grpc.ClientUnaryCall;
  handOver(argument: _clusteros_v1_HandOverRequest, callback: grpc.requestCallback<_clusteros_v1_HandOverReply__Output>): grpc.ClientUnaryCall;
  
  Look(argument: _clusteros_v1_LookRequest, metadata: grpc.Metadata, options: grpc.CallOptions, callback: grpc.requestCallback<_clusteros_v1_LookReply__Output>): grpc.ClientUnaryCall;
  Look(argument: _clusteros_v1_LookRequest, metadata: grpc.Metadata, callback: grpc.requestCallback<_clusteros_v1_LookReply__Output>): grpc.ClientUnaryCall;
  Look(argument: _clusteros_v1_LookRequest, options: grpc.CallOptions, callback: grpc.requestCallback<_clusteros_v1_LookReply__Output>): grpc.ClientUnaryCall;
  Look(argument: _clusteros_v1_LookRequest, callback: grpc.requestCallback<_clusteros_v1_LookReply__Output>): grpc.ClientUnaryCall;
  look(argument: _clusteros_v1_LookRequest, metadata: grpc.Metadata, options: grpc.CallOptions, callback: grpc.requestCallback<_clusteros_v1_LookReply__Output>): grpc.ClientUnaryCall;
  look(argument: _clusteros_v1_LookRequest, metadata: grpc.Metadata, callback: grpc.requestCallback<_clusteros_v1_LookReply__Output>): grpc.ClientUnaryCall;
  look(argument: _clusteros_v1_LookRequest, options: grpc.CallOptions, callback: grpc.requestCallback<_clusteros_v1_LookReply__Output>): grpc.ClientUnaryCall;
  look(argument: _clusteros_v1_LookRequest, callback: grpc.requestCallback<_clusteros_v1_LookReply__Output>): grpc.ClientUnaryCall;
  
  Tag(argument: _clusteros_v1_TagRequest, metadata: grpc.Metadata, options: grpc.CallOptions, callback: grpc.requestCallback<_clusteros_v1_TagReply__Output>): grpc.ClientUnaryCall;
  Tag(argument: _clusteros_v1_TagRequest, metadata: grpc.Metadata, callback: grpc.requestCallback<_clusteros_v1_TagReply__Output>): grpc.ClientUnaryCall;
  Tag(argument: _clusteros_v1_TagRequest, options: grpc.CallOptions, callback: grpc.requestCallback<_clusteros_v1_TagReply__Output>): grpc.ClientUnaryCall;
  Tag(argument: _clusteros_v1_TagRequest, callback: grpc.requestCallback<_clusteros_v1_TagReply__Output>): grpc.ClientUnaryCall;
  tag(argument: _clusteros_v1_TagRequest, metadata: grpc.Metadata, options: grpc.CallOptions, callback: grpc.requestCallback<_clusteros_v1_TagReply__Output>): grpc.ClientUnaryCall;
  tag(argument: _clusteros_v1_TagRequest, metadata: grpc.Metadata, callback: grpc.requestCallback<_clusteros_v1_TagReply__Output>): grpc.ClientUnaryCall;
  tag(argument: _clusteros_v1_TagRequest, options: grpc.CallOptions, callback: grpc.requestCallback<_clusteros_v1_TagReply__Output>): grpc.ClientUnaryCall;
  tag(argument: _clusteros_v1_TagRequest, callback: grpc.requestCallback<_clusteros_v1_TagReply__Output>): grpc.ClientUnaryCall;
  
}

export interface PeerServiceHandlers extends grpc.UntypedServiceImplementation {
  Confirm: grpc.handleUnaryCall<_clusteros_v1_ConfirmRequest__Output, _clusteros_v1_ConfirmReply>;
  
  Decide: grpc.handleUnaryCall<_clusteros_v1_DecideRequest__Output, _clusteros_v1_DecideReply>;
  
  Exchange: grpc.handleBidiStreamingCall<_clusteros_v1_Frame__Output, _clusteros_v1_Frame>;
  
  HandOver: grpc.handleUnaryCall<_clusteros_v1_HandOverRequest__Output, _clusteros_v1_HandOverReply>;
  
  Look: grpc.handleUnaryCall<_clusteros_v1_LookRequest__Output, _clusteros_v1_LookReply>;
  
  Tag: grpc.handleUnaryCall<_clusteros_v1_TagRequest__Output, _clusteros_v1_TagReply>;
  
}

export interface PeerServiceDefinition extends grpc.ServiceDefinition {
  Confirm: MethodDefinition<_clusteros_v1_ConfirmRequest, _clusteros_v1_ConfirmReply, _clusteros_v1_ConfirmRequest__Output, _clusteros_v1_ConfirmReply__Output>
  Decide: MethodDefinition<_clusteros_v1_DecideRequest, _clusteros_v1_DecideReply, _clusteros_v1_DecideRequest__Output, _clusteros_v1_DecideReply__Output>
  Exchange: MethodDefinition<_clusteros_v1_Frame, _clusteros_v1_Frame, _clusteros_v1_Frame__Output, _clusteros_v1_Frame__Output>
  HandOver: MethodDefinition<_clusteros_v1_HandOverRequest, _clusteros_v1_HandOverReply, _clusteros_v1_HandOverRequest__Output, _clusteros_v1_HandOverReply__Output>
  Look: MethodDefinition<_clusteros_v1_LookRequest, _clusteros_v1_LookReply, _clusteros_v1_LookRequest__Output, _clusteros_v1_LookReply__Output>
  Tag: MethodDefinition<_clusteros_v1_TagRequest, _clusteros_v1_TagReply, _clusteros_v1_TagRequest__Output, _clusteros_v1_TagReply__Output>
}
