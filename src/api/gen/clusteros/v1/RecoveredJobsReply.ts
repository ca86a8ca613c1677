// Original file: proto/clusteros/v1/admin.proto

import type { RecoveredJob as _clusteros_v1_RecoveredJob, RecoveredJob__Output as _clusteros_v1_RecoveredJob__Output } from '../../clusteros/v1/RecoveredJob.ts';

export interface RecoveredJobsReply {
  'jobs'?: (_clusteros_v1_RecoveredJob)[];
}

export interface RecoveredJobsReply__Output {
  'jobs': (_clusteros_v1_RecoveredJob__Output)[];
}
