import type * as grpc from '@grpc/grpc-js';
import type { MessageTypeDefinition } from '@grpc/proto-loader';

import type { Accusation as _clusteros_v1_Accusation, Accusation__Output as _clusteros_v1_Accusation__Output } from './clusteros/v1/Accusation.ts';
import type { Ack as _clusteros_v1_Ack, Ack__Output as _clusteros_v1_Ack__Output } from './clusteros/v1/Ack.ts';
import type { Answer as _clusteros_v1_Answer, Answer__Output as _clusteros_v1_Answer__Output } from './clusteros/v1/Answer.ts';
import type { AppendReply as _clusteros_v1_AppendReply, AppendReply__Output as _clusteros_v1_AppendReply__Output } from './clusteros/v1/AppendReply.ts';
import type { AppendRequest as _clusteros_v1_AppendRequest, AppendRequest__Output as _clusteros_v1_AppendRequest__Output } from './clusteros/v1/AppendRequest.ts';
import type { BlobPiece as _clusteros_v1_BlobPiece, BlobPiece__Output as _clusteros_v1_BlobPiece__Output } from './clusteros/v1/BlobPiece.ts';
import type { Buckets as _clusteros_v1_Buckets, Buckets__Output as _clusteros_v1_Buckets__Output } from './clusteros/v1/Buckets.ts';
import type { CommitNotice as _clusteros_v1_CommitNotice, CommitNotice__Output as _clusteros_v1_CommitNotice__Output } from './clusteros/v1/CommitNotice.ts';
import type { ConfirmReply as _clusteros_v1_ConfirmReply, ConfirmReply__Output as _clusteros_v1_ConfirmReply__Output } from './clusteros/v1/ConfirmReply.ts';
import type { ConfirmRequest as _clusteros_v1_ConfirmRequest, ConfirmRequest__Output as _clusteros_v1_ConfirmRequest__Output } from './clusteros/v1/ConfirmRequest.ts';
import type { CounterpartReply as _clusteros_v1_CounterpartReply, CounterpartReply__Output as _clusteros_v1_CounterpartReply__Output } from './clusteros/v1/CounterpartReply.ts';
import type { CounterpartRequest as _clusteros_v1_CounterpartRequest, CounterpartRequest__Output as _clusteros_v1_CounterpartRequest__Output } from './clusteros/v1/CounterpartRequest.ts';
import type { DecideReply as _clusteros_v1_DecideReply, DecideReply__Output as _clusteros_v1_DecideReply__Output } from './clusteros/v1/DecideReply.ts';
import type { DecideRequest as _clusteros_v1_DecideRequest, DecideRequest__Output as _clusteros_v1_DecideRequest__Output } from './clusteros/v1/DecideRequest.ts';
import type { DescribeCopyReply as _clusteros_v1_DescribeCopyReply, DescribeCopyReply__Output as _clusteros_v1_DescribeCopyReply__Output } from './clusteros/v1/DescribeCopyReply.ts';
import type { DescribeCopyRequest as _clusteros_v1_DescribeCopyRequest, DescribeCopyRequest__Output as _clusteros_v1_DescribeCopyRequest__Output } from './clusteros/v1/DescribeCopyRequest.ts';
import type { Failure as _clusteros_v1_Failure, Failure__Output as _clusteros_v1_Failure__Output } from './clusteros/v1/Failure.ts';
import type { FetchBlobRequest as _clusteros_v1_FetchBlobRequest, FetchBlobRequest__Output as _clusteros_v1_FetchBlobRequest__Output } from './clusteros/v1/FetchBlobRequest.ts';
import type { FetchReply as _clusteros_v1_FetchReply, FetchReply__Output as _clusteros_v1_FetchReply__Output } from './clusteros/v1/FetchReply.ts';
import type { FetchRequest as _clusteros_v1_FetchRequest, FetchRequest__Output as _clusteros_v1_FetchRequest__Output } from './clusteros/v1/FetchRequest.ts';
import type { FollowStateRequest as _clusteros_v1_FollowStateRequest, FollowStateRequest__Output as _clusteros_v1_FollowStateRequest__Output } from './clusteros/v1/FollowStateRequest.ts';
import type { Frame as _clusteros_v1_Frame, Frame__Output as _clusteros_v1_Frame__Output } from './clusteros/v1/Frame.ts';
import type { HandOverReply as _clusteros_v1_HandOverReply, HandOverReply__Output as _clusteros_v1_HandOverReply__Output } from './clusteros/v1/HandOverReply.ts';
import type { HandOverRequest as _clusteros_v1_HandOverRequest, HandOverRequest__Output as _clusteros_v1_HandOverRequest__Output } from './clusteros/v1/HandOverRequest.ts';
import type { Hello as _clusteros_v1_Hello, Hello__Output as _clusteros_v1_Hello__Output } from './clusteros/v1/Hello.ts';
import type { LogEntry as _clusteros_v1_LogEntry, LogEntry__Output as _clusteros_v1_LogEntry__Output } from './clusteros/v1/LogEntry.ts';
import type { LogLost as _clusteros_v1_LogLost, LogLost__Output as _clusteros_v1_LogLost__Output } from './clusteros/v1/LogLost.ts';
import type { Look as _clusteros_v1_Look, Look__Output as _clusteros_v1_Look__Output } from './clusteros/v1/Look.ts';
import type { LookReply as _clusteros_v1_LookReply, LookReply__Output as _clusteros_v1_LookReply__Output } from './clusteros/v1/LookReply.ts';
import type { LookRequest as _clusteros_v1_LookRequest, LookRequest__Output as _clusteros_v1_LookRequest__Output } from './clusteros/v1/LookRequest.ts';
import type { MemberRecord as _clusteros_v1_MemberRecord, MemberRecord__Output as _clusteros_v1_MemberRecord__Output } from './clusteros/v1/MemberRecord.ts';
import type { PeerServiceClient as _clusteros_v1_PeerServiceClient, PeerServiceDefinition as _clusteros_v1_PeerServiceDefinition } from './clusteros/v1/PeerService.ts';
import type { Ping as _clusteros_v1_Ping, Ping__Output as _clusteros_v1_Ping__Output } from './clusteros/v1/Ping.ts';
import type { PingReport as _clusteros_v1_PingReport, PingReport__Output as _clusteros_v1_PingReport__Output } from './clusteros/v1/PingReport.ts';
import type { PingRequest as _clusteros_v1_PingRequest, PingRequest__Output as _clusteros_v1_PingRequest__Output } from './clusteros/v1/PingRequest.ts';
import type { Question as _clusteros_v1_Question, Question__Output as _clusteros_v1_Question__Output } from './clusteros/v1/Question.ts';
import type { Records as _clusteros_v1_Records, Records__Output as _clusteros_v1_Records__Output } from './clusteros/v1/Records.ts';
import type { ServiceReport as _clusteros_v1_ServiceReport, ServiceReport__Output as _clusteros_v1_ServiceReport__Output } from './clusteros/v1/ServiceReport.ts';
import type { SnapshotChunk as _clusteros_v1_SnapshotChunk, SnapshotChunk__Output as _clusteros_v1_SnapshotChunk__Output } from './clusteros/v1/SnapshotChunk.ts';
import type { SnapshotOffer as _clusteros_v1_SnapshotOffer, SnapshotOffer__Output as _clusteros_v1_SnapshotOffer__Output } from './clusteros/v1/SnapshotOffer.ts';
import type { SnapshotRequest as _clusteros_v1_SnapshotRequest, SnapshotRequest__Output as _clusteros_v1_SnapshotRequest__Output } from './clusteros/v1/SnapshotRequest.ts';
import type { StateFile as _clusteros_v1_StateFile, StateFile__Output as _clusteros_v1_StateFile__Output } from './clusteros/v1/StateFile.ts';
import type { StateManifest as _clusteros_v1_StateManifest, StateManifest__Output as _clusteros_v1_StateManifest__Output } from './clusteros/v1/StateManifest.ts';
import type { TagReply as _clusteros_v1_TagReply, TagReply__Output as _clusteros_v1_TagReply__Output } from './clusteros/v1/TagReply.ts';
import type { TagRequest as _clusteros_v1_TagRequest, TagRequest__Output as _clusteros_v1_TagRequest__Output } from './clusteros/v1/TagRequest.ts';
import type { TimeoutNow as _clusteros_v1_TimeoutNow, TimeoutNow__Output as _clusteros_v1_TimeoutNow__Output } from './clusteros/v1/TimeoutNow.ts';
import type { Twin as _clusteros_v1_Twin, Twin__Output as _clusteros_v1_Twin__Output } from './clusteros/v1/Twin.ts';
import type { VoteReply as _clusteros_v1_VoteReply, VoteReply__Output as _clusteros_v1_VoteReply__Output } from './clusteros/v1/VoteReply.ts';
import type { VoteRequest as _clusteros_v1_VoteRequest, VoteRequest__Output as _clusteros_v1_VoteRequest__Output } from './clusteros/v1/VoteRequest.ts';

