// Original file: proto/clusteros/v1/admin.proto


export interface DrainMemberReply {
  'id'?: (string);
  'name'?: (string);
}

export interface DrainMemberReply__Output {
  'id': (string);
  'name': (string);
}
