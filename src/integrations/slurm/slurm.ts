// SLURM as an integration: what the agent is given. Puts the parts together and remembers the last reports.
import type { ServiceReport } from '../cluster-view.ts';
import { fenceIn } from '../fencing.ts';
import { type Integration, type Retry, reconcile } from '../reconciler.ts';
import { slurmCapabilities } from './capabilities.ts';
import { controllerReconciler, endController } from './controller.ts';
import { decideSlurm } from './decide.ts';
import { service } from './names.ts';
import { workerReconciler } from './worker.ts';

export interface SlurmSettings {
  /** Where the tokens of obeyed orders are kept; its folder exists. */
  readonly fencingFile: string;
  readonly retry: Retry;
}

export function slurmIntegration({ fencingFile, retry }: SlurmSettings): Integration {
  const fence = fenceIn(fencingFile);
  let reports: readonly ServiceReport[] = [];
  return {
    name: service,
    capabilities: slurmCapabilities,
    decide: decideSlurm,
    lapse: endController,
    async pass(host, view, onReport) {
      const mine = view.grants.filter(grant => grant.service === service && grant.node === view.self.id);
      const next: ServiceReport[] = [];
      for (const role of ['controller', 'worker']) {
        const grant = mine.find(each => each.role === role);
        if (!grant) continue;
        const before = reports.find(report => report.role === role);
        const context = { host, view, grant, fence, retry, before, onReport };
        next.push(
          await (role === 'controller'
            ? reconcile(controllerReconciler, context)
            : reconcile(workerReconciler, context)),
        );
      }
      reports = next;
      return next;
    },
  };
}
