// Original file: proto/clusteros/v1/admin.proto


export interface CallServiceReply {
  'answer'?: (string);
  'member'?: (string);
}

export interface CallServiceReply__Output {
  'answer': (string);
  'member': (string);
}
