// Original file: proto/clusteros/v1/types.proto


export interface Accusation {
  'observer'?: (string);
  'evidence'?: (string);
  'publicKey'?: (Buffer | Uint8Array | string);
  'signature'?: (Buffer | Uint8Array | string);
}

export interface Accusation__Output {
  'observer': (string);
  'evidence': (string);
  'publicKey': (Buffer);
  'signature': (Buffer);
}
