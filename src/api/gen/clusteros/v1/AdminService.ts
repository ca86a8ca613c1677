// Original file: proto/clusteros/v1/admin.proto

import type * as grpc from '@grpc/grpc-js'
import type { MethodDefinition } from '@grpc/proto-loader'
import type { BackupReply as _clusteros_v1_BackupReply, BackupReply__Output as _clusteros_v1_BackupReply__Output } from '../../clusteros/v1/BackupReply.ts';
import type { BackupRequest as _clusteros_v1_BackupRequest, BackupRequest__Output as _clusteros_v1_BackupRequest__Output } from '../../clusteros/v1/BackupRequest.ts';
import type { CallServiceReply as _clusteros_v1_CallServiceReply, CallServiceReply__Output as _clusteros_v1_CallServiceReply__Output } from '../../clusteros/v1/CallServiceReply.ts';
import type { CallServiceRequest as _clusteros_v1_CallServiceRequest, CallServiceRequest__Output as _clusteros_v1_CallServiceRequest__Output } from '../../clusteros/v1/CallServiceRequest.ts';
import type { ChangeVotingRequest as _clusteros_v1_ChangeVotingRequest, ChangeVotingRequest__Output as _clusteros_v1_ChangeVotingRequest__Output } from '../../clusteros/v1/ChangeVotingRequest.ts';
import type { ConfigureRequest as _clusteros_v1_ConfigureRequest, ConfigureRequest__Output as _clusteros_v1_ConfigureRequest__Output } from '../../clusteros/v1/ConfigureRequest.ts';
import type { CreateTailnetKeyReply as _clusteros_v1_CreateTailnetKeyReply, CreateTailnetKeyReply__Output as _clusteros_v1_CreateTailnetKeyReply__Output } from '../../clusteros/v1/CreateTailnetKeyReply.ts';
import type { CreateTailnetKeyRequest as _clusteros_v1_CreateTailnetKeyRequest, CreateTailnetKeyRequest__Output as _clusteros_v1_CreateTailnetKeyRequest__Output } from '../../clusteros/v1/CreateTailnetKeyRequest.ts';
import type { DiagnoseRequest as _clusteros_v1_DiagnoseRequest, DiagnoseRequest__Output as _clusteros_v1_DiagnoseRequest__Output } from '../../clusteros/v1/DiagnoseRequest.ts';
import type { DrainMemberReply as _clusteros_v1_DrainMemberReply, DrainMemberReply__Output as _clusteros_v1_DrainMemberReply__Output } from '../../clusteros/v1/DrainMemberReply.ts';
import type { DrainMemberRequest as _clusteros_v1_DrainMemberRequest, DrainMemberRequest__Output as _clusteros_v1_DrainMemberRequest__Output } from '../../clusteros/v1/DrainMemberRequest.ts';
import type { Event as _clusteros_v1_Event, Event__Output as _clusteros_v1_Event__Output } from '../../clusteros/v1/Event.ts';
import type { EventsRequest as _clusteros_v1_EventsRequest, EventsRequest__Output as _clusteros_v1_EventsRequest__Output } from '../../clusteros/v1/EventsRequest.ts';
import type { Finding as _clusteros_v1_Finding, Finding__Output as _clusteros_v1_Finding__Output } from '../../clusteros/v1/Finding.ts';
import type { ForgetServiceReply as _clusteros_v1_ForgetServiceReply, ForgetServiceReply__Output as _clusteros_v1_ForgetServiceReply__Output } from '../../clusteros/v1/ForgetServiceReply.ts';
import type { ForgetServiceRequest as _clusteros_v1_ForgetServiceRequest, ForgetServiceRequest__Output as _clusteros_v1_ForgetServiceRequest__Output } from '../../clusteros/v1/ForgetServiceRequest.ts';
import type { KeepTailnetClientReply as _clusteros_v1_KeepTailnetClientReply, KeepTailnetClientReply__Output as _clusteros_v1_KeepTailnetClientReply__Output } from '../../clusteros/v1/KeepTailnetClientReply.ts';
import type { KeepTailnetClientRequest as _clusteros_v1_KeepTailnetClientRequest, KeepTailnetClientRequest__Output as _clusteros_v1_KeepTailnetClientRequest__Output } from '../../clusteros/v1/KeepTailnetClientRequest.ts';
import type { LeaderReply as _clusteros_v1_LeaderReply, LeaderReply__Output as _clusteros_v1_LeaderReply__Output } from '../../clusteros/v1/LeaderReply.ts';
import type { LeaderRequest as _clusteros_v1_LeaderRequest, LeaderRequest__Output as _clusteros_v1_LeaderRequest__Output } from '../../clusteros/v1/LeaderRequest.ts';
import type { MembersReply as _clusteros_v1_MembersReply, MembersReply__Output as _clusteros_v1_MembersReply__Output } from '../../clusteros/v1/MembersReply.ts';
import type { MembersRequest as _clusteros_v1_MembersRequest, MembersRequest__Output as _clusteros_v1_MembersRequest__Output } from '../../clusteros/v1/MembersRequest.ts';
import type { MoveServiceRequest as _clusteros_v1_MoveServiceRequest, MoveServiceRequest__Output as _clusteros_v1_MoveServiceRequest__Output } from '../../clusteros/v1/MoveServiceRequest.ts';
import type { OperationsReply as _clusteros_v1_OperationsReply, OperationsReply__Output as _clusteros_v1_OperationsReply__Output } from '../../clusteros/v1/OperationsReply.ts';
import type { OperationsRequest as _clusteros_v1_OperationsRequest, OperationsRequest__Output as _clusteros_v1_OperationsRequest__Output } from '../../clusteros/v1/OperationsRequest.ts';
import type { RecoverServiceReply as _clusteros_v1_RecoverServiceReply, RecoverServiceReply__Output as _clusteros_v1_RecoverServiceReply__Output } from '../../clusteros/v1/RecoverServiceReply.ts';
import type { RecoverServiceRequest as _clusteros_v1_RecoverServiceRequest, RecoverServiceRequest__Output as _clusteros_v1_RecoverServiceRequest__Output } from '../../clusteros/v1/RecoverServiceRequest.ts';
import type { RecoveredJobsReply as _clusteros_v1_RecoveredJobsReply, RecoveredJobsReply__Output as _clusteros_v1_RecoveredJobsReply__Output } from '../../clusteros/v1/RecoveredJobsReply.ts';
import type { RecoveredJobsRequest as _clusteros_v1_RecoveredJobsRequest, RecoveredJobsRequest__Output as _clusteros_v1_RecoveredJobsRequest__Output } from '../../clusteros/v1/RecoveredJobsRequest.ts';
import type { RemoveMemberReply as _clusteros_v1_RemoveMemberReply, RemoveMemberReply__Output as _clusteros_v1_RemoveMemberReply__Output } from '../../clusteros/v1/RemoveMemberReply.ts';
import type { RemoveMemberRequest as _clusteros_v1_RemoveMemberRequest, RemoveMemberRequest__Output as _clusteros_v1_RemoveMemberRequest__Output } from '../../clusteros/v1/RemoveMemberRequest.ts';
import type { RestoreReply as _clusteros_v1_RestoreReply, RestoreReply__Output as _clusteros_v1_RestoreReply__Output } from '../../clusteros/v1/RestoreReply.ts';
import type { RestoreRequest as _clusteros_v1_RestoreRequest, RestoreRequest__Output as _clusteros_v1_RestoreRequest__Output } from '../../clusteros/v1/RestoreRequest.ts';
import type { ResumeMemberRequest as _clusteros_v1_ResumeMemberRequest, ResumeMemberRequest__Output as _clusteros_v1_ResumeMemberRequest__Output } from '../../clusteros/v1/ResumeMemberRequest.ts';
import type { RotateKeyReply as _clusteros_v1_RotateKeyReply, RotateKeyReply__Output as _clusteros_v1_RotateKeyReply__Output } from '../../clusteros/v1/RotateKeyReply.ts';
import type { RotateKeyRequest as _clusteros_v1_RotateKeyRequest, RotateKeyRequest__Output as _clusteros_v1_RotateKeyRequest__Output } from '../../clusteros/v1/RotateKeyRequest.ts';
import type { SettingsReply as _clusteros_v1_SettingsReply, SettingsReply__Output as _clusteros_v1_SettingsReply__Output } from '../../clusteros/v1/SettingsReply.ts';
import type { ShowMemberReply as _clusteros_v1_ShowMemberReply, ShowMemberReply__Output as _clusteros_v1_ShowMemberReply__Output } from '../../clusteros/v1/ShowMemberReply.ts';
import type { ShowMemberRequest as _clusteros_v1_ShowMemberRequest, ShowMemberRequest__Output as _clusteros_v1_ShowMemberRequest__Output } from '../../clusteros/v1/ShowMemberRequest.ts';
import type { ShowServiceReply as _clusteros_v1_ShowServiceReply, ShowServiceReply__Output as _clusteros_v1_ShowServiceReply__Output } from '../../clusteros/v1/ShowServiceReply.ts';
import type { ShowServiceRequest as _clusteros_v1_ShowServiceRequest, ShowServiceRequest__Output as _clusteros_v1_ShowServiceRequest__Output } from '../../clusteros/v1/ShowServiceRequest.ts';
import type { ShowSettingsRequest as _clusteros_v1_ShowSettingsRequest, ShowSettingsRequest__Output as _clusteros_v1_ShowSettingsRequest__Output } from '../../clusteros/v1/ShowSettingsRequest.ts';
import type { StatusReply as _clusteros_v1_StatusReply, StatusReply__Output as _clusteros_v1_StatusReply__Output } from '../../clusteros/v1/StatusReply.ts';
import type { StatusRequest as _clusteros_v1_StatusRequest, StatusRequest__Output as _clusteros_v1_StatusRequest__Output } from '../../clusteros/v1/StatusRequest.ts';
import type { TagMemberReply as _clusteros_v1_TagMemberReply, TagMemberReply__Output as _clusteros_v1_TagMemberReply__Output } from '../../clusteros/v1/TagMemberReply.ts';
import type { TagMemberRequest as _clusteros_v1_TagMemberRequest, TagMemberRequest__Output as _clusteros_v1_TagMemberRequest__Output } from '../../clusteros/v1/TagMemberRequest.ts';
import type { TransferLeaderRequest as _clusteros_v1_TransferLeaderRequest, TransferLeaderRequest__Output as _clusteros_v1_TransferLeaderRequest__Output } from '../../clusteros/v1/TransferLeaderRequest.ts';
import type { VersionReply as _clusteros_v1_VersionReply, VersionReply__Output as _clusteros_v1_VersionReply__Output } from '../../clusteros/v1/VersionReply.ts';
import type { VersionRequest as _clusteros_v1_VersionRequest, VersionRequest__Output as _clusteros_v1_VersionRequest__Output } from '../../clusteros/v1/VersionRequest.ts';
import type { VotingReply as _clusteros_v1_VotingReply, VotingReply__Output as _clusteros_v1_VotingReply__Output } from '../../clusteros/v1/VotingReply.ts';
import type { VotingRequest as _clusteros_v1_VotingRequest, VotingRequest__Output as _clusteros_v1_VotingRequest__Output } from '../../clusteros/v1/VotingRequest.ts';