type SubtypeConstructor<Constructor extends new (...args: any) => any, Subtype> = {
  new(...args: ConstructorParameters<Constructor>): Subtype;
};

export interface ProtoGrpcType {
  clusteros: {
    v1: {
      Accusation: MessageTypeDefinition<_clusteros_v1_Accusation, _clusteros_v1_Accusation__Output>
      Ack: MessageTypeDefinition<_clusteros_v1_Ack, _clusteros_v1_Ack__Output>
      Answer: MessageTypeDefinition<_clusteros_v1_Answer, _clusteros_v1_Answer__Output>
      AppendReply: MessageTypeDefinition<_clusteros_v1_AppendReply, _clusteros_v1_AppendReply__Output>
      AppendRequest: MessageTypeDefinition<_clusteros_v1_AppendRequest, _clusteros_v1_AppendRequest__Output>
      BlobPiece: MessageTypeDefinition<_clusteros_v1_BlobPiece, _clusteros_v1_BlobPiece__Output>
      Buckets: MessageTypeDefinition<_clusteros_v1_Buckets, _clusteros_v1_Buckets__Output>
      CommitNotice: MessageTypeDefinition<_clusteros_v1_CommitNotice, _clusteros_v1_CommitNotice__Output>
      ConfirmReply: MessageTypeDefinition<_clusteros_v1_ConfirmReply, _clusteros_v1_ConfirmReply__Output>
      ConfirmRequest: MessageTypeDefinition<_clusteros_v1_ConfirmRequest, _clusteros_v1_ConfirmRequest__Output>
      CounterpartReply: MessageTypeDefinition<_clusteros_v1_CounterpartReply, _clusteros_v1_CounterpartReply__Output>
      CounterpartRequest: MessageTypeDefinition<_clusteros_v1_CounterpartRequest, _clusteros_v1_CounterpartRequest__Output>
      DecideReply: MessageTypeDefinition<_clusteros_v1_DecideReply, _clusteros_v1_DecideReply__Output>
      DecideRequest: MessageTypeDefinition<_clusteros_v1_DecideRequest, _clusteros_v1_DecideRequest__Output>
      DescribeCopyReply: MessageTypeDefinition<_clusteros_v1_DescribeCopyReply, _clusteros_v1_DescribeCopyReply__Output>
      DescribeCopyRequest: MessageTypeDefinition<_clusteros_v1_DescribeCopyRequest, _clusteros_v1_DescribeCopyRequest__Output>
      Failure: MessageTypeDefinition<_clusteros_v1_Failure, _clusteros_v1_Failure__Output>
      FetchBlobRequest: MessageTypeDefinition<_clusteros_v1_FetchBlobRequest, _clusteros_v1_FetchBlobRequest__Output>
      FetchReply: MessageTypeDefinition<_clusteros_v1_FetchReply, _clusteros_v1_FetchReply__Output>
      FetchRequest: MessageTypeDefinition<_clusteros_v1_FetchRequest, _clusteros_v1_FetchRequest__Output>
      FollowStateRequest: MessageTypeDefinition<_clusteros_v1_FollowStateRequest, _clusteros_v1_FollowStateRequest__Output>
      Frame: MessageTypeDefinition<_clusteros_v1_Frame, _clusteros_v1_Frame__Output>
      HandOverReply: MessageTypeDefinition<_clusteros_v1_HandOverReply, _clusteros_v1_HandOverReply__Output>
      HandOverRequest: MessageTypeDefinition<_clusteros_v1_HandOverRequest, _clusteros_v1_HandOverRequest__Output>
      Hello: MessageTypeDefinition<_clusteros_v1_Hello, _clusteros_v1_Hello__Output>
      LogEntry: MessageTypeDefinition<_clusteros_v1_LogEntry, _clusteros_v1_LogEntry__Output>
      LogLost: MessageTypeDefinition<_clusteros_v1_LogLost, _clusteros_v1_LogLost__Output>
      Look: MessageTypeDefinition<_clusteros_v1_Look, _clusteros_v1_Look__Output>
      LookReply: MessageTypeDefinition<_clusteros_v1_LookReply, _clusteros_v1_LookReply__Output>
      LookRequest: MessageTypeDefinition<_clusteros_v1_LookRequest, _clusteros_v1_LookRequest__Output>
      MemberRecord: MessageTypeDefinition<_clusteros_v1_MemberRecord, _clusteros_v1_MemberRecord__Output>
      PeerService: SubtypeConstructor<typeof grpc.Client, _clusteros_v1_PeerServiceClient> & { service: _clusteros_v1_PeerServiceDefinition }
      Ping: MessageTypeDefinition<_clusteros_v1_Ping, _clusteros_v1_Ping__Output>
      PingReport: MessageTypeDefinition<_clusteros_v1_PingReport, _clusteros_v1_PingReport__Output>
      PingRequest: MessageTypeDefinition<_clusteros_v1_PingRequest, _clusteros_v1_PingRequest__Output>
      Question: MessageTypeDefinition<_clusteros_v1_Question, _clusteros_v1_Question__Output>
      Records: MessageTypeDefinition<_clusteros_v1_Records, _clusteros_v1_Records__Output>
      ServiceReport: MessageTypeDefinition<_clusteros_v1_ServiceReport, _clusteros_v1_ServiceReport__Output>
      SnapshotChunk: MessageTypeDefinition<_clusteros_v1_SnapshotChunk, _clusteros_v1_SnapshotChunk__Output>
      SnapshotOffer: MessageTypeDefinition<_clusteros_v1_SnapshotOffer, _clusteros_v1_SnapshotOffer__Output>
      SnapshotRequest: MessageTypeDefinition<_clusteros_v1_SnapshotRequest, _clusteros_v1_SnapshotRequest__Output>
      StateFile: MessageTypeDefinition<_clusteros_v1_StateFile, _clusteros_v1_StateFile__Output>
      StateManifest: MessageTypeDefinition<_clusteros_v1_StateManifest, _clusteros_v1_StateManifest__Output>
      TagReply: MessageTypeDefinition<_clusteros_v1_TagReply, _clusteros_v1_TagReply__Output>
      TagRequest: MessageTypeDefinition<_clusteros_v1_TagRequest, _clusteros_v1_TagRequest__Output>
      TimeoutNow: MessageTypeDefinition<_clusteros_v1_TimeoutNow, _clusteros_v1_TimeoutNow__Output>
      Twin: MessageTypeDefinition<_clusteros_v1_Twin, _clusteros_v1_Twin__Output>
      VoteReply: MessageTypeDefinition<_clusteros_v1_VoteReply, _clusteros_v1_VoteReply__Output>
      VoteRequest: MessageTypeDefinition<_clusteros_v1_VoteRequest, _clusteros_v1_VoteRequest__Output>
    }
  }
}

