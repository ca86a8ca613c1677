// Original file: proto/clusteros/v1/peer.proto


export interface FetchBlobRequest {
  'service'?: (string);
  'role'?: (string);
  'sha256'?: (Buffer | Uint8Array | string)[];
}

export interface FetchBlobRequest__Output {
  'service': (string);
  'role': (string);
  'sha256': (Buffer)[];
}
