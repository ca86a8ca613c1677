// Original file: proto/clusteros/v1/peer.proto


export interface DecideRequest {
  'command'?: (Buffer | Uint8Array | string);
}

export interface DecideRequest__Output {
  'command': (Buffer);
}
