// Original file: proto/clusteros/v1/admin.proto


export interface CreateTailnetKeyReply {
  'id'?: (string);
  'key'?: (string);
  'tags'?: (string)[];
}

export interface CreateTailnetKeyReply__Output {
  'id': (string);
  'key': (string);
  'tags': (string)[];
}
