// The GPUs that jobs may be given on this machine: those whose device files are there. Looks only.
import type { Host } from '../host.ts';
import { gpusPerMachineMax } from '../limits.ts';

export interface GpuDevice {
  /** SLURM's type within `gpu`: the vendor. */
  readonly type: 'nvidia' | 'amd';
  /** Device file. */
  readonly file: string;
}

/**
 * Cards by vendor, then by number. NVIDIA's have /dev/nvidiaN once their driver is loaded; of AMD's compute driver each card is a
 * render node whose PCI vendor is 1002, and /dev/kfd is there. slurmd (22.05) ends when one of these files is missing, so a
 * card without one is no GPU to SLURM.
 */
export async function gpuDevices(host: Host): Promise<readonly GpuDevice[]> {
  const devices = await host.listFolder('/dev');
  const nvidia = devices.flatMap(name => /^nvidia(\d+)$/.exec(name)?.[1] ?? []).map(Number);
  const found: GpuDevice[] = nvidia
    .toSorted((a, b) => a - b)
    .map(number => ({ type: 'nvidia', file: `/dev/nvidia${number}` }));
  if (devices.includes('kfd')) found.push(...(await renderNodes(host)));
  return found.slice(0, gpusPerMachineMax);
}

async function renderNodes(host: Host): Promise<readonly GpuDevice[]> {
  const numbers = (await host.listFolder('/dev/dri'))
    .flatMap(name => /^renderD(\d+)$/.exec(name)?.[1] ?? [])
    .map(Number)
    .toSorted((a, b) => a - b);
  const found: GpuDevice[] = [];
  for (const number of numbers.slice(0, gpusPerMachineMax)) {
    const vendor = new TextDecoder().decode(
      await host.readFile(`/sys/class/drm/renderD${number}/device/vendor`),
    );
    if (vendor.trim() === '0x1002') found.push({ type: 'amd', file: `/dev/dri/renderD${number}` });
  }
  return found;
}

/** gres.conf(5): a line for each card. Equal input gives equal text. */
export function gresConfText(mark: string, devices: readonly GpuDevice[]): string {
  const lines = devices.map(({ type, file }) => `Name=gpu Type=${type} File=${file}\n`);
  return `${mark}\n${lines.join('')}`;
}

/** What slurmd says of them: `gpu:nvidia:2,gpu:amd:1`; empty when there are none. */
export function gresText(devices: readonly GpuDevice[]): string {
  const types = [...new Set(devices.map(({ type }) => type))];
  return types.map(type => `gpu:${type}:${devices.filter(each => each.type === type).length}`).join(',');
}