export interface AdminServiceClient extends grpc.Client {
  Backup(argument: _clusteros_v1_BackupRequest, metadata: grpc.Metadata, options: grpc.CallOptions, callback: grpc.requestCallback<_clusteros_v1_BackupReply__Output>): grpc.ClientUnaryCall;
  Backup(argument: _clusteros_v1_BackupRequest, metadata: grpc.Metadata, callback: grpc.requestCallback<_clusteros_v1_BackupReply__Output>): grpc.ClientUnaryCall;
  Backup(argument: _clusteros_v1_BackupRequest, options: grpc.CallOptions, callback: grpc.requestCallback<_clusteros_v1_BackupReply__Output>): grpc.ClientUnaryCall;
  Backup(argument: _clusteros_v1_BackupRequest, callback: grpc.requestCallback<_clusteros_v1_BackupReply__Output>): grpc.ClientUnaryCall;
  backup(argument: _clusteros_v1_BackupRequest, metadata: grpc.Metadata, options: grpc.CallOptions, callback: grpc.requestCallback<_clusteros_v1_BackupReply__Output>): grpc.ClientUnaryCall;
  backup(argument: _clusteros_v1_BackupRequest, metadata: grpc.Metadata, callback: grpc.requestCallback<_clusteros_v1_BackupReply__Output>): grpc.ClientUnaryCall;
  backup(argument: _clusteros_v1_BackupRequest, options: grpc.CallOptions, callback: grpc.requestCallback<_clusteros_v1_BackupReply__Output>): grpc.ClientUnaryCall;
  backup(argument: _clusteros_v1_BackupRequest, callback: grpc.requestCallback<_clusteros_v1_BackupReply__Output>): grpc.ClientUnaryCall;
  
  CallService(argument: _clusteros_v1_CallServiceRequest, metadata: grpc.Metadata, options: grpc.CallOptions, callback: grpc.requestCallback<_clusteros_v1_CallServiceReply__Output>): grpc.ClientUnaryCall;
  CallService(argument: _clusteros_v1_CallServiceRequest, metadata: grpc.Metadata, callback: grpc.requestCallback<_clusteros_v1_CallServiceReply__Output>): grpc.ClientUnaryCall;
  CallService(argument: _clusteros_v1_CallServiceRequest, options: grpc.CallOptions, callback: grpc.requestCallback<_clusteros_v1_CallServiceReply__Output>): grpc.ClientUnaryCall;
  CallService(argument: _clusteros_v1_CallServiceRequest, callback: grpc.requestCallback<_clusteros_v1_CallServiceReply__Output>): grpc.ClientUnaryCall;
  callService(argument: _clusteros_v1_CallServiceRequest, metadata: grpc.Metadata, options: grpc.CallOptions, callback: grpc.requestCallback<_clusteros_v1_CallServiceReply__Output>): grpc.ClientUnaryCall;
  callService(argument: _clusteros_v1_CallServiceRequest, metadata: grpc.Metadata, callback: grpc.requestCallback<_clusteros_v1_CallServiceReply__Output>): grpc.ClientUnaryCall;
  callService(argument: _clusteros_v1_CallServiceRequest, options: grpc.CallOptions, callback: grpc.requestCallback<_clusteros_v1_CallServiceReply__Output>): grpc.ClientUnaryCall;
  callService(argument: _clusteros_v1_CallServiceRequest, callback: grpc.requestCallback<_clusteros_v1_CallServiceReply__Output>): grpc.ClientUnaryCall;
  
  ChangeVoting(argument: _clusteros_v1_ChangeVotingRequest, metadata: grpc.Metadata, options: grpc.CallOptions, callback: grpc.requestCallback<_clusteros_v1_VotingReply__Output>): grpc.ClientUnaryCall;
  ChangeVoting(argument: _clusteros_v1_ChangeVotingRequest, metadata: grpc.Metadata, callback: grpc.requestCallback<_clusteros_v1_VotingReply__Output>): grpc.ClientUnaryCall;
  ChangeVoting(argument: _clusteros_v1_ChangeVotingRequest, options: grpc.CallOptions, callback: grpc.requestCallback<_clusteros_v1_VotingReply__Output>): grpc.ClientUnaryCall;
  ChangeVoting(argument: _clusteros_v1_ChangeVotingRequest, callback: grpc.requestCallback<_clusteros_v1_VotingReply__Output>): grpc.ClientUnaryCall;
  changeVoting(argument: _clusteros_v1_ChangeVotingRequest, metadata: grpc.Metadata, options: grpc.CallOptions, callback: grpc.requestCallback<_clusteros_v1_VotingReply__Output>): grpc.ClientUnaryCall;
  changeVoting(argument: _clusteros_v1_ChangeVotingRequest, metadata: grpc.Metadata, callback: grpc.requestCallback<_clusteros_v1_VotingReply__Output>): grpc.ClientUnaryCall;
  changeVoting(argument: _clusteros_v1_ChangeVotingRequest, options: grpc.CallOptions, callback: grpc.requestCallback<_clusteros_v1_VotingReply__Output>): grpc.ClientUnaryCall;
  changeVoting(argument: _clusteros_v1_ChangeVotingRequest, callback: grpc.requestCallback<_clusteros_v1_VotingReply__Output>): grpc.ClientUnaryCall;
  
  Configure(argument: _clusteros_v1_ConfigureRequest, metadata: grpc.Metadata, options: grpc.CallOptions, callback: grpc.requestCallback<_clusteros_v1_SettingsReply__Output>): grpc.ClientUnaryCall;
  Configure(argument: _clusteros_v1_ConfigureRequest, metadata: grpc.Metadata, callback: grpc.requestCallback<_clusteros_v1_SettingsReply__Output>): grpc.ClientUnaryCall;
  Configure(argument: _clusteros_v1_ConfigureRequest, options: grpc.CallOptions, callback: grpc.requestCallback<_clusteros_v1_SettingsReply__Output>): grpc.ClientUnaryCall;
  Configure(argument: _clusteros_v1_ConfigureRequest, callback: grpc.requestCallback<_clusteros_v1_SettingsReply__Output>): grpc.ClientUnaryCall;
  configure(argument: _clusteros_v1_ConfigureRequest, metadata: grpc.Metadata, options: grpc.CallOptions, callback: grpc.requestCallback<_clusteros_v1_SettingsReply__Output>): grpc.ClientUnaryCall;
  configure(argument: _clusteros_v1_ConfigureRequest, metadata: grpc.Metadata, callback: grpc.requestCallback<_clusteros_v1_SettingsReply__Output>): grpc.ClientUnaryCall;
  configure(argument: _clusteros_v1_ConfigureRequest, options: grpc.CallOptions, callback: grpc.requestCallback<_clusteros_v1_SettingsReply__Output>): grpc.ClientUnaryCall;
  configure(argument: _clusteros_v1_ConfigureRequest, callback: grpc.requestCallback<_clusteros_v1_SettingsReply__Output>): grpc.ClientUnaryCall;
  
