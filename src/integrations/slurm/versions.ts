// Which versions of SLURM work together, by what each member says of its machine. Pure; decides nothing.
import type { ClusterView, ViewNode } from '../cluster-view.ts';
import { olderReleasesMax, olderReleasesMaxBefore2411 } from '../limits.ts';
import { ServiceError } from '../service-error.ts';
import { releases } from './names.ts';

/** What its machine has, such as `22.05.8`; undefined when it does not say. */
export function versionOf({ capabilities }: Pick<ViewNode, 'capabilities'>): string | undefined {
  return capabilities.find(each => each.startsWith('slurm='))?.slice('slurm='.length);
}

/** `22.05` of `22.05.8`; undefined of what is no version. */
export function releaseOf(version: string | undefined): string | undefined {
  return /^\d\d\.\d\d(?=\.|$)/.exec(version ?? '')?.[0];
}

/** Whether a slurmctld of one release takes a slurmd of another. */
export function fitOf(worker: string, controller: string): 'fits' | 'newer' | 'too-old' {
  // Years have two digits, so they sort as texts do.
  if (worker > controller) return 'newer';
  const between = releases.filter(each => each > worker && each < controller).length;
  const older = worker === controller ? 0 : between + 1;
  const olderMax = controller < '24.11' ? olderReleasesMaxBefore2411 : olderReleasesMax;
  return older <= olderMax ? 'fits' : 'too-old';
}

/** Why the controller's slurmctld would not take this node's slurmd; undefined when it would, or one of them does not say what it has. */
export function mismatchOf({ nodes, self }: ClusterView, controller: ViewNode): ServiceError | undefined {
  const own = nodes.find(({ id }) => id === self.id);
  const [here, there] = [own && versionOf(own), versionOf(controller)];
  const [release, wanted] = [releaseOf(here), releaseOf(there)];
  if (release === undefined || wanted === undefined) return undefined;
  const fit = fitOf(release, wanted);
  if (fit === 'fits') return undefined;
  const why = fit === 'newer' ? 'newer than itself' : 'so much older than itself';
  const detail = `slurmd is ${here} here, and slurmctld ${there} on ${controller.name} takes none that is ${why}`;
  const mend = `install SLURM ${wanted} here, then "systemctl restart node-agent"`;
  return new ServiceError('version-mismatch', true, `${detail}: ${mend}`);
}
