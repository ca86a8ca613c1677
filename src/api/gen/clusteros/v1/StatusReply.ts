// Original file: proto/clusteros/v1/admin.proto

import type { Long } from '@grpc/proto-loader';

export interface StatusReply {
  'id'?: (string);
  'name'?: (string);
  'address'?: (string);
  'version'?: (string);
  'clusterId'?: (string);
  'clusterName'?: (string);
  'epoch'?: (number | string | Long);
  'uptimeMs'?: (number | string | Long);
  'role'?: (string);
  'term'?: (number | string | Long);
  'leader'?: (string);
  'leaderSinceMs'?: (number | string | Long);
  'voters'?: (number);
  'votersAnswering'?: (number);
  'quorum'?: (number);
  'logIndex'?: (number | string | Long);
  'appliedIndex'?: (number | string | Long);
  'inputsDropped'?: (number | string | Long);
  'operationsRunning'?: (number);
  'operationsFailed'?: (number);
  'waitingFor'?: (string);
  'decisionsDue'?: (number);
}

export interface StatusReply__Output {
  'id': (string);
  'name': (string);
  'address': (string);
  'version': (string);
  'clusterId': (string);
  'clusterName': (string);
  'epoch': (number);
  'uptimeMs': (number);
  'role': (string);
  'term': (number);
  'leader': (string);
  'leaderSinceMs': (number);
  'voters': (number);
  'votersAnswering': (number);
  'quorum': (number);
  'logIndex': (number);
  'appliedIndex': (number);
  'inputsDropped': (number);
  'operationsRunning': (number);
  'operationsFailed': (number);
  'waitingFor': (string);
  'decisionsDue': (number);
}
