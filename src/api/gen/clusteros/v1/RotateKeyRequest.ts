// Original file: proto/clusteros/v1/admin.proto


export interface RotateKeyRequest {
  'service'?: (string);
  'dryRun'?: (boolean);
  'client'?: (string);
}

export interface RotateKeyRequest__Output {
  'service': (string);
  'dryRun': (boolean);
  'client': (string);
}