  CreateTailnetKey(argument: _clusteros_v1_CreateTailnetKeyRequest, metadata: grpc.Metadata, options: grpc.CallOptions, callback: grpc.requestCallback<_clusteros_v1_CreateTailnetKeyReply__Output>): grpc.ClientUnaryCall;
  CreateTailnetKey(argument: _clusteros_v1_CreateTailnetKeyRequest, metadata: grpc.Metadata, callback: grpc.requestCallback<_clusteros_v1_CreateTailnetKeyReply__Output>): grpc.ClientUnaryCall;
  CreateTailnetKey(argument: _clusteros_v1_CreateTailnetKeyRequest, options: grpc.CallOptions, callback: grpc.requestCallback<_clusteros_v1_CreateTailnetKeyReply__Output>): grpc.ClientUnaryCall;
  CreateTailnetKey(argument: _clusteros_v1_CreateTailnetKeyRequest, callback: grpc.requestCallback<_clusteros_v1_CreateTailnetKeyReply__Output>): grpc.ClientUnaryCall;
  createTailnetKey(argument: _clusteros_v1_CreateTailnetKeyRequest, metadata: grpc.Metadata, options: grpc.CallOptions, callback: grpc.requestCallback<_clusteros_v1_CreateTailnetKeyReply__Output>): grpc.ClientUnaryCall;
  createTailnetKey(argument: _clusteros_v1_CreateTailnetKeyRequest, metadata: grpc.Metadata, callback: grpc.requestCallback<_clusteros_v1_CreateTailnetKeyReply__Output>): grpc.ClientUnaryCall;
  createTailnetKey(argument: _clusteros_v1_CreateTailnetKeyRequest, options: grpc.CallOptions, callback: grpc.requestCallback<_clusteros_v1_CreateTailnetKeyReply__Output>): grpc.ClientUnaryCall;
  createTailnetKey(argument: _clusteros_v1_CreateTailnetKeyRequest, callback: grpc.requestCallback<_clusteros_v1_CreateTailnetKeyReply__Output>): grpc.ClientUnaryCall;
  
  Diagnose(argument: _clusteros_v1_DiagnoseRequest, metadata: grpc.Metadata, options?: grpc.CallOptions): grpc.ClientReadableStream<_clusteros_v1_Finding__Output>;
  Diagnose(argument: _clusteros_v1_DiagnoseRequest, options?: grpc.CallOptions): grpc.ClientReadableStream<_clusteros_v1_Finding__Output>;
  diagnose(argument: _clusteros_v1_DiagnoseRequest, metadata: grpc.Metadata, options?: grpc.CallOptions): grpc.ClientReadableStream<_clusteros_v1_Finding__Output>;
  diagnose(argument: _clusteros_v1_DiagnoseRequest, options?: grpc.CallOptions): grpc.ClientReadableStream<_clusteros_v1_Finding__Output>;
  
  DrainMember(argument: _clusteros_v1_DrainMemberRequest, metadata: grpc.Metadata, options: grpc.CallOptions, callback: grpc.requestCallback<_clusteros_v1_DrainMemberReply__Output>): grpc.ClientUnaryCall;
  DrainMember(argument: _clusteros_v1_DrainMemberRequest, metadata: grpc.Metadata, callback: grpc.requestCallback<_clusteros_v1_DrainMemberReply__Output>): grpc.ClientUnaryCall;
  DrainMember(argument: _clusteros_v1_DrainMemberRequest, options: grpc.CallOptions, callback: grpc.requestCallback<_clusteros_v1_DrainMemberReply__Output>): grpc.ClientUnaryCall;
  DrainMember(argument: _clusteros_v1_DrainMemberRequest, callback: grpc.requestCallback<_clusteros_v1_DrainMemberReply__Output>): grpc.ClientUnaryCall;
  drainMember(argument: _clusteros_v1_DrainMemberRequest, metadata: grpc.Metadata, options: grpc.CallOptions, callback: grpc.requestCallback<_clusteros_v1_DrainMemberReply__Output>): grpc.ClientUnaryCall;
  drainMember(argument: _clusteros_v1_DrainMemberRequest, metadata: grpc.Metadata, callback: grpc.requestCallback<_clusteros_v1_DrainMemberReply__Output>): grpc.ClientUnaryCall;
  drainMember(argument: _clusteros_v1_DrainMemberRequest, options: grpc.CallOptions, callback: grpc.requestCallback<_clusteros_v1_DrainMemberReply__Output>): grpc.ClientUnaryCall;
  drainMember(argument: _clusteros_v1_DrainMemberRequest, callback: grpc.requestCallback<_clusteros_v1_DrainMemberReply__Output>): grpc.ClientUnaryCall;
  
  Events(argument: _clusteros_v1_EventsRequest, metadata: grpc.Metadata, options?: grpc.CallOptions): grpc.ClientReadableStream<_clusteros_v1_Event__Output>;
  Events(argument: _clusteros_v1_EventsRequest, options?: grpc.CallOptions): grpc.ClientReadableStream<_clusteros_v1_Event__Output>;
  events(argument: _clusteros_v1_EventsRequest, metadata: grpc.Metadata, options?: grpc.CallOptions): grpc.ClientReadableStream<_clusteros_v1_Event__Output>;
  events(argument: _clusteros_v1_EventsRequest, options?: grpc.CallOptions): grpc.ClientReadableStream<_clusteros_v1_Event__Output>;
  
  ForgetService(argument: _clusteros_v1_ForgetServiceRequest, metadata: grpc.Metadata, options: grpc.CallOptions, callback: grpc.requestCallback<_clusteros_v1_ForgetServiceReply__Output>): grpc.ClientUnaryCall;
  ForgetService(argument: _clusteros_v1_ForgetServiceRequest, metadata: grpc.Metadata, callback: grpc.requestCallback<_clusteros_v1_ForgetServiceReply__Output>): grpc.ClientUnaryCall;
  ForgetService(argument: _clusteros_v1_ForgetServiceRequest, options: grpc.CallOptions, callback: grpc.requestCallback<_clusteros_v1_ForgetServiceReply__Output>): grpc.ClientUnaryCall;
  ForgetService(argument: _clusteros_v1_ForgetServiceRequest, callback: grpc.requestCallback<_clusteros_v1_ForgetServiceReply__Output>): grpc.ClientUnaryCall;
  forgetService(argument: _clusteros_v1_ForgetServiceRequest, metadata: grpc.Metadata, options: grpc.CallOptions, callback: grpc.requestCallback<_clusteros_v1_ForgetServiceReply__Output>): grpc.ClientUnaryCall;
  forgetService(argument: _clusteros_v1_ForgetServiceRequest, metadata: grpc.Metadata, callback: grpc.requestCallback<_clusteros_v1_ForgetServiceReply__Output>): grpc.ClientUnaryCall;
  forgetService(argument: _clusteros_v1_ForgetServiceRequest, options: grpc.CallOptions, callback: grpc.requestCallback<_clusteros_v1_ForgetServiceReply__Output>): grpc.ClientUnaryCall;
  forgetService(argument: _clusteros_v1_ForgetServiceRequest, callback: grpc.requestCallback<_clusteros_v1_ForgetServiceReply__Output>): grpc.ClientUnaryCall;
  
  KeepTailnetClient(argument: _clusteros_v1_KeepTailnetClientRequest, metadata: grpc.Metadata, options: grpc.CallOptions, callback: grpc.requestCallback<_clusteros_v1_KeepTailnetClientReply__Output>): grpc.ClientUnaryCall;
  KeepTailnetClient(argument: _clusteros_v1_KeepTailnetClientRequest, metadata: grpc.Metadata, callback: grpc.requestCallback<_clusteros_v1_KeepTailnetClientReply__Output>): grpc.ClientUnaryCall;
  KeepTailnetClient(argument: _clusteros_v1_KeepTailnetClientRequest, options: grpc.CallOptions, callback: grpc.requestCallback<_clusteros_v1_KeepTailnetClientReply__Output>): grpc.ClientUnaryCall;
  KeepTailnetClient(argument: _clusteros_v1_KeepTailnetClientRequest, callback: grpc.requestCallback<_clusteros_v1_KeepTailnetClientReply__Output>): grpc.ClientUnaryCall;
  keepTailnetClient(argument: _clusteros_v1_KeepTailnetClientRequest, metadata: grpc.Metadata, options: grpc.CallOptions, callback: grpc.requestCallback<_clusteros_v1_KeepTailnetClientReply__Output>): grpc.ClientUnaryCall;
  keepTailnetClient(argument: _clusteros_v1_KeepTailnetClientRequest, metadata: grpc.Metadata, callback: grpc.requestCallback<_clusteros_v1_KeepTailnetClientReply__Output>): grpc.ClientUnaryCall;
  keepTailnetClient(argument: _clusteros_v1_KeepTailnetClientRequest, options: grpc.CallOptions, callback: grpc.requestCallback<_clusteros_v1_KeepTailnetClientReply__Output>): grpc.ClientUnaryCall;
  keepTailnetClient(argument: _clusteros_v1_KeepTailnetClientRequest, callback: grpc.requestCallback<_clusteros_v1_KeepTailnetClientReply__Output>): grpc.ClientUnaryCall;
  
