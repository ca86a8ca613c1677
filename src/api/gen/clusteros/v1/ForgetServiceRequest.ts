// Original file: proto/clusteros/v1/admin.proto


export interface ForgetServiceRequest {
  'service'?: (string);
  'client'?: (string);
}

export interface ForgetServiceRequest__Output {
  'service': (string);
  'client': (string);
}
