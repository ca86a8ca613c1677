// What this machine could do for SLURM. Looks only.
import type { Host } from '../host.ts';
import { canConfine } from './confinement.ts';

/**
 * `slurm-controller`, `slurm-worker` where the programs (and munge) are there; `tenure-fence` where the kernel can keep a controller
 * still; `slurm-cgroups` where it can hold jobs to what they asked for.
 */
export async function slurmCapabilities(host: Host): Promise<string[]> {
  const has = async (program: string) => (await host.which(program)) !== undefined;
  const found: string[] = [];
  if (await has('munged')) {
    if (await has('slurmctld')) found.push('slurm-controller');
    if (await has('nft')) found.push('tenure-fence');
    if (await has('slurmd')) {
      found.push('slurm-worker');
      if (await canConfine(host)) found.push('slurm-cgroups');
    }
  }
  return found;
}
