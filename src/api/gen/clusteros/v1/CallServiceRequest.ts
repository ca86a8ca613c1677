// Original file: proto/clusteros/v1/admin.proto


export interface CallServiceRequest {
  'service'?: (string);
  'verb'?: (string);
  'argument'?: (string);
  'member'?: (string);
}

export interface CallServiceRequest__Output {
  'service': (string);
  'verb': (string);
  'argument': (string);
  'member': (string);
}
