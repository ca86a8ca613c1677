// Original file: proto/clusteros/v1/admin.proto


export interface ShowServiceRequest {
  'service'?: (string);
}

export interface ShowServiceRequest__Output {
  'service': (string);
}