  Leader(argument: _clusteros_v1_LeaderRequest, metadata: grpc.Metadata, options: grpc.CallOptions, callback: grpc.requestCallback<_clusteros_v1_LeaderReply__Output>): grpc.ClientUnaryCall;
  Leader(argument: _clusteros_v1_LeaderRequest, metadata: grpc.Metadata, callback: grpc.requestCallback<_clusteros_v1_LeaderReply__Output>): grpc.ClientUnaryCall;
  Leader(argument: _clusteros_v1_LeaderRequest, options: grpc.CallOptions, callback: grpc.requestCallback<_clusteros_v1_LeaderReply__Output>): grpc.ClientUnaryCall;
  Leader(argument: _clusteros_v1_LeaderRequest, callback: grpc.requestCallback<_clusteros_v1_LeaderReply__Output>): grpc.ClientUnaryCall;
  leader(argument: _clusteros_v1_LeaderRequest, metadata: grpc.Metadata, options: grpc.CallOptions, callback: grpc.requestCallback<_clusteros_v1_LeaderReply__Output>): grpc.ClientUnaryCall;
  leader(argument: _clusteros_v1_LeaderRequest, metadata: grpc.Metadata, callback: grpc.requestCallback<_clusteros_v1_LeaderReply__Output>): grpc.ClientUnaryCall;
  leader(argument: _clusteros_v1_LeaderRequest, options: grpc.CallOptions, callback: grpc.requestCallback<_clusteros_v1_LeaderReply__Output>): grpc.ClientUnaryCall;
  leader(argument: _clusteros_v1_LeaderRequest, callback: grpc.requestCallback<_clusteros_v1_LeaderReply__Output>): grpc.ClientUnaryCall;
  
  Members(argument: _clusteros_v1_MembersRequest, metadata: grpc.Metadata, options: grpc.CallOptions, callback: grpc.requestCallback<_clusteros_v1_MembersReply__Output>): grpc.ClientUnaryCall;
  Members(argument: _clusteros_v1_MembersRequest, metadata: grpc.Metadata, callback: grpc.requestCallback<_clusteros_v1_MembersReply__Output>): grpc.ClientUnaryCall;
  Members(argument: _clusteros_v1_MembersRequest, options: grpc.CallOptions, callback: grpc.requestCallback<_clusteros_v1_MembersReply__Output>): grpc.ClientUnaryCall;
  Members(argument: _clusteros_v1_MembersRequest, callback: grpc.requestCallback<_clusteros_v1_MembersReply__Output>): grpc.ClientUnaryCall;
  members(argument: _clusteros_v1_MembersRequest, metadata: grpc.Metadata, options: grpc.CallOptions, callback: grpc.requestCallback<_clusteros_v1_MembersReply__Output>): grpc.ClientUnaryCall;
  members(argument: _clusteros_v1_MembersRequest, metadata: grpc.Metadata, callback: grpc.requestCallback<_clusteros_v1_MembersReply__Output>): grpc.ClientUnaryCall;
  members(argument: _clusteros_v1_MembersRequest, options: grpc.CallOptions, callback: grpc.requestCallback<_clusteros_v1_MembersReply__Output>): grpc.ClientUnaryCall;
  members(argument: _clusteros_v1_MembersRequest, callback: grpc.requestCallback<_clusteros_v1_MembersReply__Output>): grpc.ClientUnaryCall;
  
  MoveService(argument: _clusteros_v1_MoveServiceRequest, metadata: grpc.Metadata, options: grpc.CallOptions, callback: grpc.requestCallback<_clusteros_v1_ShowServiceReply__Output>): grpc.ClientUnaryCall;
  MoveService(argument: _clusteros_v1_MoveServiceRequest, metadata: grpc.Metadata, callback: grpc.requestCallback<_clusteros_v1_ShowServiceReply__Output>): grpc.ClientUnaryCall;
  MoveService(argument: _clusteros_v1_MoveServiceRequest, options: grpc.CallOptions, callback: grpc.requestCallback<_clusteros_v1_ShowServiceReply__Output>): grpc.ClientUnaryCall;
  MoveService(argument: _clusteros_v1_MoveServiceRequest, callback: grpc.requestCallback<_clusteros_v1_ShowServiceReply__Output>): grpc.ClientUnaryCall;
  moveService(argument: _clusteros_v1_MoveServiceRequest, metadata: grpc.Metadata, options: grpc.CallOptions, callback: grpc.requestCallback<_clusteros_v1_ShowServiceReply__Output>): grpc.ClientUnaryCall;
  moveService(argument: _clusteros_v1_MoveServiceRequest, metadata: grpc.Metadata, callback: grpc.requestCallback<_clusteros_v1_ShowServiceReply__Output>): grpc.ClientUnaryCall;
  moveService(argument: _clusteros_v1_MoveServiceRequest, options: grpc.CallOptions, callback: grpc.requestCallback<_clusteros_v1_ShowServiceReply__Output>): grpc.ClientUnaryCall;
  moveService(argument: _clusteros_v1_MoveServiceRequest, callback: grpc.requestCallback<_clusteros_v1_ShowServiceReply__Output>): grpc.ClientUnaryCall;
  
  Operations(argument: _clusteros_v1_OperationsRequest, metadata: grpc.Metadata, options: grpc.CallOptions, callback: grpc.requestCallback<_clusteros_v1_OperationsReply__Output>): grpc.ClientUnaryCall;
  Operations(argument: _clusteros_v1_OperationsRequest, metadata: grpc.Metadata, callback: grpc.requestCallback<_clusteros_v1_OperationsReply__Output>): grpc.ClientUnaryCall;
  Operations(argument: _clusteros_v1_OperationsRequest, options: grpc.CallOptions, callback: grpc.requestCallback<_clusteros_v1_OperationsReply__Output>): grpc.ClientUnaryCall;
  Operations(argument: _clusteros_v1_OperationsRequest, callback: grpc.requestCallback<_clusteros_v1_OperationsReply__Output>): grpc.ClientUnaryCall;
  operations(argument: _clusteros_v1_OperationsRequest, metadata: grpc.Metadata, options: grpc.CallOptions, callback: grpc.requestCallback<_clusteros_v1_OperationsReply__Output>): grpc.ClientUnaryCall;
  operations(argument: _clusteros_v1_OperationsRequest, metadata: grpc.Metadata, callback: grpc.requestCallback<_clusteros_v1_OperationsReply__Output>): grpc.ClientUnaryCall;
  operations(argument: _clusteros_v1_OperationsRequest, options: grpc.CallOptions, callback: grpc.requestCallback<_clusteros_v1_OperationsReply__Output>): grpc.ClientUnaryCall;
  operations(argument: _clusteros_v1_OperationsRequest, callback: grpc.requestCallback<_clusteros_v1_OperationsReply__Output>): grpc.ClientUnaryCall;
  
  RecoverService(argument: _clusteros_v1_RecoverServiceRequest, metadata: grpc.Metadata, options: grpc.CallOptions, callback: grpc.requestCallback<_clusteros_v1_RecoverServiceReply__Output>): grpc.ClientUnaryCall;
  RecoverService(argument: _clusteros_v1_RecoverServiceRequest, metadata: grpc.Metadata, callback: grpc.requestCallback<_clusteros_v1_RecoverServiceReply__Output>): grpc.ClientUnaryCall;
  RecoverService(argument: _clusteros_v1_RecoverServiceRequest, options: grpc.CallOptions, callback: grpc.requestCallback<_clusteros_v1_RecoverServiceReply__Output>): grpc.ClientUnaryCall;
  RecoverService(argument: _clusteros_v1_RecoverServiceRequest, callback: grpc.requestCallback<_clusteros_v1_RecoverServiceReply__Output>): grpc.ClientUnaryCall;
  recoverService(argument: _clusteros_v1_RecoverServiceRequest, metadata: grpc.Metadata, options: grpc.CallOptions, callback: grpc.requestCallback<_clusteros_v1_RecoverServiceReply__Output>): grpc.ClientUnaryCall;
  recoverService(argument: _clusteros_v1_RecoverServiceRequest, metadata: grpc.Metadata, callback: grpc.requestCallback<_clusteros_v1_RecoverServiceReply__Output>): grpc.ClientUnaryCall;
  recoverService(argument: _clusteros_v1_RecoverServiceRequest, options: grpc.CallOptions, callback: grpc.requestCallback<_clusteros_v1_RecoverServiceReply__Output>): grpc.ClientUnaryCall;
  recoverService(argument: _clusteros_v1_RecoverServiceRequest, callback: grpc.requestCallback<_clusteros_v1_RecoverServiceReply__Output>): grpc.ClientUnaryCall;
  
