// Original file: proto/clusteros/v1/peer.proto

import type { Hello as _clusteros_v1_Hello, Hello__Output as _clusteros_v1_Hello__Output } from '../../clusteros/v1/Hello.ts';
import type { Ping as _clusteros_v1_Ping, Ping__Output as _clusteros_v1_Ping__Output } from '../../clusteros/v1/Ping.ts';
import type { Ack as _clusteros_v1_Ack, Ack__Output as _clusteros_v1_Ack__Output } from '../../clusteros/v1/Ack.ts';
import type { PingRequest as _clusteros_v1_PingRequest, PingRequest__Output as _clusteros_v1_PingRequest__Output } from '../../clusteros/v1/PingRequest.ts';
import type { PingReport as _clusteros_v1_PingReport, PingReport__Output as _clusteros_v1_PingReport__Output } from '../../clusteros/v1/PingReport.ts';
import type { Records as _clusteros_v1_Records, Records__Output as _clusteros_v1_Records__Output } from '../../clusteros/v1/Records.ts';
import type { Buckets as _clusteros_v1_Buckets, Buckets__Output as _clusteros_v1_Buckets__Output } from '../../clusteros/v1/Buckets.ts';
import type { Twin as _clusteros_v1_Twin, Twin__Output as _clusteros_v1_Twin__Output } from '../../clusteros/v1/Twin.ts';
import type { VoteRequest as _clusteros_v1_VoteRequest, VoteRequest__Output as _clusteros_v1_VoteRequest__Output } from '../../clusteros/v1/VoteRequest.ts';
import type { VoteReply as _clusteros_v1_VoteReply, VoteReply__Output as _clusteros_v1_VoteReply__Output } from '../../clusteros/v1/VoteReply.ts';
import type { AppendRequest as _clusteros_v1_AppendRequest, AppendRequest__Output as _clusteros_v1_AppendRequest__Output } from '../../clusteros/v1/AppendRequest.ts';
import type { AppendReply as _clusteros_v1_AppendReply, AppendReply__Output as _clusteros_v1_AppendReply__Output } from '../../clusteros/v1/AppendReply.ts';
import type { CommitNotice as _clusteros_v1_CommitNotice, CommitNotice__Output as _clusteros_v1_CommitNotice__Output } from '../../clusteros/v1/CommitNotice.ts';
import type { FetchRequest as _clusteros_v1_FetchRequest, FetchRequest__Output as _clusteros_v1_FetchRequest__Output } from '../../clusteros/v1/FetchRequest.ts';
import type { FetchReply as _clusteros_v1_FetchReply, FetchReply__Output as _clusteros_v1_FetchReply__Output } from '../../clusteros/v1/FetchReply.ts';
import type { TimeoutNow as _clusteros_v1_TimeoutNow, TimeoutNow__Output as _clusteros_v1_TimeoutNow__Output } from '../../clusteros/v1/TimeoutNow.ts';
import type { SnapshotOffer as _clusteros_v1_SnapshotOffer, SnapshotOffer__Output as _clusteros_v1_SnapshotOffer__Output } from '../../clusteros/v1/SnapshotOffer.ts';
import type { SnapshotRequest as _clusteros_v1_SnapshotRequest, SnapshotRequest__Output as _clusteros_v1_SnapshotRequest__Output } from '../../clusteros/v1/SnapshotRequest.ts';
import type { SnapshotChunk as _clusteros_v1_SnapshotChunk, SnapshotChunk__Output as _clusteros_v1_SnapshotChunk__Output } from '../../clusteros/v1/SnapshotChunk.ts';
import type { LogLost as _clusteros_v1_LogLost, LogLost__Output as _clusteros_v1_LogLost__Output } from '../../clusteros/v1/LogLost.ts';
import type { Question as _clusteros_v1_Question, Question__Output as _clusteros_v1_Question__Output } from '../../clusteros/v1/Question.ts';
import type { Answer as _clusteros_v1_Answer, Answer__Output as _clusteros_v1_Answer__Output } from '../../clusteros/v1/Answer.ts';

