// Original file: proto/clusteros/v1/admin.proto


export interface CreateTailnetKeyRequest {
  'lifeS'?: (number);
  'tags'?: (string)[];
  'description'?: (string);
}

export interface CreateTailnetKeyRequest__Output {
  'lifeS': (number);
  'tags': (string)[];
  'description': (string);
}
