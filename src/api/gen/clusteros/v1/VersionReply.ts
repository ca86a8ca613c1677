// Original file: proto/clusteros/v1/admin.proto


export interface VersionReply {
  'version'?: (string);
  'node'?: (string);
  'protocol'?: (number);
}

export interface VersionReply__Output {
  'version': (string);
  'node': (string);
  'protocol': (number);
}
