// Original file: proto/clusteros/v1/peer.proto


export interface HandOverRequest {
  'target'?: (string);
}

export interface HandOverRequest__Output {
  'target': (string);
}
