// Starting and ending SLURM's daemons. They put themselves in the background and outlive the agent; a second one is
// never started beside a running one (a second slurmctld kills the first by its pid file).
import type { Host } from '../host.ts';
import { stopDaemonTimeoutMs, stopPollMs } from '../limits.ts';
import { ServiceError } from '../service-error.ts';
import { errorFrom } from './reasons.ts';

export interface Daemon {
  readonly program: 'munged' | 'slurmctld' | 'slurmd';
  readonly pidFile: string;
  /** Where it writes why it ended; its own standard error says little. */
  readonly log: string | undefined;
}

/** Runs a command that puts a daemon in the background. @throws ServiceError by what the command, or the log's last lines, say */
export async function startDaemon(
  host: Host,
  { program, pidFile, log }: Daemon,
  command: readonly [string, ...string[]],
  timeoutMs: number,
): Promise<void> {
  if ((await host.runningPid(pidFile, program)) !== undefined) return;
  const [name, ...args] = command;
  const { exitCode, stdout, stderr } = await host.run(name, args, { timeoutMs });
  if (exitCode !== 0)
    throw errorFrom(`starting ${program}`, `${stderr}${stdout}` || (await lastFatalLine(host, log)));
}

/** Why a daemon that had been started is not there any more, in its own last words. */
export async function deathOf(host: Host, { program, log }: Daemon): Promise<ServiceError> {
  return errorFrom(`running ${program}`, await lastFatalLine(host, log));
}

/** Ends a daemon: asks, waits, kills. */
export async function stopDaemon(host: Host, { program, pidFile }: Daemon): Promise<void> {
  const pid = await host.runningPid(pidFile, program);
  if (pid === undefined) return;
  await host.signal(pid, 'SIGTERM');
  for (let waitedMs = 0; waitedMs < stopDaemonTimeoutMs; waitedMs += stopPollMs) {
    if ((await host.runningPid(pidFile, program)) !== pid) return;
    await host.pause(stopPollMs);
  }
  await host.signal(pid, 'SIGKILL');
  if ((await host.runningPid(pidFile, program)) === pid) {
    throw new ServiceError(
      'daemon-does-not-end',
      false,
      `${program} (process ${pid}) does not end even when killed: is its disk hanging?`,
    );
  }
}

async function lastFatalLine(host: Host, log: string | undefined): Promise<string> {
  if (log === undefined) return '';
  const lines = new TextDecoder()
    .decode((await host.readFile(log)) ?? new Uint8Array())
    .trim()
    .split('\n');
  return lines.findLast(line => /fatal|error/i.test(line)) ?? lines.at(-1) ?? '';
}
