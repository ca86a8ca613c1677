// Original file: proto/clusteros/v1/admin.proto


export interface ResumeMemberRequest {
  'member'?: (string);
  'client'?: (string);
}

export interface ResumeMemberRequest__Output {
  'member': (string);
  'client': (string);
}
