// Original file: proto/clusteros/v1/admin.proto


export interface VersionRequest {
}

export interface VersionRequest__Output {
}
