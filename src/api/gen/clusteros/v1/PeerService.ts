// Original file: proto/clusteros/v1/peer.proto

import type * as grpc from '@grpc/grpc-js'
import type { MethodDefinition } from '@grpc/proto-loader'
import type { Frame as _clusteros_v1_Frame, Frame__Output as _clusteros_v1_Frame__Output } from '../../clusteros/v1/Frame.ts';

export interface PeerServiceClient extends grpc.Client {
  Exchange(metadata: grpc.Metadata, options?: grpc.CallOptions): grpc.ClientDuplexStream<_clusteros_v1_Frame, _clusteros_v1_Frame__Output>;
  Exchange(options?: grpc.CallOptions): grpc.ClientDuplexStream<_clusteros_v1_Frame, _clusteros_v1_Frame__Output>;
  exchange(metadata: grpc.Metadata, options?: grpc.CallOptions): grpc.ClientDuplexStream<_clusteros_v1_Frame, _clusteros_v1_Frame__Output>;
  exchange(options?: grpc.CallOptions): grpc.ClientDuplexStream<_clusteros_v1_Frame, _clusteros_v1_Frame__Output>;
  
}

export interface PeerServiceHandlers extends grpc.UntypedServiceImplementation {
  Exchange: grpc.handleBidiStreamingCall<_clusteros_v1_Frame__Output, _clusteros_v1_Frame>;
  
}

export interface PeerServiceDefinition extends grpc.ServiceDefinition {
  Exchange: MethodDefinition<_clusteros_v1_Frame, _clusteros_v1_Frame, _clusteros_v1_Frame__Output, _clusteros_v1_Frame__Output>
}
