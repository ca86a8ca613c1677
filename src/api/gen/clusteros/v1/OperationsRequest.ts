// Original file: proto/clusteros/v1/admin.proto


export interface OperationsRequest {
}

export interface OperationsRequest__Output {
}
