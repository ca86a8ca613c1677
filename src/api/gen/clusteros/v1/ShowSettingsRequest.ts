// Original file: proto/clusteros/v1/admin.proto


export interface ShowSettingsRequest {
  'service'?: (string);
}

export interface ShowSettingsRequest__Output {
  'service': (string);
}
