// Original file: proto/clusteros/v1/peer.proto

import type * as grpc from '@grpc/grpc-js'
import type { MethodDefinition } from '@grpc/proto-loader'
import type { Frame as _clusteros_v1_Frame, Frame__Output as _clusteros_v1_Frame__Output } from '../../clusteros/v1/Frame.ts';
import type { LookReply as _clusteros_v1_LookReply, LookReply__Output as _clusteros_v1_LookReply__Output } from '../../clusteros/v1/LookReply.ts';
import type { LookRequest as _clusteros_v1_LookRequest, LookRequest__Output as _clusteros_v1_LookRequest__Output } from '../../clusteros/v1/LookRequest.ts';
import type { TagReply as _clusteros_v1_TagReply, TagReply__Output as _clusteros_v1_TagReply__Output } from '../../clusteros/v1/TagReply.ts';
import type { TagRequest as _clusteros_v1_TagRequest, TagRequest__Output as _clusteros_v1_TagRequest__Output } from '../../clusteros/v1/TagRequest.ts';

export interface PeerServiceClient extends grpc.Client {
  Exchange(metadata: grpc.Metadata, options?: grpc.CallOptions): grpc.ClientDuplexStream<_clusteros_v1_Frame, _clusteros_v1_Frame__Output>;
  Exchange(options?: grpc.CallOptions): grpc.ClientDuplexStream<_clusteros_v1_Frame, _clusteros_v1_Frame__Output>;
  exchange(metadata: grpc.Metadata, options?: grpc.CallOptions): grpc.ClientDuplexStream<_clusteros_v1_Frame, _clusteros_v1_Frame__Output>;
  exchange(options?: grpc.CallOptions): grpc.ClientDuplexStream<_clusteros_v1_Frame, _clusteros_v1_Frame__Output>;
  
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
  Exchange: grpc.handleBidiStreamingCall<_clusteros_v1_Frame__Output, _clusteros_v1_Frame>;
  
  Look: grpc.handleUnaryCall<_clusteros_v1_LookRequest__Output, _clusteros_v1_LookReply>;
  
  Tag: grpc.handleUnaryCall<_clusteros_v1_TagRequest__Output, _clusteros_v1_TagReply>;
  
}

export interface PeerServiceDefinition extends grpc.ServiceDefinition {
  Exchange: MethodDefinition<_clusteros_v1_Frame, _clusteros_v1_Frame, _clusteros_v1_Frame__Output, _clusteros_v1_Frame__Output>
  Look: MethodDefinition<_clusteros_v1_LookRequest, _clusteros_v1_LookReply, _clusteros_v1_LookRequest__Output, _clusteros_v1_LookReply__Output>
  Tag: MethodDefinition<_clusteros_v1_TagRequest, _clusteros_v1_TagReply, _clusteros_v1_TagRequest__Output, _clusteros_v1_TagReply__Output>
}
