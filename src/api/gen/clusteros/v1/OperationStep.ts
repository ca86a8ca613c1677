// Original file: proto/clusteros/v1/admin.proto


export interface OperationStep {
  'name'?: (string);
  'state'?: (string);
  'detail'?: (string);
}

export interface OperationStep__Output {
  'name': (string);
  'state': (string);
  'detail': (string);
}