  RecoveredJobs(argument: _clusteros_v1_RecoveredJobsRequest, metadata: grpc.Metadata, options: grpc.CallOptions, callback: grpc.requestCallback<_clusteros_v1_RecoveredJobsReply__Output>): grpc.ClientUnaryCall;
  RecoveredJobs(argument: _clusteros_v1_RecoveredJobsRequest, metadata: grpc.Metadata, callback: grpc.requestCallback<_clusteros_v1_RecoveredJobsReply__Output>): grpc.ClientUnaryCall;
  RecoveredJobs(argument: _clusteros_v1_RecoveredJobsRequest, options: grpc.CallOptions, callback: grpc.requestCallback<_clusteros_v1_RecoveredJobsReply__Output>): grpc.ClientUnaryCall;
  RecoveredJobs(argument: _clusteros_v1_RecoveredJobsRequest, callback: grpc.requestCallback<_clusteros_v1_RecoveredJobsReply__Output>): grpc.ClientUnaryCall;
  recoveredJobs(argument: _clusteros_v1_RecoveredJobsRequest, metadata: grpc.Metadata, options: grpc.CallOptions, callback: grpc.requestCallback<_clusteros_v1_RecoveredJobsReply__Output>): grpc.ClientUnaryCall;
  recoveredJobs(argument: _clusteros_v1_RecoveredJobsRequest, metadata: grpc.Metadata, callback: grpc.requestCallback<_clusteros_v1_RecoveredJobsReply__Output>): grpc.ClientUnaryCall;
  recoveredJobs(argument: _clusteros_v1_RecoveredJobsRequest, options: grpc.CallOptions, callback: grpc.requestCallback<_clusteros_v1_RecoveredJobsReply__Output>): grpc.ClientUnaryCall;
  recoveredJobs(argument: _clusteros_v1_RecoveredJobsRequest, callback: grpc.requestCallback<_clusteros_v1_RecoveredJobsReply__Output>): grpc.ClientUnaryCall;
  
  RemoveMember(argument: _clusteros_v1_RemoveMemberRequest, metadata: grpc.Metadata, options: grpc.CallOptions, callback: grpc.requestCallback<_clusteros_v1_RemoveMemberReply__Output>): grpc.ClientUnaryCall;
  RemoveMember(argument: _clusteros_v1_RemoveMemberRequest, metadata: grpc.Metadata, callback: grpc.requestCallback<_clusteros_v1_RemoveMemberReply__Output>): grpc.ClientUnaryCall;
  RemoveMember(argument: _clusteros_v1_RemoveMemberRequest, options: grpc.CallOptions, callback: grpc.requestCallback<_clusteros_v1_RemoveMemberReply__Output>): grpc.ClientUnaryCall;
  RemoveMember(argument: _clusteros_v1_RemoveMemberRequest, callback: grpc.requestCallback<_clusteros_v1_RemoveMemberReply__Output>): grpc.ClientUnaryCall;
  removeMember(argument: _clusteros_v1_RemoveMemberRequest, metadata: grpc.Metadata, options: grpc.CallOptions, callback: grpc.requestCallback<_clusteros_v1_RemoveMemberReply__Output>): grpc.ClientUnaryCall;
  removeMember(argument: _clusteros_v1_RemoveMemberRequest, metadata: grpc.Metadata, callback: grpc.requestCallback<_clusteros_v1_RemoveMemberReply__Output>): grpc.ClientUnaryCall;
  removeMember(argument: _clusteros_v1_RemoveMemberRequest, options: grpc.CallOptions, callback: grpc.requestCallback<_clusteros_v1_RemoveMemberReply__Output>): grpc.ClientUnaryCall;
  removeMember(argument: _clusteros_v1_RemoveMemberRequest, callback: grpc.requestCallback<_clusteros_v1_RemoveMemberReply__Output>): grpc.ClientUnaryCall;
  
  Restore(argument: _clusteros_v1_RestoreRequest, metadata: grpc.Metadata, options: grpc.CallOptions, callback: grpc.requestCallback<_clusteros_v1_RestoreReply__Output>): grpc.ClientUnaryCall;
  Restore(argument: _clusteros_v1_RestoreRequest, metadata: grpc.Metadata, callback: grpc.requestCallback<_clusteros_v1_RestoreReply__Output>): grpc.ClientUnaryCall;
  Restore(argument: _clusteros_v1_RestoreRequest, options: grpc.CallOptions, callback: grpc.requestCallback<_clusteros_v1_RestoreReply__Output>): grpc.ClientUnaryCall;
  Restore(argument: _clusteros_v1_RestoreRequest, callback: grpc.requestCallback<_clusteros_v1_RestoreReply__Output>): grpc.ClientUnaryCall;
  restore(argument: _clusteros_v1_RestoreRequest, metadata: grpc.Metadata, options: grpc.CallOptions, callback: grpc.requestCallback<_clusteros_v1_RestoreReply__Output>): grpc.ClientUnaryCall;
  restore(argument: _clusteros_v1_RestoreRequest, metadata: grpc.Metadata, callback: grpc.requestCallback<_clusteros_v1_RestoreReply__Output>): grpc.ClientUnaryCall;
  restore(argument: _clusteros_v1_RestoreRequest, options: grpc.CallOptions, callback: grpc.requestCallback<_clusteros_v1_RestoreReply__Output>): grpc.ClientUnaryCall;
  restore(argument: _clusteros_v1_RestoreRequest, callback: grpc.requestCallback<_clusteros_v1_RestoreReply__Output>): grpc.ClientUnaryCall;
  
  ResumeMember(argument: _clusteros_v1_ResumeMemberRequest, metadata: grpc.Metadata, options: grpc.CallOptions, callback: grpc.requestCallback<_clusteros_v1_DrainMemberReply__Output>): grpc.ClientUnaryCall;
  ResumeMember(argument: _clusteros_v1_ResumeMemberRequest, metadata: grpc.Metadata, callback: grpc.requestCallback<_clusteros_v1_DrainMemberReply__Output>): grpc.ClientUnaryCall;
  ResumeMember(argument: _clusteros_v1_ResumeMemberRequest, options: grpc.CallOptions, callback: grpc.requestCallback<_clusteros_v1_DrainMemberReply__Output>): grpc.ClientUnaryCall;
  ResumeMember(argument: _clusteros_v1_ResumeMemberRequest, callback: grpc.requestCallback<_clusteros_v1_DrainMemberReply__Output>): grpc.ClientUnaryCall;
  resumeMember(argument: _clusteros_v1_ResumeMemberRequest, metadata: grpc.Metadata, options: grpc.CallOptions, callback: grpc.requestCallback<_clusteros_v1_DrainMemberReply__Output>): grpc.ClientUnaryCall;
  resumeMember(argument: _clusteros_v1_ResumeMemberRequest, metadata: grpc.Metadata, callback: grpc.requestCallback<_clusteros_v1_DrainMemberReply__Output>): grpc.ClientUnaryCall;
  resumeMember(argument: _clusteros_v1_ResumeMemberRequest, options: grpc.CallOptions, callback: grpc.requestCallback<_clusteros_v1_DrainMemberReply__Output>): grpc.ClientUnaryCall;
  resumeMember(argument: _clusteros_v1_ResumeMemberRequest, callback: grpc.requestCallback<_clusteros_v1_DrainMemberReply__Output>): grpc.ClientUnaryCall;
  
  RotateKey(argument: _clusteros_v1_RotateKeyRequest, metadata: grpc.Metadata, options: grpc.CallOptions, callback: grpc.requestCallback<_clusteros_v1_RotateKeyReply__Output>): grpc.ClientUnaryCall;
  RotateKey(argument: _clusteros_v1_RotateKeyRequest, metadata: grpc.Metadata, callback: grpc.requestCallback<_clusteros_v1_RotateKeyReply__Output>): grpc.ClientUnaryCall;
  RotateKey(argument: _clusteros_v1_RotateKeyRequest, options: grpc.CallOptions, callback: grpc.requestCallback<_clusteros_v1_RotateKeyReply__Output>): grpc.ClientUnaryCall;
  RotateKey(argument: _clusteros_v1_RotateKeyRequest, callback: grpc.requestCallback<_clusteros_v1_RotateKeyReply__Output>): grpc.ClientUnaryCall;
  rotateKey(argument: _clusteros_v1_RotateKeyRequest, metadata: grpc.Metadata, options: grpc.CallOptions, callback: grpc.requestCallback<_clusteros_v1_RotateKeyReply__Output>): grpc.ClientUnaryCall;
  rotateKey(argument: _clusteros_v1_RotateKeyRequest, metadata: grpc.Metadata, callback: grpc.requestCallback<_clusteros_v1_RotateKeyReply__Output>): grpc.ClientUnaryCall;
  rotateKey(argument: _clusteros_v1_RotateKeyRequest, options: grpc.CallOptions, callback: grpc.requestCallback<_clusteros_v1_RotateKeyReply__Output>): grpc.ClientUnaryCall;
  rotateKey(argument: _clusteros_v1_RotateKeyRequest, callback: grpc.requestCallback<_clusteros_v1_RotateKeyReply__Output>): grpc.ClientUnaryCall;
  
