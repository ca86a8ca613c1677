// Original file: proto/clusteros/v1/admin.proto


export interface ForgetServiceReply {
}

export interface ForgetServiceReply__Output {
}
