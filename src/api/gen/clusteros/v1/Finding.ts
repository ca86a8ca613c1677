// Original file: proto/clusteros/v1/admin.proto


export interface Finding {
  'stage'?: (string);
  'state'?: (string);
  'text'?: (string);
  'mend'?: (string);
}

export interface Finding__Output {
  'stage': (string);
  'state': (string);
  'text': (string);
  'mend': (string);
}