  ShowMember(argument: _clusteros_v1_ShowMemberRequest, metadata: grpc.Metadata, options: grpc.CallOptions, callback: grpc.requestCallback<_clusteros_v1_ShowMemberReply__Output>): grpc.ClientUnaryCall;
  ShowMember(argument: _clusteros_v1_ShowMemberRequest, metadata: grpc.Metadata, callback: grpc.requestCallback<_clusteros_v1_ShowMemberReply__Output>): grpc.ClientUnaryCall;
  ShowMember(argument: _clusteros_v1_ShowMemberRequest, options: grpc.CallOptions, callback: grpc.requestCallback<_clusteros_v1_ShowMemberReply__Output>): grpc.ClientUnaryCall;
  ShowMember(argument: _clusteros_v1_ShowMemberRequest, callback: grpc.requestCallback<_clusteros_v1_ShowMemberReply__Output>): grpc.ClientUnaryCall;
  showMember(argument: _clusteros_v1_ShowMemberRequest, metadata: grpc.Metadata, options: grpc.CallOptions, callback: grpc.requestCallback<_clusteros_v1_ShowMemberReply__Output>): grpc.ClientUnaryCall;
  showMember(argument: _clusteros_v1_ShowMemberRequest, metadata: grpc.Metadata, callback: grpc.requestCallback<_clusteros_v1_ShowMemberReply__Output>): grpc.ClientUnaryCall;
  showMember(argument: _clusteros_v1_ShowMemberRequest, options: grpc.CallOptions, callback: grpc.requestCallback<_clusteros_v1_ShowMemberReply__Output>): grpc.ClientUnaryCall;
  showMember(argument: _clusteros_v1_ShowMemberRequest, callback: grpc.requestCallback<_clusteros_v1_ShowMemberReply__Output>): grpc.ClientUnaryCall;
  
  ShowService(argument: _clusteros_v1_ShowServiceRequest, metadata: grpc.Metadata, options: grpc.CallOptions, callback: grpc.requestCallback<_clusteros_v1_ShowServiceReply__Output>): grpc.ClientUnaryCall;
  ShowService(argument: _clusteros_v1_ShowServiceRequest, metadata: grpc.Metadata, callback: grpc.requestCallback<_clusteros_v1_ShowServiceReply__Output>): grpc.ClientUnaryCall;
  ShowService(argument: _clusteros_v1_ShowServiceRequest, options: grpc.CallOptions, callback: grpc.requestCallback<_clusteros_v1_ShowServiceReply__Output>): grpc.ClientUnaryCall;
  ShowService(argument: _clusteros_v1_ShowServiceRequest, callback: grpc.requestCallback<_clusteros_v1_ShowServiceReply__Output>): grpc.ClientUnaryCall;
  showService(argument: _clusteros_v1_ShowServiceRequest, metadata: grpc.Metadata, options: grpc.CallOptions, callback: grpc.requestCallback<_clusteros_v1_ShowServiceReply__Output>): grpc.ClientUnaryCall;
  showService(argument: _clusteros_v1_ShowServiceRequest, metadata: grpc.Metadata, callback: grpc.requestCallback<_clusteros_v1_ShowServiceReply__Output>): grpc.ClientUnaryCall;
  showService(argument: _clusteros_v1_ShowServiceRequest, options: grpc.CallOptions, callback: grpc.requestCallback<_clusteros_v1_ShowServiceReply__Output>): grpc.ClientUnaryCall;
  showService(argument: _clusteros_v1_ShowServiceRequest, callback: grpc.requestCallback<_clusteros_v1_ShowServiceReply__Output>): grpc.ClientUnaryCall;
  
  ShowSettings(argument: _clusteros_v1_ShowSettingsRequest, metadata: grpc.Metadata, options: grpc.CallOptions, callback: grpc.requestCallback<_clusteros_v1_SettingsReply__Output>): grpc.ClientUnaryCall;
  ShowSettings(argument: _clusteros_v1_ShowSettingsRequest, metadata: grpc.Metadata, callback: grpc.requestCallback<_clusteros_v1_SettingsReply__Output>): grpc.ClientUnaryCall;
  ShowSettings(argument: _clusteros_v1_ShowSettingsRequest, options: grpc.CallOptions, callback: grpc.requestCallback<_clusteros_v1_SettingsReply__Output>): grpc.ClientUnaryCall;
  ShowSettings(argument: _clusteros_v1_ShowSettingsRequest, callback: grpc.requestCallback<_clusteros_v1_SettingsReply__Output>): grpc.ClientUnaryCall;
  showSettings(argument: _clusteros_v1_ShowSettingsRequest, metadata: grpc.Metadata, options: grpc.CallOptions, callback: grpc.requestCallback<_clusteros_v1_SettingsReply__Output>): grpc.ClientUnaryCall;
  showSettings(argument: _clusteros_v1_ShowSettingsRequest, metadata: grpc.Metadata, callback: grpc.requestCallback<_clusteros_v1_SettingsReply__Output>): grpc.ClientUnaryCall;
  showSettings(argument: _clusteros_v1_ShowSettingsRequest, options: grpc.CallOptions, callback: grpc.requestCallback<_clusteros_v1_SettingsReply__Output>): grpc.ClientUnaryCall;
  showSettings(argument: _clusteros_v1_ShowSettingsRequest, callback: grpc.requestCallback<_clusteros_v1_SettingsReply__Output>): grpc.ClientUnaryCall;
  
  Status(argument: _clusteros_v1_StatusRequest, metadata: grpc.Metadata, options: grpc.CallOptions, callback: grpc.requestCallback<_clusteros_v1_StatusReply__Output>): grpc.ClientUnaryCall;
  Status(argument: _clusteros_v1_StatusRequest, metadata: grpc.Metadata, callback: grpc.requestCallback<_clusteros_v1_StatusReply__Output>): grpc.ClientUnaryCall;
  Status(argument: _clusteros_v1_StatusRequest, options: grpc.CallOptions, callback: grpc.requestCallback<_clusteros_v1_StatusReply__Output>): grpc.ClientUnaryCall;
  Status(argument: _clusteros_v1_StatusRequest, callback: grpc.requestCallback<_clusteros_v1_StatusReply__Output>): grpc.ClientUnaryCall;
  status(argument: _clusteros_v1_StatusRequest, metadata: grpc.Metadata, options: grpc.CallOptions, callback: grpc.requestCallback<_clusteros_v1_StatusReply__Output>): grpc.ClientUnaryCall;
  status(argument: _clusteros_v1_StatusRequest, metadata: grpc.Metadata, callback: grpc.requestCallback<_clusteros_v1_StatusReply__Output>): grpc.ClientUnaryCall;
  status(argument: _clusteros_v1_StatusRequest, options: grpc.CallOptions, callback: grpc.requestCallback<_clusteros_v1_StatusReply__Output>): grpc.ClientUnaryCall;
  status(argument: _clusteros_v1_StatusRequest, callback: grpc.requestCallback<_clusteros_v1_StatusReply__Output>): grpc.ClientUnaryCall;
  
  TagMember(argument: _clusteros_v1_TagMemberRequest, metadata: grpc.Metadata, options: grpc.CallOptions, callback: grpc.requestCallback<_clusteros_v1_TagMemberReply__Output>): grpc.ClientUnaryCall;
  TagMember(argument: _clusteros_v1_TagMemberRequest, metadata: grpc.Metadata, callback: grpc.requestCallback<_clusteros_v1_TagMemberReply__Output>): grpc.ClientUnaryCall;
  TagMember(argument: _clusteros_v1_TagMemberRequest, options: grpc.CallOptions, callback: grpc.requestCallback<_clusteros_v1_TagMemberReply__Output>): grpc.ClientUnaryCall;
  TagMember(argument: _clusteros_v1_TagMemberRequest, callback: grpc.requestCallback<_clusteros_v1_TagMemberReply__Output>): grpc.ClientUnaryCall;
  tagMember(argument: _clusteros_v1_TagMemberRequest, metadata: grpc.Metadata, options: grpc.CallOptions, callback: grpc.requestCallback<_clusteros_v1_TagMemberReply__Output>): grpc.ClientUnaryCall;
  tagMember(argument: _clusteros_v1_TagMemberRequest, metadata: grpc.Metadata, callback: grpc.requestCallback<_clusteros_v1_TagMemberReply__Output>): grpc.ClientUnaryCall;
  tagMember(argument: _clusteros_v1_TagMemberRequest, options: grpc.CallOptions, callback: grpc.requestCallback<_clusteros_v1_TagMemberReply__Output>): grpc.ClientUnaryCall;
  tagMember(argument: _clusteros_v1_TagMemberRequest, callback: grpc.requestCallback<_clusteros_v1_TagMemberReply__Output>): grpc.ClientUnaryCall;
  
