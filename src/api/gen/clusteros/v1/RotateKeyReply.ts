// Original file: proto/clusteros/v1/admin.proto


export interface RotateKeyReply {
  'key'?: (string);
  'using'?: (string)[];
  'awaited'?: (string)[];
  'away'?: (string)[];
}

export interface RotateKeyReply__Output {
  'key': (string);
  'using': (string)[];
  'awaited': (string)[];
  'away': (string)[];
}
