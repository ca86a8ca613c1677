// Original file: proto/clusteros/v1/admin.proto


export interface RecoverServiceRequest {
  'service'?: (string);
  'member'?: (string);
  'argument'?: (string);
  'client'?: (string);
}

export interface RecoverServiceRequest__Output {
  'service': (string);
  'member': (string);
  'argument': (string);
  'client': (string);
}
