// Original file: proto/clusteros/v1/peer.proto


export interface ConfirmRequest {
}

export interface ConfirmRequest__Output {
}
