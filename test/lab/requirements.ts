// What a machine must have for a lab. Looks only; installs nothing.
import { spawnSync } from 'node:child_process';
import { accessSync, constants } from 'node:fs';

const programs: Readonly<Record<string, string>> = {
  ip: 'iproute2',
  bridge: 'iproute2',
  unshare: 'util-linux',
  nsenter: 'util-linux',
  setpriv: 'util-linux',
  flock: 'util-linux',
};

/** Whether a program is in the folders where a package puts one. */
export function isInstalled(program: string): boolean {
  return ['/usr/local/sbin', '/usr/local/bin', '/usr/sbin', '/usr/bin', '/sbin', '/bin'].some(folder => {
    try {
      accessSync(`${folder}/${program}`, constants.X_OK);
      return true;
    } catch {
      return false;
    }
  });
}

/** Whether this process may be root in all respects that the lab needs, by its uid. */
export function isRoot(): boolean {
  return process.getuid?.() === 0;
}

/** Why no lab can be made here, in a few words; undefined when one can. The reason of a skipped test. */
export function missingForLab(): string | undefined {
  if (process.platform !== 'linux') return 'needs Linux';
  if (!isRoot()) return 'needs root';
  for (const [program, name] of Object.entries(programs))
    if (!isInstalled(program)) return `needs ${program} (package ${name})`;
  const missing = missingNamespaces();
  return missing && `needs namespaces (${missing})`;
}

/** What keeps this process from making namespaces, in the words of unshare; undefined when it can. */
export function missingNamespaces(): string | undefined {
  const namespaces = ['--mount', '--uts', '--ipc', '--net', '--pid', '--fork', '--mount-proc'];
  const { status, stderr, error } = spawnSync('unshare', [...namespaces, 'true'], { encoding: 'utf8' });
  return status === 0 ? undefined : (error?.message ?? stderr.trim());
}

/** As {@link missingForLab}, and what asks etcd. */
export function missingForK3s(): string | undefined {
  return missingForLab() ?? (isInstalled('curl') ? undefined : 'needs curl (package curl)');
}

/** As {@link missingForLab}, and real SLURM to run in it. */
export function missingForSlurm(): string | undefined {
  const missing = ['munged', 'slurmctld', 'slurmd', 'srun'].find(program => !isInstalled(program));
  return (
    missingForLab() ?? (missing === undefined ? undefined : `needs ${missing} (packages slurm-wlm, munge)`)
  );
}

/** As {@link missingForSlurm}, and a database to keep accounts in. */
export function missingForAccounting(): string | undefined {
  const missing = ['slurmdbd', 'mariadbd'].find(program => !isInstalled(program));
  return (
    missingForSlurm() ??
    (missing === undefined ? undefined : `needs ${missing} (packages slurmdbd, mariadb-server)`)
  );
}
