// Original file: proto/clusteros/v1/admin.proto


export interface KeepTailnetClientRequest {
  'id'?: (string);
  'secret'?: (string);
  'tags'?: (string)[];
  'apiUrl'?: (string);
  'client'?: (string);
}

export interface KeepTailnetClientRequest__Output {
  'id': (string);
  'secret': (string);
  'tags': (string)[];
  'apiUrl': (string);
  'client': (string);
}
