// Original file: proto/clusteros/v1/admin.proto

import type { ServiceReport as _clusteros_v1_ServiceReport, ServiceReport__Output as _clusteros_v1_ServiceReport__Output } from '../../clusteros/v1/ServiceReport.ts';
import type { Long } from '@grpc/proto-loader';

export interface ServicePart {
  'member'?: (string);
  'report'?: (_clusteros_v1_ServiceReport | null);
  'holds'?: (boolean);
  'copy'?: (string);
  'behindMs'?: (number | string | Long);
  'copiedAtMs'?: (number | string | Long);
  'memberState'?: (string);
}

export interface ServicePart__Output {
  'member': (string);
  'report': (_clusteros_v1_ServiceReport__Output | null);
  'holds': (boolean);
  'copy': (string);
  'behindMs': (number);
  'copiedAtMs': (number);
  'memberState': (string);
}
