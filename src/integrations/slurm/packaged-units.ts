// The units of Debian's packages. Enabled as they come, they would start slurmctld and slurmd at boot as soon as slurm.conf is
// there: a slurmctld with an old queue, beside the one that serves. While ClusterOS owns the daemons nobody else starts them.
import type { Host } from '../host.ts';
import { commandTimeoutMs } from '../limits.ts';
import { ServiceError } from '../service-error.ts';
import { hasSystemd } from '../systemd.ts';

const units: readonly string[] = ['slurmctld.service', 'slurmd.service', 'munge.service'];
/** Of a member without our accounting it is the operator's: a site may have one of its own. */
export const accountingUnits: readonly string[] = ['slurmdbd.service'];
const unitFile = (unit: string) => `/etc/systemd/system/${unit}`;

/** True where nobody but ClusterOS starts the daemons: they are masked (systemctl(1)), or there is no systemd. */
export async function unitsAreMasked(host: Host, which: readonly string[] = units): Promise<boolean> {
  return !(await hasSystemd(host)) || (await unmasked(host, which)).length === 0;
}

/** @throws ServiceError `unit-not-masked` when systemd does not do it */
export async function maskUnits(host: Host, which: readonly string[] = units): Promise<void> {
  if (await unitsAreMasked(host, which)) return;
  const due = await unmasked(host, which);
  const { exitCode, stderr } = await host.run('systemctl', ['mask', ...due], { timeoutMs: commandTimeoutMs });
  if (exitCode === 0) return;
  const mend = `move what stands in ${due.map(unitFile).join(', ')} aside, then run "systemctl mask ${due.join(' ')}"`;
  throw new ServiceError(
    'unit-not-masked',
    false,
    `systemd would start SLURM by itself (${stderr.trim()}): ${mend}`,
    true,
  );
}

/** SLURM is the machine's own again. */
export async function unmaskUnits(host: Host, which: readonly string[] = units): Promise<void> {
  if (!(await hasSystemd(host))) return;
  // Whether it worked changes nothing of what is taken away here.
  await host.run('systemctl', ['unmask', ...which], { timeoutMs: commandTimeoutMs });
}

/** A masked unit is a link to /dev/null, which reads as an empty file. */
async function unmasked(host: Host, which: readonly string[]): Promise<readonly string[]> {
  const files = await Promise.all(
    which.map(async unit => ({ unit, content: await host.readFile(unitFile(unit)) })),
  );
  return files.filter(({ content }) => content === undefined || content.length > 0).map(({ unit }) => unit);
}
