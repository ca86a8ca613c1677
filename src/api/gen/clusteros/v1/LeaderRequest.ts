// Original file: proto/clusteros/v1/admin.proto


export interface LeaderRequest {
}

export interface LeaderRequest__Output {
}
