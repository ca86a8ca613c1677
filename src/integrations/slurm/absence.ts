// A member of a cluster with SLURM that has no part in it, because the programs were not there when its agent started: it says so, and
// how to mend it. Looks only; that is no fault.
import type { ClusterView, ServiceReport } from '../cluster-view.ts';
import type { Host } from '../host.ts';
import { controllerGrant } from './candidates.ts';
import { service } from './names.ts';

/** What a node without a worker's role reports; nothing when it is about to get one, or nobody has SLURM. */
export async function absence(host: Host, view: ClusterView): Promise<readonly ServiceReport[]> {
  const own = view.nodes.find(({ id }) => id === view.self.id);
  if (!own || !controllerGrant(view) || own.capabilities.includes('slurm-worker')) return [];
  const missing: string[] = [];
  if ((await host.which('slurmd')) === undefined) missing.push('slurm-wlm');
  if ((await host.which('munged')) === undefined) missing.push('munge');
  const restart = '"systemctl restart node-agent"';
  const detail =
    missing.length === 0
      ? `it was installed after the agent had started: run ${restart}`
      : `install ${missing.join(' and ')}, then ${restart}`;
  return [{ service, role: 'worker', token: 0, state: 'absent', step: '', reason: '', detail }];
}
