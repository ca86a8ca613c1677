// Original file: proto/clusteros/v1/admin.proto


export interface BackupRequest {
}

export interface BackupRequest__Output {
}
