// Original file: proto/clusteros/v1/peer.proto


export interface DescribeCopyRequest {
  'service'?: (string);
  'role'?: (string);
}

export interface DescribeCopyRequest__Output {
  'service': (string);
  'role': (string);
}
