// Original file: proto/clusteros/v1/admin.proto

import type { VotingNode as _clusteros_v1_VotingNode, VotingNode__Output as _clusteros_v1_VotingNode__Output } from '../../clusteros/v1/VotingNode.ts';

export interface VotingReply {
  'wanted'?: (number);
  'nodes'?: (_clusteros_v1_VotingNode)[];
}

export interface VotingReply__Output {
  'wanted': (number);
  'nodes': (_clusteros_v1_VotingNode__Output)[];
}
