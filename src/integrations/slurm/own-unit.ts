// How a daemon is started so that it outlives the agent. On systemd each is a unit of its own: a restart of the agent ends none of them,
// what the agent's unit may not do is not held against jobs, and slurmd has the control groups that its steps need (systemd-run(1)).
import type { Host, Outcome } from '../host.ts';
import { commandTimeoutMs, earlyWordsS, logTailLines } from '../limits.ts';
import { hasSystemd } from '../systemd.ts';

/** @param number more than one where a step of a job still has the unit of the slurmd before: then systemd keeps that */
const unitOf = (program: string, number = 1) => `clusteros-${program}${number === 1 ? '' : `-${number}`}`;

export interface Background {
  /** Of the unit. */
  readonly program: string;
  readonly pidFile: string;
  /** The argument that keeps it in the foreground; undefined for one that always stays there. */
  readonly foreground: string | undefined;
}

/** The command that has a daemon run in the background: `command` itself where that does so. */
export async function inBackground(
  host: Host,
  { program, pidFile, foreground }: Background,
  command: readonly [string, ...string[]],
  number = 1,
): Promise<readonly [string, ...string[]]> {
  const alone: readonly [string, ...string[]] =
    foreground === undefined
      ? [
          ...([
            'start-stop-daemon',
            '--start',
            '--background',
            '--make-pidfile',
            '--pidfile',
            pidFile,
          ] as const),
          ...['--startas', (await host.which(command[0])) ?? command[0], '--', ...command.slice(1)],
        ]
      : command;
  if (!(await hasSystemd(host))) return alone;
  // One that puts itself in the background and dies there would have systemd wait for it.
  const [type, ...start] =
    foreground === undefined
      ? ['--service-type=forking', `--property=PIDFile=${pidFile}`, '--', ...alone]
      : ['--service-type=exec', '--', ...command, foreground];
  const properties = [
    // Steps of jobs are no part of it, and its own cgroups are for it to make.
    ...['KillMode=process', 'Delegate=yes'],
    // As the packages' own units have it.
    ...['TasksMax=infinity', 'LimitNOFILE=131072', 'LimitMEMLOCK=infinity', 'LimitSTACK=infinity'],
  ];
  return [
    ...(['systemd-run', '--quiet', '--collect', `--unit=${unitOf(program, number)}`, type ?? ''] as const),
    ...properties.map(each => `--property=${each}`),
    ...start,
  ];
}

/** Whether systemd still has the unit of the process before. */
export function isUnitLeft({ exitCode, stderr }: Pick<Outcome, 'exitCode' | 'stderr'>): boolean {
  return exitCode !== 0 && /Unit clusteros-\S+ was already loaded/.test(stderr);
}

/** What a daemon has lately said before it had a log of its own; empty where there is no systemd, which keeps it. */
export async function earlyWords(host: Host, program: string): Promise<string> {
  if (!(await hasSystemd(host))) return '';
  const lately = [
    `--unit=${unitOf(program)}`,
    `--unit=${unitOf(program)}-[2-9]`,
    `--since=-${earlyWordsS}s`,
    `--lines=${logTailLines}`,
  ];
  const { stdout } = await host.run('journalctl', [...lately, '--output=cat', '--quiet', '--no-pager'], {
    timeoutMs: commandTimeoutMs,
  });
  return stdout;
}
