// Original file: proto/clusteros/v1/admin.proto


export interface VotingRequest {
}

export interface VotingRequest__Output {
}
