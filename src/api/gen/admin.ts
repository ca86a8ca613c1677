import type * as grpc from '@grpc/grpc-js';
import type { MessageTypeDefinition } from '@grpc/proto-loader';

import type { Accusation as _clusteros_v1_Accusation, Accusation__Output as _clusteros_v1_Accusation__Output } from './clusteros/v1/Accusation.ts';
import type { AdminServiceClient as _clusteros_v1_AdminServiceClient, AdminServiceDefinition as _clusteros_v1_AdminServiceDefinition } from './clusteros/v1/AdminService.ts';
import type { BackupReply as _clusteros_v1_BackupReply, BackupReply__Output as _clusteros_v1_BackupReply__Output } from './clusteros/v1/BackupReply.ts';
import type { BackupRequest as _clusteros_v1_BackupRequest, BackupRequest__Output as _clusteros_v1_BackupRequest__Output } from './clusteros/v1/BackupRequest.ts';
import type { CallServiceReply as _clusteros_v1_CallServiceReply, CallServiceReply__Output as _clusteros_v1_CallServiceReply__Output } from './clusteros/v1/CallServiceReply.ts';
import type { CallServiceRequest as _clusteros_v1_CallServiceRequest, CallServiceRequest__Output as _clusteros_v1_CallServiceRequest__Output } from './clusteros/v1/CallServiceRequest.ts';
import type { ChangeVotingRequest as _clusteros_v1_ChangeVotingRequest, ChangeVotingRequest__Output as _clusteros_v1_ChangeVotingRequest__Output } from './clusteros/v1/ChangeVotingRequest.ts';
import type { ConfigureRequest as _clusteros_v1_ConfigureRequest, ConfigureRequest__Output as _clusteros_v1_ConfigureRequest__Output } from './clusteros/v1/ConfigureRequest.ts';
import type { CreateTailnetKeyReply as _clusteros_v1_CreateTailnetKeyReply, CreateTailnetKeyReply__Output as _clusteros_v1_CreateTailnetKeyReply__Output } from './clusteros/v1/CreateTailnetKeyReply.ts';
import type { CreateTailnetKeyRequest as _clusteros_v1_CreateTailnetKeyRequest, CreateTailnetKeyRequest__Output as _clusteros_v1_CreateTailnetKeyRequest__Output } from './clusteros/v1/CreateTailnetKeyRequest.ts';
import type { DiagnoseRequest as _clusteros_v1_DiagnoseRequest, DiagnoseRequest__Output as _clusteros_v1_DiagnoseRequest__Output } from './clusteros/v1/DiagnoseRequest.ts';
import type { DrainMemberReply as _clusteros_v1_DrainMemberReply, DrainMemberReply__Output as _clusteros_v1_DrainMemberReply__Output } from './clusteros/v1/DrainMemberReply.ts';
import type { DrainMemberRequest as _clusteros_v1_DrainMemberRequest, DrainMemberRequest__Output as _clusteros_v1_DrainMemberRequest__Output } from './clusteros/v1/DrainMemberRequest.ts';
import type { Event as _clusteros_v1_Event, Event__Output as _clusteros_v1_Event__Output } from './clusteros/v1/Event.ts';
import type { EventsRequest as _clusteros_v1_EventsRequest, EventsRequest__Output as _clusteros_v1_EventsRequest__Output } from './clusteros/v1/EventsRequest.ts';
import type { Finding as _clusteros_v1_Finding, Finding__Output as _clusteros_v1_Finding__Output } from './clusteros/v1/Finding.ts';
import type { ForgetServiceReply as _clusteros_v1_ForgetServiceReply, ForgetServiceReply__Output as _clusteros_v1_ForgetServiceReply__Output } from './clusteros/v1/ForgetServiceReply.ts';
import type { ForgetServiceRequest as _clusteros_v1_ForgetServiceRequest, ForgetServiceRequest__Output as _clusteros_v1_ForgetServiceRequest__Output } from './clusteros/v1/ForgetServiceRequest.ts';
import type { KeepTailnetClientReply as _clusteros_v1_KeepTailnetClientReply, KeepTailnetClientReply__Output as _clusteros_v1_KeepTailnetClientReply__Output } from './clusteros/v1/KeepTailnetClientReply.ts';
import type { KeepTailnetClientRequest as _clusteros_v1_KeepTailnetClientRequest, KeepTailnetClientRequest__Output as _clusteros_v1_KeepTailnetClientRequest__Output } from './clusteros/v1/KeepTailnetClientRequest.ts';
import type { LeaderReply as _clusteros_v1_LeaderReply, LeaderReply__Output as _clusteros_v1_LeaderReply__Output } from './clusteros/v1/LeaderReply.ts';
import type { LeaderRequest as _clusteros_v1_LeaderRequest, LeaderRequest__Output as _clusteros_v1_LeaderRequest__Output } from './clusteros/v1/LeaderRequest.ts';
import type { Member as _clusteros_v1_Member, Member__Output as _clusteros_v1_Member__Output } from './clusteros/v1/Member.ts';
import type { MemberRecord as _clusteros_v1_MemberRecord, MemberRecord__Output as _clusteros_v1_MemberRecord__Output } from './clusteros/v1/MemberRecord.ts';
import type { MembersReply as _clusteros_v1_MembersReply, MembersReply__Output as _clusteros_v1_MembersReply__Output } from './clusteros/v1/MembersReply.ts';
import type { MembersRequest as _clusteros_v1_MembersRequest, MembersRequest__Output as _clusteros_v1_MembersRequest__Output } from './clusteros/v1/MembersRequest.ts';
import type { MoveServiceRequest as _clusteros_v1_MoveServiceRequest, MoveServiceRequest__Output as _clusteros_v1_MoveServiceRequest__Output } from './clusteros/v1/MoveServiceRequest.ts';
import type { Operation as _clusteros_v1_Operation, Operation__Output as _clusteros_v1_Operation__Output } from './clusteros/v1/Operation.ts';
import type { OperationStep as _clusteros_v1_OperationStep, OperationStep__Output as _clusteros_v1_OperationStep__Output } from './clusteros/v1/OperationStep.ts';
import type { OperationsReply as _clusteros_v1_OperationsReply, OperationsReply__Output as _clusteros_v1_OperationsReply__Output } from './clusteros/v1/OperationsReply.ts';
import type { OperationsRequest as _clusteros_v1_OperationsRequest, OperationsRequest__Output as _clusteros_v1_OperationsRequest__Output } from './clusteros/v1/OperationsRequest.ts';
import type { RecoverServiceReply as _clusteros_v1_RecoverServiceReply, RecoverServiceReply__Output as _clusteros_v1_RecoverServiceReply__Output } from './clusteros/v1/RecoverServiceReply.ts';
import type { RecoverServiceRequest as _clusteros_v1_RecoverServiceRequest, RecoverServiceRequest__Output as _clusteros_v1_RecoverServiceRequest__Output } from './clusteros/v1/RecoverServiceRequest.ts';
import type { RecoveredJob as _clusteros_v1_RecoveredJob, RecoveredJob__Output as _clusteros_v1_RecoveredJob__Output } from './clusteros/v1/RecoveredJob.ts';
import type { RecoveredJobsReply as _clusteros_v1_RecoveredJobsReply, RecoveredJobsReply__Output as _clusteros_v1_RecoveredJobsReply__Output } from './clusteros/v1/RecoveredJobsReply.ts';
import type { RecoveredJobsRequest as _clusteros_v1_RecoveredJobsRequest, RecoveredJobsRequest__Output as _clusteros_v1_RecoveredJobsRequest__Output } from './clusteros/v1/RecoveredJobsRequest.ts';
import type { RemoveMemberReply as _clusteros_v1_RemoveMemberReply, RemoveMemberReply__Output as _clusteros_v1_RemoveMemberReply__Output } from './clusteros/v1/RemoveMemberReply.ts';
import type { RemoveMemberRequest as _clusteros_v1_RemoveMemberRequest, RemoveMemberRequest__Output as _clusteros_v1_RemoveMemberRequest__Output } from './clusteros/v1/RemoveMemberRequest.ts';
import type { RestoreReply as _clusteros_v1_RestoreReply, RestoreReply__Output as _clusteros_v1_RestoreReply__Output } from './clusteros/v1/RestoreReply.ts';
import type { RestoreRequest as _clusteros_v1_RestoreRequest, RestoreRequest__Output as _clusteros_v1_RestoreRequest__Output } from './clusteros/v1/RestoreRequest.ts';
import type { ResumeMemberRequest as _clusteros_v1_ResumeMemberRequest, ResumeMemberRequest__Output as _clusteros_v1_ResumeMemberRequest__Output } from './clusteros/v1/ResumeMemberRequest.ts';
import type { RotateKeyReply as _clusteros_v1_RotateKeyReply, RotateKeyReply__Output as _clusteros_v1_RotateKeyReply__Output } from './clusteros/v1/RotateKeyReply.ts';
import type { RotateKeyRequest as _clusteros_v1_RotateKeyRequest, RotateKeyRequest__Output as _clusteros_v1_RotateKeyRequest__Output } from './clusteros/v1/RotateKeyRequest.ts';
import type { ServicePart as _clusteros_v1_ServicePart, ServicePart__Output as _clusteros_v1_ServicePart__Output } from './clusteros/v1/ServicePart.ts';
import type { ServiceReport as _clusteros_v1_ServiceReport, ServiceReport__Output as _clusteros_v1_ServiceReport__Output } from './clusteros/v1/ServiceReport.ts';
import type { SettingsReply as _clusteros_v1_SettingsReply, SettingsReply__Output as _clusteros_v1_SettingsReply__Output } from './clusteros/v1/SettingsReply.ts';
import type { ShowMemberReply as _clusteros_v1_ShowMemberReply, ShowMemberReply__Output as _clusteros_v1_ShowMemberReply__Output } from './clusteros/v1/ShowMemberReply.ts';
import type { ShowMemberRequest as _clusteros_v1_ShowMemberRequest, ShowMemberRequest__Output as _clusteros_v1_ShowMemberRequest__Output } from './clusteros/v1/ShowMemberRequest.ts';
import type { ShowServiceReply as _clusteros_v1_ShowServiceReply, ShowServiceReply__Output as _clusteros_v1_ShowServiceReply__Output } from './clusteros/v1/ShowServiceReply.ts';
import type { ShowServiceRequest as _clusteros_v1_ShowServiceRequest, ShowServiceRequest__Output as _clusteros_v1_ShowServiceRequest__Output } from './clusteros/v1/ShowServiceRequest.ts';
import type { ShowSettingsRequest as _clusteros_v1_ShowSettingsRequest, ShowSettingsRequest__Output as _clusteros_v1_ShowSettingsRequest__Output } from './clusteros/v1/ShowSettingsRequest.ts';
import type { Sight as _clusteros_v1_Sight, Sight__Output as _clusteros_v1_Sight__Output } from './clusteros/v1/Sight.ts';
import type { SightPair as _clusteros_v1_SightPair, SightPair__Output as _clusteros_v1_SightPair__Output } from './clusteros/v1/SightPair.ts';
import type { StatusReply as _clusteros_v1_StatusReply, StatusReply__Output as _clusteros_v1_StatusReply__Output } from './clusteros/v1/StatusReply.ts';
import type { StatusRequest as _clusteros_v1_StatusRequest, StatusRequest__Output as _clusteros_v1_StatusRequest__Output } from './clusteros/v1/StatusRequest.ts';
import type { TagMemberReply as _clusteros_v1_TagMemberReply, TagMemberReply__Output as _clusteros_v1_TagMemberReply__Output } from './clusteros/v1/TagMemberReply.ts';
import type { TagMemberRequest as _clusteros_v1_TagMemberRequest, TagMemberRequest__Output as _clusteros_v1_TagMemberRequest__Output } from './clusteros/v1/TagMemberRequest.ts';
import type { TransferLeaderRequest as _clusteros_v1_TransferLeaderRequest, TransferLeaderRequest__Output as _clusteros_v1_TransferLeaderRequest__Output } from './clusteros/v1/TransferLeaderRequest.ts';
import type { VersionReply as _clusteros_v1_VersionReply, VersionReply__Output as _clusteros_v1_VersionReply__Output } from './clusteros/v1/VersionReply.ts';
import type { VersionRequest as _clusteros_v1_VersionRequest, VersionRequest__Output as _clusteros_v1_VersionRequest__Output } from './clusteros/v1/VersionRequest.ts';
import type { VotingNode as _clusteros_v1_VotingNode, VotingNode__Output as _clusteros_v1_VotingNode__Output } from './clusteros/v1/VotingNode.ts';
import type { VotingReply as _clusteros_v1_VotingReply, VotingReply__Output as _clusteros_v1_VotingReply__Output } from './clusteros/v1/VotingReply.ts';
import type { VotingRequest as _clusteros_v1_VotingRequest, VotingRequest__Output as _clusteros_v1_VotingRequest__Output } from './clusteros/v1/VotingRequest.ts';

