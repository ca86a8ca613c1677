// One question or order to slurmctld by its administrator's command.
import type { Host } from '../host.ts';
import { slurmQueryTimeoutMs } from '../limits.ts';
import { errorFrom } from './reasons.ts';

/** What `scontrol` printed. @throws ServiceError when slurmctld refuses or does not answer */
export async function scontrol(host: Host, args: readonly string[]): Promise<string> {
  const { exitCode, stdout, stderr } = await host.run('scontrol', args, { timeoutMs: slurmQueryTimeoutMs });
  if (exitCode !== 0) throw errorFrom(`"scontrol ${args.join(' ')}"`, stderr);
  return stdout;
}
