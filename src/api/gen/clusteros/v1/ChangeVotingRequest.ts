// Original file: proto/clusteros/v1/admin.proto


export interface ChangeVotingRequest {
  'member'?: (string);
  'wish'?: (string);
  'count'?: (number);
  'client'?: (string);
}

export interface ChangeVotingRequest__Output {
  'member': (string);
  'wish': (string);
  'count': (number);
  'client': (string);
}
