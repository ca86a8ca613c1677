// Original file: proto/clusteros/v1/peer.proto


export interface DecideReply {
  'refused'?: (string);
}

export interface DecideReply__Output {
  'refused': (string);
}
