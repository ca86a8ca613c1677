// Original file: proto/clusteros/v1/peer.proto


export interface HandOverReply {
  'refused'?: (string);
}

export interface HandOverReply__Output {
  'refused': (string);
}
