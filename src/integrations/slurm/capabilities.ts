// What this machine could do for SLURM. Looks only.
import type { Host } from '../host.ts';

/** `slurm-controller`, `slurm-worker` where the programs (and munge) are there, and the size of the machine. */
export async function slurmCapabilities(host: Host): Promise<string[]> {
  const has = async (program: string) => (await host.which(program)) !== undefined;
  const found: string[] = [];
  if (await has('munged')) {
    if (await has('slurmctld')) found.push('slurm-controller');
    if (await has('slurmd')) found.push('slurm-worker');
  }
  const text = async (path: string) =>
    new TextDecoder().decode((await host.readFile(path)) ?? new Uint8Array());
  const cores = (await text('/proc/cpuinfo')).match(/^processor\s*:/gm)?.length ?? 0;
  const memoryKib = Number(/^MemTotal:\s+(\d+) kB/m.exec(await text('/proc/meminfo'))?.[1] ?? 0);
  if (cores > 0) found.push(`cores=${cores}`);
  if (memoryKib > 0) found.push(`memory-mib=${Math.floor(memoryKib / 1024)}`);
  return found;
}