  TransferLeader(argument: _clusteros_v1_TransferLeaderRequest, metadata: grpc.Metadata, options: grpc.CallOptions, callback: grpc.requestCallback<_clusteros_v1_LeaderReply__Output>): grpc.ClientUnaryCall;
  TransferLeader(argument: _clusteros_v1_TransferLeaderRequest, metadata: grpc.Metadata, callback: grpc.requestCallback<_clusteros_v1_LeaderReply__Output>): grpc.ClientUnaryCall;
  TransferLeader(argument: _clusteros_v1_TransferLeaderRequest, options: grpc.CallOptions, callback: grpc.requestCallback<_clusteros_v1_LeaderReply__Output>): grpc.ClientUnaryCall;
  TransferLeader(argument: _clusteros_v1_TransferLeaderRequest, callback: grpc.requestCallback<_clusteros_v1_LeaderReply__Output>): grpc.ClientUnaryCall;
  transferLeader(argument: _clusteros_v1_TransferLeaderRequest, metadata: grpc.Metadata, options: grpc.CallOptions, callback: grpc.requestCallback<_clusteros_v1_LeaderReply__Output>): grpc.ClientUnaryCall;
  transferLeader(argument: _clusteros_v1_TransferLeaderRequest, metadata: grpc.Metadata, callback: grpc.requestCallback<_clusteros_v1_LeaderReply__Output>): grpc.ClientUnaryCall;
  transferLeader(argument: _clusteros_v1_TransferLeaderRequest, options: grpc.CallOptions, callback: grpc.requestCallback<_clusteros_v1_LeaderReply__Output>): grpc.ClientUnaryCall;
  transferLeader(argument: _clusteros_v1_TransferLeaderRequest, callback: grpc.requestCallback<_clusteros_v1_LeaderReply__Output>): grpc.ClientUnaryCall;
  
  Version(argument: _clusteros_v1_VersionRequest, metadata: grpc.Metadata, options: grpc.CallOptions, callback: grpc.requestCallback<_clusteros_v1_VersionReply__Output>): grpc.ClientUnaryCall;
  Version(argument: _clusteros_v1_VersionRequest, metadata: grpc.Metadata, callback: grpc.requestCallback<_clusteros_v1_VersionReply__Output>): grpc.ClientUnaryCall;
  Version(argument: _clusteros_v1_VersionRequest, options: grpc.CallOptions, callback: grpc.requestCallback<_clusteros_v1_VersionReply__Output>): grpc.ClientUnaryCall;
  Version(argument: _clusteros_v1_VersionRequest, callback: grpc.requestCallback<_clusteros_v1_VersionReply__Output>): grpc.ClientUnaryCall;
  version(argument: _clusteros_v1_VersionRequest, metadata: grpc.Metadata, options: grpc.CallOptions, callback: grpc.requestCallback<_clusteros_v1_VersionReply__Output>): grpc.ClientUnaryCall;
  version(argument: _clusteros_v1_VersionRequest, metadata: grpc.Metadata, callback: grpc.requestCallback<_clusteros_v1_VersionReply__Output>): grpc.ClientUnaryCall;
  version(argument: _clusteros_v1_VersionRequest, options: grpc.CallOptions, callback: grpc.requestCallback<_clusteros_v1_VersionReply__Output>): grpc.ClientUnaryCall;
  version(argument: _clusteros_v1_VersionRequest, callback: grpc.requestCallback<_clusteros_v1_VersionReply__Output>): grpc.ClientUnaryCall;
  
  Voting(argument: _clusteros_v1_VotingRequest, metadata: grpc.Metadata, options: grpc.CallOptions, callback: grpc.requestCallback<_clusteros_v1_VotingReply__Output>): grpc.ClientUnaryCall;
  Voting(argument: _clusteros_v1_VotingRequest, metadata: grpc.Metadata, callback: grpc.requestCallback<_clusteros_v1_VotingReply__Output>): grpc.ClientUnaryCall;
  Voting(argument: _clusteros_v1_VotingRequest, options: grpc.CallOptions, callback: grpc.requestCallback<_clusteros_v1_VotingReply__Output>): grpc.ClientUnaryCall;
  Voting(argument: _clusteros_v1_VotingRequest, callback: grpc.requestCallback<_clusteros_v1_VotingReply__Output>): grpc.ClientUnaryCall;
  voting(argument: _clusteros_v1_VotingRequest, metadata: grpc.Metadata, options: grpc.CallOptions, callback: grpc.requestCallback<_clusteros_v1_VotingReply__Output>): grpc.ClientUnaryCall;
  voting(argument: _clusteros_v1_VotingRequest, metadata: grpc.Metadata, callback: grpc.requestCallback<_clusteros_v1_VotingReply__Output>): grpc.ClientUnaryCall;
  voting(argument: _clusteros_v1_VotingRequest, options: grpc.CallOptions, callback: grpc.requestCallback<_clusteros_v1_VotingReply__Output>): grpc.ClientUnaryCall;
  voting(argument: _clusteros_v1_VotingRequest, callback: grpc.requestCallback<_clusteros_v1_VotingReply__Output>): grpc.ClientUnaryCall;
  
  WatchMembers(argument: _clusteros_v1_MembersRequest, metadata: grpc.Metadata, options?: grpc.CallOptions): grpc.ClientReadableStream<_clusteros_v1_MembersReply__Output>;
  WatchMembers(argument: _clusteros_v1_MembersRequest, options?: grpc.CallOptions): grpc.ClientReadableStream<_clusteros_v1_MembersReply__Output>;
  watchMembers(argument: _clusteros_v1_MembersRequest, metadata: grpc.Metadata, options?: grpc.CallOptions): grpc.ClientReadableStream<_clusteros_v1_MembersReply__Output>;
  watchMembers(argument: _clusteros_v1_MembersRequest, options?: grpc.CallOptions): grpc.ClientReadableStream<_clusteros_v1_MembersReply__Output>;
  
  WatchOperations(argument: _clusteros_v1_OperationsRequest, metadata: grpc.Metadata, options?: grpc.CallOptions): grpc.ClientReadableStream<_clusteros_v1_OperationsReply__Output>;
  WatchOperations(argument: _clusteros_v1_OperationsRequest, options?: grpc.CallOptions): grpc.ClientReadableStream<_clusteros_v1_OperationsReply__Output>;
  watchOperations(argument: _clusteros_v1_OperationsRequest, metadata: grpc.Metadata, options?: grpc.CallOptions): grpc.ClientReadableStream<_clusteros_v1_OperationsReply__Output>;
  watchOperations(argument: _clusteros_v1_OperationsRequest, options?: grpc.CallOptions): grpc.ClientReadableStream<_clusteros_v1_OperationsReply__Output>;
  
}

export interface AdminServiceHandlers extends grpc.UntypedServiceImplementation {
  Backup: grpc.handleUnaryCall<_clusteros_v1_BackupRequest__Output, _clusteros_v1_BackupReply>;
  
  CallService: grpc.handleUnaryCall<_clusteros_v1_CallServiceRequest__Output, _clusteros_v1_CallServiceReply>;
  
  ChangeVoting: grpc.handleUnaryCall<_clusteros_v1_ChangeVotingRequest__Output, _clusteros_v1_VotingReply>;
  
  Configure: grpc.handleUnaryCall<_clusteros_v1_ConfigureRequest__Output, _clusteros_v1_SettingsReply>;
  
  CreateTailnetKey: grpc.handleUnaryCall<_clusteros_v1_CreateTailnetKeyRequest__Output, _clusteros_v1_CreateTailnetKeyReply>;
  
  Diagnose: grpc.handleServerStreamingCall<_clusteros_v1_DiagnoseRequest__Output, _clusteros_v1_Finding>;
  
  DrainMember: grpc.handleUnaryCall<_clusteros_v1_DrainMemberRequest__Output, _clusteros_v1_DrainMemberReply>;
  
  Events: grpc.handleServerStreamingCall<_clusteros_v1_EventsRequest__Output, _clusteros_v1_Event>;
  
  ForgetService: grpc.handleUnaryCall<_clusteros_v1_ForgetServiceRequest__Output, _clusteros_v1_ForgetServiceReply>;
  
  KeepTailnetClient: grpc.handleUnaryCall<_clusteros_v1_KeepTailnetClientRequest__Output, _clusteros_v1_KeepTailnetClientReply>;
  
  Leader: grpc.handleUnaryCall<_clusteros_v1_LeaderRequest__Output, _clusteros_v1_LeaderReply>;
  
  Members: grpc.handleUnaryCall<_clusteros_v1_MembersRequest__Output, _clusteros_v1_MembersReply>;
  
  MoveService: grpc.handleUnaryCall<_clusteros_v1_MoveServiceRequest__Output, _clusteros_v1_ShowServiceReply>;
  
  Operations: grpc.handleUnaryCall<_clusteros_v1_OperationsRequest__Output, _clusteros_v1_OperationsReply>;
  
  RecoverService: grpc.handleUnaryCall<_clusteros_v1_RecoverServiceRequest__Output, _clusteros_v1_RecoverServiceReply>;
  
  RecoveredJobs: grpc.handleUnaryCall<_clusteros_v1_RecoveredJobsRequest__Output, _clusteros_v1_RecoveredJobsReply>;
  
