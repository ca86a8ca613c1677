// Original file: proto/clusteros/v1/admin.proto


export interface MoveServiceRequest {
  'service'?: (string);
  'member'?: (string);
  'client'?: (string);
}

export interface MoveServiceRequest__Output {
  'service': (string);
  'member': (string);
  'client': (string);
}
