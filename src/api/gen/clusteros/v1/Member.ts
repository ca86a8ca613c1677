// Original file: proto/clusteros/v1/admin.proto

import type { ServiceReport as _clusteros_v1_ServiceReport, ServiceReport__Output as _clusteros_v1_ServiceReport__Output } from '../../clusteros/v1/ServiceReport.ts';
import type { Long } from '@grpc/proto-loader';

export interface Member {
  'id'?: (string);
  'name'?: (string);
  'state'?: (string);
  'role'?: (string);
  'address'?: (string);
  'epoch'?: (number | string | Long);
  'incarnation'?: (number | string | Long);
  'version'?: (string);
  'rttMs'?: (number | string);
  'seenMs'?: (number | string | Long);
  'services'?: (_clusteros_v1_ServiceReport)[];
  'admitted'?: (boolean);
  'loss'?: (number | string);
  'tags'?: ({[key: string]: string});
  'capabilities'?: (string)[];
  'drain'?: (string);
}

export interface Member__Output {
  'id': (string);
  'name': (string);
  'state': (string);
  'role': (string);
  'address': (string);
  'epoch': (number);
  'incarnation': (number);
  'version': (string);
  'rttMs': (number);
  'seenMs': (number);
  'services': (_clusteros_v1_ServiceReport__Output)[];
  'admitted': (boolean);
  'loss': (number);
  'tags': ({[key: string]: string});
  'capabilities': (string)[];
  'drain': (string);
}