  RemoveMember: grpc.handleUnaryCall<_clusteros_v1_RemoveMemberRequest__Output, _clusteros_v1_RemoveMemberReply>;
  
  Restore: grpc.handleUnaryCall<_clusteros_v1_RestoreRequest__Output, _clusteros_v1_RestoreReply>;
  
  ResumeMember: grpc.handleUnaryCall<_clusteros_v1_ResumeMemberRequest__Output, _clusteros_v1_DrainMemberReply>;
  
  RotateKey: grpc.handleUnaryCall<_clusteros_v1_RotateKeyRequest__Output, _clusteros_v1_RotateKeyReply>;
  
  ShowMember: grpc.handleUnaryCall<_clusteros_v1_ShowMemberRequest__Output, _clusteros_v1_ShowMemberReply>;
  
  ShowService: grpc.handleUnaryCall<_clusteros_v1_ShowServiceRequest__Output, _clusteros_v1_ShowServiceReply>;
  
  ShowSettings: grpc.handleUnaryCall<_clusteros_v1_ShowSettingsRequest__Output, _clusteros_v1_SettingsReply>;
  
  Status: grpc.handleUnaryCall<_clusteros_v1_StatusRequest__Output, _clusteros_v1_StatusReply>;
  
  TagMember: grpc.handleUnaryCall<_clusteros_v1_TagMemberRequest__Output, _clusteros_v1_TagMemberReply>;
  
  TransferLeader: grpc.handleUnaryCall<_clusteros_v1_TransferLeaderRequest__Output, _clusteros_v1_LeaderReply>;
  
  Version: grpc.handleUnaryCall<_clusteros_v1_VersionRequest__Output, _clusteros_v1_VersionReply>;
  
  Voting: grpc.handleUnaryCall<_clusteros_v1_VotingRequest__Output, _clusteros_v1_VotingReply>;
  
  WatchMembers: grpc.handleServerStreamingCall<_clusteros_v1_MembersRequest__Output, _clusteros_v1_MembersReply>;
  
  WatchOperations: grpc.handleServerStreamingCall<_clusteros_v1_OperationsRequest__Output, _clusteros_v1_OperationsReply>;
  
}

export interface AdminServiceDefinition extends grpc.ServiceDefinition {
  Backup: MethodDefinition<_clusteros_v1_BackupRequest, _clusteros_v1_BackupReply, _clusteros_v1_BackupRequest__Output, _clusteros_v1_BackupReply__Output>
  CallService: MethodDefinition<_clusteros_v1_CallServiceRequest, _clusteros_v1_CallServiceReply, _clusteros_v1_CallServiceRequest__Output, _clusteros_v1_CallServiceReply__Output>
  ChangeVoting: MethodDefinition<_clusteros_v1_ChangeVotingRequest, _clusteros_v1_VotingReply, _clusteros_v1_ChangeVotingRequest__Output, _clusteros_v1_VotingReply__Output>
  Configure: MethodDefinition<_clusteros_v1_ConfigureRequest, _clusteros_v1_SettingsReply, _clusteros_v1_ConfigureRequest__Output, _clusteros_v1_SettingsReply__Output>
  CreateTailnetKey: MethodDefinition<_clusteros_v1_CreateTailnetKeyRequest, _clusteros_v1_CreateTailnetKeyReply, _clusteros_v1_CreateTailnetKeyRequest__Output, _clusteros_v1_CreateTailnetKeyReply__Output>
  Diagnose: MethodDefinition<_clusteros_v1_DiagnoseRequest, _clusteros_v1_Finding, _clusteros_v1_DiagnoseRequest__Output, _clusteros_v1_Finding__Output>
  DrainMember: MethodDefinition<_clusteros_v1_DrainMemberRequest, _clusteros_v1_DrainMemberReply, _clusteros_v1_DrainMemberRequest__Output, _clusteros_v1_DrainMemberReply__Output>
  Events: MethodDefinition<_clusteros_v1_EventsRequest, _clusteros_v1_Event, _clusteros_v1_EventsRequest__Output, _clusteros_v1_Event__Output>
  ForgetService: MethodDefinition<_clusteros_v1_ForgetServiceRequest, _clusteros_v1_ForgetServiceReply, _clusteros_v1_ForgetServiceRequest__Output, _clusteros_v1_ForgetServiceReply__Output>
  KeepTailnetClient: MethodDefinition<_clusteros_v1_KeepTailnetClientRequest, _clusteros_v1_KeepTailnetClientReply, _clusteros_v1_KeepTailnetClientRequest__Output, _clusteros_v1_KeepTailnetClientReply__Output>
  Leader: MethodDefinition<_clusteros_v1_LeaderRequest, _clusteros_v1_LeaderReply, _clusteros_v1_LeaderRequest__Output, _clusteros_v1_LeaderReply__Output>
  Members: MethodDefinition<_clusteros_v1_MembersRequest, _clusteros_v1_MembersReply, _clusteros_v1_MembersRequest__Output, _clusteros_v1_MembersReply__Output>
  MoveService: MethodDefinition<_clusteros_v1_MoveServiceRequest, _clusteros_v1_ShowServiceReply, _clusteros_v1_MoveServiceRequest__Output, _clusteros_v1_ShowServiceReply__Output>
  Operations: MethodDefinition<_clusteros_v1_OperationsRequest, _clusteros_v1_OperationsReply, _clusteros_v1_OperationsRequest__Output, _clusteros_v1_OperationsReply__Output>
  RecoverService: MethodDefinition<_clusteros_v1_RecoverServiceRequest, _clusteros_v1_RecoverServiceReply, _clusteros_v1_RecoverServiceRequest__Output, _clusteros_v1_RecoverServiceReply__Output>
  RecoveredJobs: MethodDefinition<_clusteros_v1_RecoveredJobsRequest, _clusteros_v1_RecoveredJobsReply, _clusteros_v1_RecoveredJobsRequest__Output, _clusteros_v1_RecoveredJobsReply__Output>
  RemoveMember: MethodDefinition<_clusteros_v1_RemoveMemberRequest, _clusteros_v1_RemoveMemberReply, _clusteros_v1_RemoveMemberRequest__Output, _clusteros_v1_RemoveMemberReply__Output>
  Restore: MethodDefinition<_clusteros_v1_RestoreRequest, _clusteros_v1_RestoreReply, _clusteros_v1_RestoreRequest__Output, _clusteros_v1_RestoreReply__Output>
  ResumeMember: MethodDefinition<_clusteros_v1_ResumeMemberRequest, _clusteros_v1_DrainMemberReply, _clusteros_v1_ResumeMemberRequest__Output, _clusteros_v1_DrainMemberReply__Output>
  RotateKey: MethodDefinition<_clusteros_v1_RotateKeyRequest, _clusteros_v1_RotateKeyReply, _clusteros_v1_RotateKeyRequest__Output, _clusteros_v1_RotateKeyReply__Output>
  ShowMember: MethodDefinition<_clusteros_v1_ShowMemberRequest, _clusteros_v1_ShowMemberReply, _clusteros_v1_ShowMemberRequest__Output, _clusteros_v1_ShowMemberReply__Output>
  ShowService: MethodDefinition<_clusteros_v1_ShowServiceRequest, _clusteros_v1_ShowServiceReply, _clusteros_v1_ShowServiceRequest__Output, _clusteros_v1_ShowServiceReply__Output>
  ShowSettings: MethodDefinition<_clusteros_v1_ShowSettingsRequest, _clusteros_v1_SettingsReply, _clusteros_v1_ShowSettingsRequest__Output, _clusteros_v1_SettingsReply__Output>
  Status: MethodDefinition<_clusteros_v1_StatusRequest, _clusteros_v1_StatusReply, _clusteros_v1_StatusRequest__Output, _clusteros_v1_StatusReply__Output>
  TagMember: MethodDefinition<_clusteros_v1_TagMemberRequest, _clusteros_v1_TagMemberReply, _clusteros_v1_TagMemberRequest__Output, _clusteros_v1_TagMemberReply__Output>
  TransferLeader: MethodDefinition<_clusteros_v1_TransferLeaderRequest, _clusteros_v1_LeaderReply, _clusteros_v1_TransferLeaderRequest__Output, _clusteros_v1_LeaderReply__Output>
  Version: MethodDefinition<_clusteros_v1_VersionRequest, _clusteros_v1_VersionReply, _clusteros_v1_VersionRequest__Output, _clusteros_v1_VersionReply__Output>
  Voting: MethodDefinition<_clusteros_v1_VotingRequest, _clusteros_v1_VotingReply, _clusteros_v1_VotingRequest__Output, _clusteros_v1_VotingReply__Output>
  WatchMembers: MethodDefinition<_clusteros_v1_MembersRequest, _clusteros_v1_MembersReply, _clusteros_v1_MembersRequest__Output, _clusteros_v1_MembersReply__Output>
  WatchOperations: MethodDefinition<_clusteros_v1_OperationsRequest, _clusteros_v1_OperationsReply, _clusteros_v1_OperationsRequest__Output, _clusteros_v1_OperationsReply__Output>
}
