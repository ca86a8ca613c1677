// Original file: proto/clusteros/v1/peer.proto


export interface ConfirmReply {
  'refused'?: (string);
}

export interface ConfirmReply__Output {
  'refused': (string);
}
