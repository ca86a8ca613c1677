// Where the demo takes place: three hosts of a lab, or three loopback addresses when this machine allows no lab.
import { spawnSync } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { Lab } from './lab.ts';
import { type LocalMachines, startLocalMachines } from './local-machine.ts';
import type { Machine } from './machine.ts';
import { isRoot, missingForLab, missingNamespaces } from './requirements.ts';

const installPackages = fileURLToPath(new URL('../../deploy/dev/install-packages', import.meta.url));
const packages = ['iproute2', 'munge', 'slurm-wlm'];

export interface Ground {
  readonly machines: readonly Machine[];
  /** Set when the machines are hosts, which can run SLURM. */
  readonly lab: Lab | undefined;
  stop(): Promise<void>;
}

/** Why the demo has to do without hosts; undefined when it can have them, once packages are installed. */
export function whyNoHosts(environment: Readonly<Record<string, string | undefined>>): string | undefined {
  if (environment.DEMO_AS === 'unprivileged' || !isRoot())
    return 'not root, so no network namespaces to make hosts of';
  const missing = missingNamespaces();
  return missing && `this machine lets root make no namespaces (${missing})`;
}

/** Installs what is missing, which says so first. @returns whether all is there */
export function installWhatIsMissing(): boolean {
  const { status } = spawnSync(installPackages, ['--for', 'the demo', ...packages], { stdio: 'inherit' });
  return status === 0;
}

/** Boots the hosts. @throws Error when the machine lacks something after all */
export async function openLab(hosts: number, mayBeKept: boolean): Promise<Ground> {
  const missing = missingForLab();
  if (missing !== undefined) throw new Error(missing);
  const lab = await Lab.start({ hosts, mayBeKept });
  return { lab, machines: lab.hosts, stop: () => lab.stop() };
}

/** Makes the stand-ins. */
export function openLoopback(count: number): Ground {
  const local: LocalMachines = startLocalMachines(count);
  return { lab: undefined, machines: local.machines, stop: () => local.stop() };
}
