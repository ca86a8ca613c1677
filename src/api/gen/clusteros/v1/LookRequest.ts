// Original file: proto/clusteros/v1/peer.proto


export interface LookRequest {
  'subjects'?: (string)[];
}

export interface LookRequest__Output {
  'subjects': (string)[];
}
