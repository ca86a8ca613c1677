// Starting and ending SLURM's daemons. They put themselves in the background and outlive the agent; a second one is
// never started beside a running one (a second slurmctld kills the first by its pid file).
import type { Host, Outcome } from '../host.ts';
import {
  daemonAppearTimeoutMs,
  logTailLines,
  stopDaemonTimeoutMs,
  stopPollMs,
  unitFreeMs,
  unitsMax,
} from '../limits.ts';
import { ServiceError } from '../service-error.ts';
import { type Background, earlyWords, inBackground, isUnitLeft } from './own-unit.ts';
import { errorFrom } from './reasons.ts';

export interface Daemon extends Background {
  readonly program: 'munged' | 'slurmctld' | 'slurmd' | 'slurmdbd' | 'mariadbd';
  /** Where it writes why it ended; its own standard error says little. */
  readonly log: string | undefined;
}

/**
 * Runs a command that puts a daemon in the background, and waits until it is there: its pid file comes after the command
 * has ended, and who looked before that would start a second one.
 * @throws ServiceError by what the command, or the lines that its log has got since, say
 */
export async function startDaemon(
  host: Host,
  daemon: Daemon,
  command: readonly [string, ...string[]],
  timeoutMs: number,
): Promise<void> {
  const { program, pidFile, log } = daemon;
  if ((await host.runningPid(pidFile, program)) !== undefined) return;
  // Older lines tell of older troubles.
  const logLength = (await logText(host, log)).length;
  const { isWrapped, exitCode, stdout, stderr } = await begin(host, daemon, command, timeoutMs);
  const lastWords = async () =>
    fatalLineOf((await logText(host, log)).slice(logLength)) || fatalLineOf(await earlyWords(host, program));
  if (exitCode !== 0) {
    // systemd says only that it failed.
    const said = isWrapped ? '' : `${stderr}${stdout}`;
    throw errorFrom(`starting ${program}`, said || (await lastWords()) || `${stderr}${stdout}`);
  }
  for (let waitedMs = 0; waitedMs < daemonAppearTimeoutMs; waitedMs += stopPollMs) {
    if ((await host.runningPid(pidFile, program)) !== undefined) return;
    await host.pause(stopPollMs);
  }
  throw errorFrom(attempt(daemon), await lastWords());
}

/** Runs the command, under a unit's name that systemd has free. */
async function begin(
  host: Host,
  daemon: Daemon,
  command: readonly [string, ...string[]],
  timeoutMs: number,
): Promise<Outcome & { readonly isWrapped: boolean }> {
  for (let number = 1; ; number++) {
    const [name, ...args] = await inBackground(host, daemon, command, number);
    const isWrapped = name !== command[0];
    let outcome = await host.run(name, args, { timeoutMs });
    // Its process has just gone, and systemd lets go of its unit a moment later.
    for (let waitedMs = 0; isUnitLeft(outcome) && waitedMs < unitFreeMs; waitedMs += stopPollMs) {
      await host.pause(stopPollMs);
      outcome = await host.run(name, args, { timeoutMs });
    }
    if (!isUnitLeft(outcome) || number === unitsMax) return { ...outcome, isWrapped };
  }
}

/** Why a daemon that had been started is not there any more, in its own last words. */
export async function deathOf(host: Host, daemon: Daemon): Promise<ServiceError> {
  const tail = (await logText(host, daemon.log)).trim().split('\n').slice(-logTailLines).join('\n');
  const { reason, permanent, message } = errorFrom(attempt(daemon), fatalLineOf(tail));
  // Waiting for it once more in the same pass does not bring it back.
  return new ServiceError(reason, permanent, message, true);
}

/** Ends a daemon: asks, waits, kills. Resolves with whether it ran and has ended as it was asked to: then it has written down all it knew. */
export async function stopDaemon(
  host: Host,
  { program, pidFile }: Daemon,
  limitMs: number = stopDaemonTimeoutMs,
): Promise<boolean> {
  const pid = await host.runningPid(pidFile, program);
  if (pid === undefined) return false;
  await host.signal(pid, 'SIGTERM');
  for (let waitedMs = 0; waitedMs < limitMs; waitedMs += stopPollMs) {
    if (!(await host.isRunning(pid, program))) return true;
    await host.pause(stopPollMs);
  }
  await host.signal(pid, 'SIGKILL');
  if (await host.isRunning(pid, program)) {
    throw new ServiceError(
      'daemon-does-not-end',
      false,
      `${program} (process ${pid}) does not end even when killed: is its disk hanging?`,
    );
  }
  return false;
}

function attempt({ program, log }: Daemon): string {
  return `running ${program}${log === undefined ? '' : ` (its log is ${log})`}`;
}

async function logText(host: Host, log: string | undefined): Promise<string> {
  const bytes = log === undefined ? undefined : await host.readFile(log);
  return new TextDecoder().decode(bytes);
}

/** The line that says why a daemon ended; the last one when none says so. */
function fatalLineOf(text: string): string {
  const lines = text.trim().split('\n');
  const line = lines.findLast(each => /fatal|error/i.test(each)) ?? lines.at(-1) ?? '';
  // Without its time, so that the same trouble is the same report.
  return line.replace(/^\[[^\]]*\]\s*/, '');
}
