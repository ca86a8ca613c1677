// Original file: proto/clusteros/v1/peer.proto


export interface TagRequest {
  'set'?: ({[key: string]: string});
  'remove'?: (string)[];
}

export interface TagRequest__Output {
  'set': ({[key: string]: string});
  'remove': (string)[];
}
