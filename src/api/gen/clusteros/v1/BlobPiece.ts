// Original file: proto/clusteros/v1/peer.proto


export interface BlobPiece {
  'data'?: (Buffer | Uint8Array | string);
  'last'?: (boolean);
  'gone'?: (boolean);
}

export interface BlobPiece__Output {
  'data': (Buffer);
  'last': (boolean);
  'gone': (boolean);
}
