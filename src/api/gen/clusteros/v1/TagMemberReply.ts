// Original file: proto/clusteros/v1/admin.proto


export interface TagMemberReply {
  'tags'?: ({[key: string]: string});
}

export interface TagMemberReply__Output {
  'tags': ({[key: string]: string});
}
