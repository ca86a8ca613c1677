// Original file: proto/clusteros/v1/admin.proto

import type { ServicePart as _clusteros_v1_ServicePart, ServicePart__Output as _clusteros_v1_ServicePart__Output } from '../../clusteros/v1/ServicePart.ts';

export interface ShowServiceReply {
  'service'?: (string);
  'parts'?: (_clusteros_v1_ServicePart)[];
}

export interface ShowServiceReply__Output {
  'service': (string);
  'parts': (_clusteros_v1_ServicePart__Output)[];
}
