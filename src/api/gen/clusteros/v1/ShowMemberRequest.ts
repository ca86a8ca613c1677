// Original file: proto/clusteros/v1/admin.proto


export interface ShowMemberRequest {
  'member'?: (string);
}

export interface ShowMemberRequest__Output {
  'member': (string);
}
