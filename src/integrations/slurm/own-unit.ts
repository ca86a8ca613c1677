// On systemd each daemon is a unit of its own: a restart of the agent ends none of them, what the agent's unit may not do is not held
// against jobs, and slurmd has the control groups that its steps need (systemd-run(1)).
import type { Host } from '../host.ts';
import { unitStartMarginMs } from '../limits.ts';

/** True where systemd runs the machine. */
export async function hasSystemd(host: Host): Promise<boolean> {
  return new TextDecoder().decode(await host.readFile('/proc/1/comm')).trim() === 'systemd';
}

/**
 * The command that starts a daemon which puts itself in the background, as it is to be run on this machine.
 * @param log where its last words before it is in the background go to, too; else they are in the journal only
 * @param timeoutMs what the command will be given: systemd waits for a daemon that has died in the background until a limit of its own
 */
export async function asOwnUnit(
  host: Host,
  {
    program,
    pidFile,
    log,
  }: { readonly program: string; readonly pidFile: string; readonly log: string | undefined },
  command: readonly [string, ...string[]],
  timeoutMs: number,
): Promise<readonly [string, ...string[]]> {
  if (!(await hasSystemd(host))) return command;
  const properties = [
    ...[`PIDFile=${pidFile}`, `TimeoutStartSec=${Math.max(1, (timeoutMs - unitStartMarginMs) / 1000)}`],
    // Steps of jobs are no part of it, and its own cgroups are for it to make.
    ...['KillMode=process', 'Delegate=yes'],
    // As the packages' own units have it.
    ...['TasksMax=infinity', 'LimitNOFILE=131072', 'LimitMEMLOCK=infinity', 'LimitSTACK=infinity'],
    ...(log === undefined ? [] : [`StandardError=append:${log}`]),
  ];
  const unit = ['--quiet', '--collect', `--unit=clusteros-${program}`, '--service-type=forking'];
  return ['systemd-run', ...unit, ...properties.map(each => `--property=${each}`), '--', ...command];
}
