import type * as grpc from '@grpc/grpc-js';
import type { MessageTypeDefinition } from '@grpc/proto-loader';

import type { Ack as _clusteros_v1_Ack, Ack__Output as _clusteros_v1_Ack__Output } from './clusteros/v1/Ack.ts';
import type { AppendReply as _clusteros_v1_AppendReply, AppendReply__Output as _clusteros_v1_AppendReply__Output } from './clusteros/v1/AppendReply.ts';
import type { AppendRequest as _clusteros_v1_AppendRequest, AppendRequest__Output as _clusteros_v1_AppendRequest__Output } from './clusteros/v1/AppendRequest.ts';
import type { Digest as _clusteros_v1_Digest, Digest__Output as _clusteros_v1_Digest__Output } from './clusteros/v1/Digest.ts';
import type { Frame as _clusteros_v1_Frame, Frame__Output as _clusteros_v1_Frame__Output } from './clusteros/v1/Frame.ts';
import type { Hello as _clusteros_v1_Hello, Hello__Output as _clusteros_v1_Hello__Output } from './clusteros/v1/Hello.ts';
import type { LogEntry as _clusteros_v1_LogEntry, LogEntry__Output as _clusteros_v1_LogEntry__Output } from './clusteros/v1/LogEntry.ts';
import type { MemberRecord as _clusteros_v1_MemberRecord, MemberRecord__Output as _clusteros_v1_MemberRecord__Output } from './clusteros/v1/MemberRecord.ts';
import type { PeerServiceClient as _clusteros_v1_PeerServiceClient, PeerServiceDefinition as _clusteros_v1_PeerServiceDefinition } from './clusteros/v1/PeerService.ts';
import type { Ping as _clusteros_v1_Ping, Ping__Output as _clusteros_v1_Ping__Output } from './clusteros/v1/Ping.ts';
import type { PingReport as _clusteros_v1_PingReport, PingReport__Output as _clusteros_v1_PingReport__Output } from './clusteros/v1/PingReport.ts';
import type { PingRequest as _clusteros_v1_PingRequest, PingRequest__Output as _clusteros_v1_PingRequest__Output } from './clusteros/v1/PingRequest.ts';
import type { Records as _clusteros_v1_Records, Records__Output as _clusteros_v1_Records__Output } from './clusteros/v1/Records.ts';
import type { ServiceReport as _clusteros_v1_ServiceReport, ServiceReport__Output as _clusteros_v1_ServiceReport__Output } from './clusteros/v1/ServiceReport.ts';
import type { VoteReply as _clusteros_v1_VoteReply, VoteReply__Output as _clusteros_v1_VoteReply__Output } from './clusteros/v1/VoteReply.ts';
import type { VoteRequest as _clusteros_v1_VoteRequest, VoteRequest__Output as _clusteros_v1_VoteRequest__Output } from './clusteros/v1/VoteRequest.ts';

type SubtypeConstructor<Constructor extends new (...args: any) => any, Subtype> = {
  new(...args: ConstructorParameters<Constructor>): Subtype;
};

export interface ProtoGrpcType {
  clusteros: {
    v1: {
      Ack: MessageTypeDefinition<_clusteros_v1_Ack, _clusteros_v1_Ack__Output>
      AppendReply: MessageTypeDefinition<_clusteros_v1_AppendReply, _clusteros_v1_AppendReply__Output>
      AppendRequest: MessageTypeDefinition<_clusteros_v1_AppendRequest, _clusteros_v1_AppendRequest__Output>
      Digest: MessageTypeDefinition<_clusteros_v1_Digest, _clusteros_v1_Digest__Output>
      Frame: MessageTypeDefinition<_clusteros_v1_Frame, _clusteros_v1_Frame__Output>
      Hello: MessageTypeDefinition<_clusteros_v1_Hello, _clusteros_v1_Hello__Output>
      LogEntry: MessageTypeDefinition<_clusteros_v1_LogEntry, _clusteros_v1_LogEntry__Output>
      MemberRecord: MessageTypeDefinition<_clusteros_v1_MemberRecord, _clusteros_v1_MemberRecord__Output>
      PeerService: SubtypeConstructor<typeof grpc.Client, _clusteros_v1_PeerServiceClient> & { service: _clusteros_v1_PeerServiceDefinition }
      Ping: MessageTypeDefinition<_clusteros_v1_Ping, _clusteros_v1_Ping__Output>
      PingReport: MessageTypeDefinition<_clusteros_v1_PingReport, _clusteros_v1_PingReport__Output>
      PingRequest: MessageTypeDefinition<_clusteros_v1_PingRequest, _clusteros_v1_PingRequest__Output>
      Records: MessageTypeDefinition<_clusteros_v1_Records, _clusteros_v1_Records__Output>
      ServiceReport: MessageTypeDefinition<_clusteros_v1_ServiceReport, _clusteros_v1_ServiceReport__Output>
      VoteReply: MessageTypeDefinition<_clusteros_v1_VoteReply, _clusteros_v1_VoteReply__Output>
      VoteRequest: MessageTypeDefinition<_clusteros_v1_VoteRequest, _clusteros_v1_VoteRequest__Output>
    }
  }
}

