// Original file: proto/clusteros/v1/admin.proto


export interface KeepTailnetClientReply {
}

export interface KeepTailnetClientReply__Output {
}
