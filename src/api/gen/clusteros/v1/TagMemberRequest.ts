// Original file: proto/clusteros/v1/admin.proto


export interface TagMemberRequest {
  'member'?: (string);
  'set'?: ({[key: string]: string});
  'remove'?: (string)[];
}

export interface TagMemberRequest__Output {
  'member': (string);
  'set': ({[key: string]: string});
  'remove': (string)[];
}
