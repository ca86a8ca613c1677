// Original file: proto/clusteros/v1/peer.proto


export interface TagReply {
  'tags'?: ({[key: string]: string});
}

export interface TagReply__Output {
  'tags': ({[key: string]: string});
}
