// Original file: proto/clusteros/v1/admin.proto


export interface RemoveMemberReply {
  'id'?: (string);
  'name'?: (string);
}

export interface RemoveMemberReply__Output {
  'id': (string);
  'name': (string);
}
