// Original file: proto/clusteros/v1/peer.proto


export interface Failure {
  'code'?: (number);
  'details'?: (string);
}

export interface Failure__Output {
  'code': (number);
  'details': (string);
}
