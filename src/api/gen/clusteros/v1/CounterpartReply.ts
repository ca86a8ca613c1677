// Original file: proto/clusteros/v1/peer.proto


export interface CounterpartReply {
  'answer'?: (string);
}

export interface CounterpartReply__Output {
  'answer': (string);
}
