// Original file: proto/clusteros/v1/peer.proto

import type { StateFile as _clusteros_v1_StateFile, StateFile__Output as _clusteros_v1_StateFile__Output } from '../../clusteros/v1/StateFile.ts';
import type { Long } from '@grpc/proto-loader';

export interface StateManifest {
  'token'?: (number | string | Long);
  'generation'?: (number | string | Long);
  'atMs'?: (number | string | Long);
  'base'?: (number | string | Long);
  'files'?: (_clusteros_v1_StateFile)[];
  'removed'?: (string)[];
  'more'?: (boolean);
  'beat'?: (boolean);
}

export interface StateManifest__Output {
  'token': (number);
  'generation': (number);
  'atMs': (number);
  'base': (number);
  'files': (_clusteros_v1_StateFile__Output)[];
  'removed': (string)[];
  'more': (boolean);
  'beat': (boolean);
}
