// Original file: proto/clusteros/v1/peer.proto

import type * as grpc from '@grpc/grpc-js'
import type { MethodDefinition } from '@grpc/proto-loader'
import type { BlobPiece as _clusteros_v1_BlobPiece, BlobPiece__Output as _clusteros_v1_BlobPiece__Output } from '../../clusteros/v1/BlobPiece.ts';
import type { ConfirmReply as _clusteros_v1_ConfirmReply, ConfirmReply__Output as _clusteros_v1_ConfirmReply__Output } from '../../clusteros/v1/ConfirmReply.ts';
import type { ConfirmRequest as _clusteros_v1_ConfirmRequest, ConfirmRequest__Output as _clusteros_v1_ConfirmRequest__Output } from '../../clusteros/v1/ConfirmRequest.ts';
import type { DecideReply as _clusteros_v1_DecideReply, DecideReply__Output as _clusteros_v1_DecideReply__Output } from '../../clusteros/v1/DecideReply.ts';
import type { DecideRequest as _clusteros_v1_DecideRequest, DecideRequest__Output as _clusteros_v1_DecideRequest__Output } from '../../clusteros/v1/DecideRequest.ts';
import type { DescribeCopyReply as _clusteros_v1_DescribeCopyReply, DescribeCopyReply__Output as _clusteros_v1_DescribeCopyReply__Output } from '../../clusteros/v1/DescribeCopyReply.ts';
import type { DescribeCopyRequest as _clusteros_v1_DescribeCopyRequest, DescribeCopyRequest__Output as _clusteros_v1_DescribeCopyRequest__Output } from '../../clusteros/v1/DescribeCopyRequest.ts';
import type { FetchBlobRequest as _clusteros_v1_FetchBlobRequest, FetchBlobRequest__Output as _clusteros_v1_FetchBlobRequest__Output } from '../../clusteros/v1/FetchBlobRequest.ts';
import type { FollowStateRequest as _clusteros_v1_FollowStateRequest, FollowStateRequest__Output as _clusteros_v1_FollowStateRequest__Output } from '../../clusteros/v1/FollowStateRequest.ts';
import type { Frame as _clusteros_v1_Frame, Frame__Output as _clusteros_v1_Frame__Output } from '../../clusteros/v1/Frame.ts';
import type { HandOverReply as _clusteros_v1_HandOverReply, HandOverReply__Output as _clusteros_v1_HandOverReply__Output } from '../../clusteros/v1/HandOverReply.ts';
import type { HandOverRequest as _clusteros_v1_HandOverRequest, HandOverRequest__Output as _clusteros_v1_HandOverRequest__Output } from '../../clusteros/v1/HandOverRequest.ts';
import type { LookReply as _clusteros_v1_LookReply, LookReply__Output as _clusteros_v1_LookReply__Output } from '../../clusteros/v1/LookReply.ts';
import type { LookRequest as _clusteros_v1_LookRequest, LookRequest__Output as _clusteros_v1_LookRequest__Output } from '../../clusteros/v1/LookRequest.ts';
import type { StateManifest as _clusteros_v1_StateManifest, StateManifest__Output as _clusteros_v1_StateManifest__Output } from '../../clusteros/v1/StateManifest.ts';
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
  
  DescribeCopy(argument: _clusteros_v1_DescribeCopyRequest, metadata: grpc.Metadata, options: grpc.CallOptions, callback: grpc.requestCallback<_clusteros_v1_DescribeCopyReply__Output>): grpc.ClientUnaryCall;
  DescribeCopy(argument: _clusteros_v1_DescribeCopyRequest, metadata: grpc.Metadata, callback: grpc.requestCallback<_clusteros_v1_DescribeCopyReply__Output>): grpc.ClientUnaryCall;
  DescribeCopy(argument: _clusteros_v1_DescribeCopyRequest, options: grpc.CallOptions, callback: grpc.requestCallback<_clusteros_v1_DescribeCopyReply__Output>): grpc.ClientUnaryCall;
  DescribeCopy(argument: _clusteros_v1_DescribeCopyRequest, callback: grpc.requestCallback<_clusteros_v1_DescribeCopyReply__Output>): grpc.ClientUnaryCall;
  describeCopy(argument: _clusteros_v1_DescribeCopyRequest, metadata: grpc.Metadata, options: grpc.CallOptions, callback: grpc.requestCallback<_clusteros_v1_DescribeCopyReply__Output>): grpc.ClientUnaryCall;
  describeCopy(argument: _clusteros_v1_DescribeCopyRequest, metadata: grpc.Metadata, callback: grpc.requestCallback<_clusteros_v1_DescribeCopyReply__Output>): grpc.ClientUnaryCall;
  describeCopy(argument: _clusteros_v1_DescribeCopyRequest, options: grpc.CallOptions, callback: grpc.requestCallback<_clusteros_v1_DescribeCopyReply__Output>): grpc.ClientUnaryCall;
  describeCopy(argument: _clusteros_v1_DescribeCopyRequest, callback: grpc.requestCallback<_clusteros_v1_DescribeCopyReply__Output>): grpc.ClientUnaryCall;
  
  Exchange(metadata: grpc.Metadata, options?: grpc.CallOptions): grpc.ClientDuplexStream<_clusteros_v1_Frame, _clusteros_v1_Frame__Output>;
  Exchange(options?: grpc.CallOptions): grpc.ClientDuplexStream<_clusteros_v1_Frame, _clusteros_v1_Frame__Output>;
  exchange(metadata: grpc.Metadata, options?: grpc.CallOptions): grpc.ClientDuplexStream<_clusteros_v1_Frame, _clusteros_v1_Frame__Output>;
  exchange(options?: grpc.CallOptions): grpc.ClientDuplexStream<_clusteros_v1_Frame, _clusteros_v1_Frame__Output>;
  
  FetchBlob(argument: _clusteros_v1_FetchBlobRequest, metadata: grpc.Metadata, options?: grpc.CallOptions): grpc.ClientReadableStream<_clusteros_v1_BlobPiece__Output>;
  FetchBlob(argument: _clusteros_v1_FetchBlobRequest, options?: grpc.CallOptions): grpc.ClientReadableStream<_clusteros_v1_BlobPiece__Output>;
  fetchBlob(argument: _clusteros_v1_FetchBlobRequest, metadata: grpc.Metadata, options?: grpc.CallOptions): grpc.ClientReadableStream<_clusteros_v1_BlobPiece__Output>;
  fetchBlob(argument: _clusteros_v1_FetchBlobRequest, options?: grpc.CallOptions): grpc.ClientReadableStream<_clusteros_v1_BlobPiece__Output>;
  
  FetchManifest(argument: _clusteros_v1_DescribeCopyRequest, metadata: grpc.Metadata, options?: grpc.CallOptions): grpc.ClientReadableStream<_clusteros_v1_StateManifest__Output>;
  FetchManifest(argument: _clusteros_v1_DescribeCopyRequest, options?: grpc.CallOptions): grpc.ClientReadableStream<_clusteros_v1_StateManifest__Output>;
  fetchManifest(argument: _clusteros_v1_DescribeCopyRequest, metadata: grpc.Metadata, options?: grpc.CallOptions): grpc.ClientReadableStream<_clusteros_v1_StateManifest__Output>;
  fetchManifest(argument: _clusteros_v1_DescribeCopyRequest, options?: grpc.CallOptions): grpc.ClientReadableStream<_clusteros_v1_StateManifest__Output>;
  
  FollowState(metadata: grpc.Metadata, options?: grpc.CallOptions): grpc.ClientDuplexStream<_clusteros_v1_FollowStateRequest, _clusteros_v1_StateManifest__Output>;
  FollowState(options?: grpc.CallOptions): grpc.ClientDuplexStream<_clusteros_v1_FollowStateRequest, _clusteros_v1_StateManifest__Output>;
  followState(metadata: grpc.Metadata, options?: grpc.CallOptions): grpc.ClientDuplexStream<_clusteros_v1_FollowStateRequest, _clusteros_v1_StateManifest__Output>;
  followState(options?: grpc.CallOptions): grpc.ClientDuplexStream<_clusteros_v1_FollowStateRequest, _clusteros_v1_StateManifest__Output>;
  
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
  
  DescribeCopy: grpc.handleUnaryCall<_clusteros_v1_DescribeCopyRequest__Output, _clusteros_v1_DescribeCopyReply>;
  
  Exchange: grpc.handleBidiStreamingCall<_clusteros_v1_Frame__Output, _clusteros_v1_Frame>;
  
  FetchBlob: grpc.handleServerStreamingCall<_clusteros_v1_FetchBlobRequest__Output, _clusteros_v1_BlobPiece>;
  
  FetchManifest: grpc.handleServerStreamingCall<_clusteros_v1_DescribeCopyRequest__Output, _clusteros_v1_StateManifest>;
  
  FollowState: grpc.handleBidiStreamingCall<_clusteros_v1_FollowStateRequest__Output, _clusteros_v1_StateManifest>;
  
  HandOver: grpc.handleUnaryCall<_clusteros_v1_HandOverRequest__Output, _clusteros_v1_HandOverReply>;
  
  Look: grpc.handleUnaryCall<_clusteros_v1_LookRequest__Output, _clusteros_v1_LookReply>;
  
  Tag: grpc.handleUnaryCall<_clusteros_v1_TagRequest__Output, _clusteros_v1_TagReply>;
  
}

