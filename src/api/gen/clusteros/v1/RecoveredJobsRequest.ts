// Original file: proto/clusteros/v1/admin.proto


export interface RecoveredJobsRequest {
  'service'?: (string);
}

export interface RecoveredJobsRequest__Output {
  'service': (string);
}
