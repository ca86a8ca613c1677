// Original file: proto/clusteros/v1/admin.proto


export interface MembersRequest {
}

export interface MembersRequest__Output {
}