type SubtypeConstructor<Constructor extends new (...args: any) => any, Subtype> = {
  new(...args: ConstructorParameters<Constructor>): Subtype;
};

export interface ProtoGrpcType {
  clusteros: {
    v1: {
      Accusation: MessageTypeDefinition<_clusteros_v1_Accusation, _clusteros_v1_Accusation__Output>
      AdminService: SubtypeConstructor<typeof grpc.Client, _clusteros_v1_AdminServiceClient> & { service: _clusteros_v1_AdminServiceDefinition }
      BackupReply: MessageTypeDefinition<_clusteros_v1_BackupReply, _clusteros_v1_BackupReply__Output>
      BackupRequest: MessageTypeDefinition<_clusteros_v1_BackupRequest, _clusteros_v1_BackupRequest__Output>
      CallServiceReply: MessageTypeDefinition<_clusteros_v1_CallServiceReply, _clusteros_v1_CallServiceReply__Output>
      CallServiceRequest: MessageTypeDefinition<_clusteros_v1_CallServiceRequest, _clusteros_v1_CallServiceRequest__Output>
      ChangeVotingRequest: MessageTypeDefinition<_clusteros_v1_ChangeVotingRequest, _clusteros_v1_ChangeVotingRequest__Output>
      ConfigureRequest: MessageTypeDefinition<_clusteros_v1_ConfigureRequest, _clusteros_v1_ConfigureRequest__Output>
      CreateTailnetKeyReply: MessageTypeDefinition<_clusteros_v1_CreateTailnetKeyReply, _clusteros_v1_CreateTailnetKeyReply__Output>
      CreateTailnetKeyRequest: MessageTypeDefinition<_clusteros_v1_CreateTailnetKeyRequest, _clusteros_v1_CreateTailnetKeyRequest__Output>
      DiagnoseRequest: MessageTypeDefinition<_clusteros_v1_DiagnoseRequest, _clusteros_v1_DiagnoseRequest__Output>
      DrainMemberReply: MessageTypeDefinition<_clusteros_v1_DrainMemberReply, _clusteros_v1_DrainMemberReply__Output>
      DrainMemberRequest: MessageTypeDefinition<_clusteros_v1_DrainMemberRequest, _clusteros_v1_DrainMemberRequest__Output>
      Event: MessageTypeDefinition<_clusteros_v1_Event, _clusteros_v1_Event__Output>
      EventsRequest: MessageTypeDefinition<_clusteros_v1_EventsRequest, _clusteros_v1_EventsRequest__Output>
      Finding: MessageTypeDefinition<_clusteros_v1_Finding, _clusteros_v1_Finding__Output>
      ForgetServiceReply: MessageTypeDefinition<_clusteros_v1_ForgetServiceReply, _clusteros_v1_ForgetServiceReply__Output>
      ForgetServiceRequest: MessageTypeDefinition<_clusteros_v1_ForgetServiceRequest, _clusteros_v1_ForgetServiceRequest__Output>
      KeepTailnetClientReply: MessageTypeDefinition<_clusteros_v1_KeepTailnetClientReply, _clusteros_v1_KeepTailnetClientReply__Output>
      KeepTailnetClientRequest: MessageTypeDefinition<_clusteros_v1_KeepTailnetClientRequest, _clusteros_v1_KeepTailnetClientRequest__Output>
      LeaderReply: MessageTypeDefinition<_clusteros_v1_LeaderReply, _clusteros_v1_LeaderReply__Output>
      LeaderRequest: MessageTypeDefinition<_clusteros_v1_LeaderRequest, _clusteros_v1_LeaderRequest__Output>
      Member: MessageTypeDefinition<_clusteros_v1_Member, _clusteros_v1_Member__Output>
      MemberRecord: MessageTypeDefinition<_clusteros_v1_MemberRecord, _clusteros_v1_MemberRecord__Output>
      MembersReply: MessageTypeDefinition<_clusteros_v1_MembersReply, _clusteros_v1_MembersReply__Output>
      MembersRequest: MessageTypeDefinition<_clusteros_v1_MembersRequest, _clusteros_v1_MembersRequest__Output>
      MoveServiceRequest: MessageTypeDefinition<_clusteros_v1_MoveServiceRequest, _clusteros_v1_MoveServiceRequest__Output>
      Operation: MessageTypeDefinition<_clusteros_v1_Operation, _clusteros_v1_Operation__Output>
      OperationStep: MessageTypeDefinition<_clusteros_v1_OperationStep, _clusteros_v1_OperationStep__Output>
      OperationsReply: MessageTypeDefinition<_clusteros_v1_OperationsReply, _clusteros_v1_OperationsReply__Output>
      OperationsRequest: MessageTypeDefinition<_clusteros_v1_OperationsRequest, _clusteros_v1_OperationsRequest__Output>
      RecoverServiceReply: MessageTypeDefinition<_clusteros_v1_RecoverServiceReply, _clusteros_v1_RecoverServiceReply__Output>
      RecoverServiceRequest: MessageTypeDefinition<_clusteros_v1_RecoverServiceRequest, _clusteros_v1_RecoverServiceRequest__Output>
      RecoveredJob: MessageTypeDefinition<_clusteros_v1_RecoveredJob, _clusteros_v1_RecoveredJob__Output>
      RecoveredJobsReply: MessageTypeDefinition<_clusteros_v1_RecoveredJobsReply, _clusteros_v1_RecoveredJobsReply__Output>
      RecoveredJobsRequest: MessageTypeDefinition<_clusteros_v1_RecoveredJobsRequest, _clusteros_v1_RecoveredJobsRequest__Output>
      RemoveMemberReply: MessageTypeDefinition<_clusteros_v1_RemoveMemberReply, _clusteros_v1_RemoveMemberReply__Output>
      RemoveMemberRequest: MessageTypeDefinition<_clusteros_v1_RemoveMemberRequest, _clusteros_v1_RemoveMemberRequest__Output>
      RestoreReply: MessageTypeDefinition<_clusteros_v1_RestoreReply, _clusteros_v1_RestoreReply__Output>
      RestoreRequest: MessageTypeDefinition<_clusteros_v1_RestoreRequest, _clusteros_v1_RestoreRequest__Output>
      ResumeMemberRequest: MessageTypeDefinition<_clusteros_v1_ResumeMemberRequest, _clusteros_v1_ResumeMemberRequest__Output>
      RotateKeyReply: MessageTypeDefinition<_clusteros_v1_RotateKeyReply, _clusteros_v1_RotateKeyReply__Output>
      RotateKeyRequest: MessageTypeDefinition<_clusteros_v1_RotateKeyRequest, _clusteros_v1_RotateKeyRequest__Output>
      ServicePart: MessageTypeDefinition<_clusteros_v1_ServicePart, _clusteros_v1_ServicePart__Output>
      ServiceReport: MessageTypeDefinition<_clusteros_v1_ServiceReport, _clusteros_v1_ServiceReport__Output>
      SettingsReply: MessageTypeDefinition<_clusteros_v1_SettingsReply, _clusteros_v1_SettingsReply__Output>
      ShowMemberReply: MessageTypeDefinition<_clusteros_v1_ShowMemberReply, _clusteros_v1_ShowMemberReply__Output>
      ShowMemberRequest: MessageTypeDefinition<_clusteros_v1_ShowMemberRequest, _clusteros_v1_ShowMemberRequest__Output>
      ShowServiceReply: MessageTypeDefinition<_clusteros_v1_ShowServiceReply, _clusteros_v1_ShowServiceReply__Output>
      ShowServiceRequest: MessageTypeDefinition<_clusteros_v1_ShowServiceRequest, _clusteros_v1_ShowServiceRequest__Output>
      ShowSettingsRequest: MessageTypeDefinition<_clusteros_v1_ShowSettingsRequest, _clusteros_v1_ShowSettingsRequest__Output>
      Sight: MessageTypeDefinition<_clusteros_v1_Sight, _clusteros_v1_Sight__Output>
      SightPair: MessageTypeDefinition<_clusteros_v1_SightPair, _clusteros_v1_SightPair__Output>
      StatusReply: MessageTypeDefinition<_clusteros_v1_StatusReply, _clusteros_v1_StatusReply__Output>
      StatusRequest: MessageTypeDefinition<_clusteros_v1_StatusRequest, _clusteros_v1_StatusRequest__Output>
      TagMemberReply: MessageTypeDefinition<_clusteros_v1_TagMemberReply, _clusteros_v1_TagMemberReply__Output>
      TagMemberRequest: MessageTypeDefinition<_clusteros_v1_TagMemberRequest, _clusteros_v1_TagMemberRequest__Output>
      TransferLeaderRequest: MessageTypeDefinition<_clusteros_v1_TransferLeaderRequest, _clusteros_v1_TransferLeaderRequest__Output>
      VersionReply: MessageTypeDefinition<_clusteros_v1_VersionReply, _clusteros_v1_VersionReply__Output>
      VersionRequest: MessageTypeDefinition<_clusteros_v1_VersionRequest, _clusteros_v1_VersionRequest__Output>
      VotingNode: MessageTypeDefinition<_clusteros_v1_VotingNode, _clusteros_v1_VotingNode__Output>
      VotingReply: MessageTypeDefinition<_clusteros_v1_VotingReply, _clusteros_v1_VotingReply__Output>
      VotingRequest: MessageTypeDefinition<_clusteros_v1_VotingRequest, _clusteros_v1_VotingRequest__Output>
    }
  }
}

