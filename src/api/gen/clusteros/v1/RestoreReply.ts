// Original file: proto/clusteros/v1/admin.proto


export interface RestoreReply {
  'changes'?: (string)[];
}

export interface RestoreReply__Output {
  'changes': (string)[];
}
