// Original file: proto/clusteros/v1/peer.proto

import type * as grpc from '@grpc/grpc-js'
import type { MethodDefinition } from '@grpc/proto-loader'
import type { Answer as _clusteros_v1_Answer, Answer__Output as _clusteros_v1_Answer__Output } from '../../clusteros/v1/Answer.ts';
import type { BlobPiece as _clusteros_v1_BlobPiece, BlobPiece__Output as _clusteros_v1_BlobPiece__Output } from '../../clusteros/v1/BlobPiece.ts';
import type { DescribeCopyReply as _clusteros_v1_DescribeCopyReply, DescribeCopyReply__Output as _clusteros_v1_DescribeCopyReply__Output } from '../../clusteros/v1/DescribeCopyReply.ts';
import type { DescribeCopyRequest as _clusteros_v1_DescribeCopyRequest, DescribeCopyRequest__Output as _clusteros_v1_DescribeCopyRequest__Output } from '../../clusteros/v1/DescribeCopyRequest.ts';
import type { FetchBlobRequest as _clusteros_v1_FetchBlobRequest, FetchBlobRequest__Output as _clusteros_v1_FetchBlobRequest__Output } from '../../clusteros/v1/FetchBlobRequest.ts';
import type { FollowStateRequest as _clusteros_v1_FollowStateRequest, FollowStateRequest__Output as _clusteros_v1_FollowStateRequest__Output } from '../../clusteros/v1/FollowStateRequest.ts';
import type { Frame as _clusteros_v1_Frame, Frame__Output as _clusteros_v1_Frame__Output } from '../../clusteros/v1/Frame.ts';
import type { Question as _clusteros_v1_Question, Question__Output as _clusteros_v1_Question__Output } from '../../clusteros/v1/Question.ts';
import type { StateManifest as _clusteros_v1_StateManifest, StateManifest__Output as _clusteros_v1_StateManifest__Output } from '../../clusteros/v1/StateManifest.ts';

export interface PeerServiceClient extends grpc.Client {
  Ask(argument: _clusteros_v1_Question, metadata: grpc.Metadata, options: grpc.CallOptions, callback: grpc.requestCallback<_clusteros_v1_Answer__Output>): grpc.ClientUnaryCall;
  Ask(argument: _clusteros_v1_Question, metadata: grpc.Metadata, callback: grpc.requestCallback<_clusteros_v1_Answer__Output>): grpc.ClientUnaryCall;
  Ask(argument: _clusteros_v1_Question, options: grpc.CallOptions, callback: grpc.requestCallback<_clusteros_v1_Answer__Output>): grpc.ClientUnaryCall;
  Ask(argument: _clusteros_v1_Question, callback: grpc.requestCallback<_clusteros_v1_Answer__Output>): grpc.ClientUnaryCall;
  ask(argument: _clusteros_v1_Question, metadata: grpc.Metadata, options: grpc.CallOptions, callback: grpc.requestCallback<_clusteros_v1_Answer__Output>): grpc.ClientUnaryCall;
  ask(argument: _clusteros_v1_Question, metadata: grpc.Metadata, callback: grpc.requestCallback<_clusteros_v1_Answer__Output>): grpc.ClientUnaryCall;
  ask(argument: _clusteros_v1_Question, options: grpc.CallOptions, callback: grpc.requestCallback<_clusteros_v1_Answer__Output>): grpc.ClientUnaryCall;
  ask(argument: _clusteros_v1_Question, callback: grpc.requestCallback<_clusteros_v1_Answer__Output>): grpc.ClientUnaryCall;
  
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
  
}

export interface PeerServiceHandlers extends grpc.UntypedServiceImplementation {
  Ask: grpc.handleUnaryCall<_clusteros_v1_Question__Output, _clusteros_v1_Answer>;
  
  DescribeCopy: grpc.handleUnaryCall<_clusteros_v1_DescribeCopyRequest__Output, _clusteros_v1_DescribeCopyReply>;
  
  Exchange: grpc.handleBidiStreamingCall<_clusteros_v1_Frame__Output, _clusteros_v1_Frame>;
  
  FetchBlob: grpc.handleServerStreamingCall<_clusteros_v1_FetchBlobRequest__Output, _clusteros_v1_BlobPiece>;
  
  FetchManifest: grpc.handleServerStreamingCall<_clusteros_v1_DescribeCopyRequest__Output, _clusteros_v1_StateManifest>;
  
  FollowState: grpc.handleBidiStreamingCall<_clusteros_v1_FollowStateRequest__Output, _clusteros_v1_StateManifest>;
  
}

export interface PeerServiceDefinition extends grpc.ServiceDefinition {
  Ask: MethodDefinition<_clusteros_v1_Question, _clusteros_v1_Answer, _clusteros_v1_Question__Output, _clusteros_v1_Answer__Output>
  DescribeCopy: MethodDefinition<_clusteros_v1_DescribeCopyRequest, _clusteros_v1_DescribeCopyReply, _clusteros_v1_DescribeCopyRequest__Output, _clusteros_v1_DescribeCopyReply__Output>
  Exchange: MethodDefinition<_clusteros_v1_Frame, _clusteros_v1_Frame, _clusteros_v1_Frame__Output, _clusteros_v1_Frame__Output>
  FetchBlob: MethodDefinition<_clusteros_v1_FetchBlobRequest, _clusteros_v1_BlobPiece, _clusteros_v1_FetchBlobRequest__Output, _clusteros_v1_BlobPiece__Output>
  FetchManifest: MethodDefinition<_clusteros_v1_DescribeCopyRequest, _clusteros_v1_StateManifest, _clusteros_v1_DescribeCopyRequest__Output, _clusteros_v1_StateManifest__Output>
  FollowState: MethodDefinition<_clusteros_v1_FollowStateRequest, _clusteros_v1_StateManifest, _clusteros_v1_FollowStateRequest__Output, _clusteros_v1_StateManifest__Output>
}
