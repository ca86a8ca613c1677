// Original file: proto/clusteros/v1/admin.proto


export interface RemoveMemberRequest {
  'member'?: (string);
  'force'?: (boolean);
  'client'?: (string);
}

export interface RemoveMemberRequest__Output {
  'member': (string);
  'force': (boolean);
  'client': (string);
}
