// Original file: proto/clusteros/v1/peer.proto


export interface CounterpartRequest {
  'service'?: (string);
  'question'?: (string);
}

export interface CounterpartRequest__Output {
  'service': (string);
  'question': (string);
}