export interface Frame {
  'hello'?: (_clusteros_v1_Hello | null);
  'ping'?: (_clusteros_v1_Ping | null);
  'ack'?: (_clusteros_v1_Ack | null);
  'pingRequest'?: (_clusteros_v1_PingRequest | null);
  'pingReport'?: (_clusteros_v1_PingReport | null);
  'records'?: (_clusteros_v1_Records | null);
  'buckets'?: (_clusteros_v1_Buckets | null);
  'twin'?: (_clusteros_v1_Twin | null);
  'voteRequest'?: (_clusteros_v1_VoteRequest | null);
  'voteReply'?: (_clusteros_v1_VoteReply | null);
  'appendRequest'?: (_clusteros_v1_AppendRequest | null);
  'appendReply'?: (_clusteros_v1_AppendReply | null);
  'commitNotice'?: (_clusteros_v1_CommitNotice | null);
  'fetchRequest'?: (_clusteros_v1_FetchRequest | null);
  'fetchReply'?: (_clusteros_v1_FetchReply | null);
  'timeoutNow'?: (_clusteros_v1_TimeoutNow | null);
  'snapshotOffer'?: (_clusteros_v1_SnapshotOffer | null);
  'snapshotRequest'?: (_clusteros_v1_SnapshotRequest | null);
  'snapshotChunk'?: (_clusteros_v1_SnapshotChunk | null);
  'logLost'?: (_clusteros_v1_LogLost | null);
  'question'?: (_clusteros_v1_Question | null);
  'answer'?: (_clusteros_v1_Answer | null);
  'body'?: "hello"|"ping"|"ack"|"pingRequest"|"pingReport"|"records"|"buckets"|"twin"|"commitNotice"|"fetchRequest"|"fetchReply"|"voteRequest"|"voteReply"|"appendRequest"|"appendReply"|"timeoutNow"|"logLost"|"snapshotOffer"|"snapshotRequest"|"snapshotChunk"|"question"|"answer";
}

export interface Frame__Output {
  'hello'?: (_clusteros_v1_Hello__Output | null);
  'ping'?: (_clusteros_v1_Ping__Output | null);
  'ack'?: (_clusteros_v1_Ack__Output | null);
  'pingRequest'?: (_clusteros_v1_PingRequest__Output | null);
  'pingReport'?: (_clusteros_v1_PingReport__Output | null);
  'records'?: (_clusteros_v1_Records__Output | null);
  'buckets'?: (_clusteros_v1_Buckets__Output | null);
  'twin'?: (_clusteros_v1_Twin__Output | null);
  'voteRequest'?: (_clusteros_v1_VoteRequest__Output | null);
  'voteReply'?: (_clusteros_v1_VoteReply__Output | null);
  'appendRequest'?: (_clusteros_v1_AppendRequest__Output | null);
  'appendReply'?: (_clusteros_v1_AppendReply__Output | null);
  'commitNotice'?: (_clusteros_v1_CommitNotice__Output | null);
  'fetchRequest'?: (_clusteros_v1_FetchRequest__Output | null);
  'fetchReply'?: (_clusteros_v1_FetchReply__Output | null);
  'timeoutNow'?: (_clusteros_v1_TimeoutNow__Output | null);
  'snapshotOffer'?: (_clusteros_v1_SnapshotOffer__Output | null);
  'snapshotRequest'?: (_clusteros_v1_SnapshotRequest__Output | null);
  'snapshotChunk'?: (_clusteros_v1_SnapshotChunk__Output | null);
  'logLost'?: (_clusteros_v1_LogLost__Output | null);
  'question'?: (_clusteros_v1_Question__Output | null);
  'answer'?: (_clusteros_v1_Answer__Output | null);
  'body'?: "hello"|"ping"|"ack"|"pingRequest"|"pingReport"|"records"|"buckets"|"twin"|"commitNotice"|"fetchRequest"|"fetchReply"|"voteRequest"|"voteReply"|"appendRequest"|"appendReply"|"timeoutNow"|"logLost"|"snapshotOffer"|"snapshotRequest"|"snapshotChunk"|"question"|"answer";
}
