// Original file: proto/clusteros/v1/admin.proto


export interface TransferLeaderRequest {
  'member'?: (string);
}

export interface TransferLeaderRequest__Output {
  'member': (string);
}
