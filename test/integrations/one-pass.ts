// An integration as tests go through it: the lanes one after the other, as one pass.
import type { ClusterView, ServiceReport } from '../../src/integrations/cluster-view.ts';
import type { Host } from '../../src/integrations/host.ts';
import type { Integration } from '../../src/integrations/reconciler.ts';

export interface InOnePass extends Integration {
  pass(
    host: Host,
    view: ClusterView,
    onReport: (report: ServiceReport) => void,
  ): Promise<readonly ServiceReport[]>;
}

export function inOnePass(integration: Integration): InOnePass {
  return {
    ...integration,
    async pass(host, view, onReport) {
      const reports: ServiceReport[] = [];
      for (const lane of integration.lanes) reports.push(...(await lane.pass(host, view, onReport)));
      return reports;
    },
  };
}
