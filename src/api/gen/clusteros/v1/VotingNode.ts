// Original file: proto/clusteros/v1/admin.proto


export interface VotingNode {
  'id'?: (string);
  'name'?: (string);
  'role'?: (string);
  'wish'?: (string);
  'why'?: (string);
}

export interface VotingNode__Output {
  'id': (string);
  'name': (string);
  'role': (string);
  'wish': (string);
  'why': (string);
}