export interface PeerServiceDefinition extends grpc.ServiceDefinition {
  Confirm: MethodDefinition<_clusteros_v1_ConfirmRequest, _clusteros_v1_ConfirmReply, _clusteros_v1_ConfirmRequest__Output, _clusteros_v1_ConfirmReply__Output>
  Decide: MethodDefinition<_clusteros_v1_DecideRequest, _clusteros_v1_DecideReply, _clusteros_v1_DecideRequest__Output, _clusteros_v1_DecideReply__Output>
  DescribeCopy: MethodDefinition<_clusteros_v1_DescribeCopyRequest, _clusteros_v1_DescribeCopyReply, _clusteros_v1_DescribeCopyRequest__Output, _clusteros_v1_DescribeCopyReply__Output>
  Exchange: MethodDefinition<_clusteros_v1_Frame, _clusteros_v1_Frame, _clusteros_v1_Frame__Output, _clusteros_v1_Frame__Output>
  FetchBlob: MethodDefinition<_clusteros_v1_FetchBlobRequest, _clusteros_v1_BlobPiece, _clusteros_v1_FetchBlobRequest__Output, _clusteros_v1_BlobPiece__Output>
  FetchManifest: MethodDefinition<_clusteros_v1_DescribeCopyRequest, _clusteros_v1_StateManifest, _clusteros_v1_DescribeCopyRequest__Output, _clusteros_v1_StateManifest__Output>
  FollowState: MethodDefinition<_clusteros_v1_FollowStateRequest, _clusteros_v1_StateManifest, _clusteros_v1_FollowStateRequest__Output, _clusteros_v1_StateManifest__Output>
  HandOver: MethodDefinition<_clusteros_v1_HandOverRequest, _clusteros_v1_HandOverReply, _clusteros_v1_HandOverRequest__Output, _clusteros_v1_HandOverReply__Output>
  Look: MethodDefinition<_clusteros_v1_LookRequest, _clusteros_v1_LookReply, _clusteros_v1_LookRequest__Output, _clusteros_v1_LookReply__Output>
  Tag: MethodDefinition<_clusteros_v1_TagRequest, _clusteros_v1_TagReply, _clusteros_v1_TagRequest__Output, _clusteros_v1_TagReply__Output>
}
