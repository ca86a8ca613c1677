// Original file: proto/clusteros/v1/admin.proto


export interface RestoreRequest {
  'content'?: (Buffer | Uint8Array | string);
  'dryRun'?: (boolean);
  'client'?: (string);
}

export interface RestoreRequest__Output {
  'content': (Buffer);
  'dryRun': (boolean);
  'client': (string);
}
