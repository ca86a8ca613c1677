// Original file: proto/clusteros/v1/types.proto

import type { ServiceReport as _clusteros_v1_ServiceReport, ServiceReport__Output as _clusteros_v1_ServiceReport__Output } from '../../clusteros/v1/ServiceReport.ts';
import type { Long } from '@grpc/proto-loader';

export interface MemberRecord {
  'id'?: (string);
  'epoch'?: (number | string | Long);
  'incarnation'?: (number | string | Long);
  'state'?: (string);
  'name'?: (string);
  'address'?: (string);
  'version'?: (string);
  'clusterId'?: (string);
  'clusterSize'?: (number);
  'capabilities'?: (string)[];
  'services'?: (_clusteros_v1_ServiceReport)[];
  'accusers'?: (string)[];
}

export interface MemberRecord__Output {
  'id': (string);
  'epoch': (number);
  'incarnation': (number);
  'state': (string);
  'name': (string);
  'address': (string);
  'version': (string);
  'clusterId': (string);
  'clusterSize': (number);
  'capabilities': (string)[];
  'services': (_clusteros_v1_ServiceReport__Output)[];
  'accusers': (string)[];
}
