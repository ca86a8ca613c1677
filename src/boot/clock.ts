// Whether the clock of a machine can be right: a board without a battery begins every boot in the past, and trusts no certificate
// then. The judgement is pure; the looks are at files that were written lately, the clock of the hardware, and NTP's word.
import type { Host } from '../integrations/host.ts';
import { clockEarliestMs } from '../integrations/limits.ts';
import { timeAheadMaxMs, timeCommandTimeoutMs } from './limits.ts';

/** Its time of change is the last time that was known here: written when the gate opens, and when the machine goes down. */
export const defaultClockFile = '/var/lib/clusteros/clock';

export interface ClockFacts {
  readonly nowMs: number;
  /** It was later than this already. */
  readonly knownMs: number;
  /** By which file. */
  readonly knownBy: string;
  /** Of the hardware; undefined where there is none, or it has forgotten the time. */
  readonly hardwareMs: number | undefined;
  /** A time server has been heard. */
  readonly isSynchronised: boolean;
}

export type ClockVerdict =
  | 'synchronised'
  /** Nothing speaks against it, and a battery stands behind it. */
  | 'plausible'
  /** Nothing speaks against it, nor for it: it may have been put forward to what was known. */
  | 'unproven'
  /** It has been later. */
  | 'behind';

export function clockVerdict({ nowMs, knownMs, hardwareMs, isSynchronised }: ClockFacts): ClockVerdict {
  if (nowMs < clockEarliestMs) return 'behind';
  if (isSynchronised) return 'synchronised';
  if (nowMs < knownMs) return 'behind';
  return hardwareMs === undefined ? 'unproven' : 'plausible';
}

export interface ClockPlaces {
  /** Files of this program: it was made before it ran. */
  readonly ownFiles: readonly string[];
  readonly clockFile: string;
}

export async function clockFacts(host: Host, nowMs: number, places: ClockPlaces): Promise<ClockFacts> {
  const { knownMs, knownBy } = await newestKnown(host, places);
  return {
    nowMs,
    knownMs,
    knownBy,
    hardwareMs: await hardwareClock(host),
    isSynchronised: await isSynchronised(host),
  };
}

/** The latest time that this disk knows of. */
async function newestKnown(
  host: Host,
  { ownFiles, clockFile }: ClockPlaces,
): Promise<Pick<ClockFacts, 'knownMs' | 'knownBy'>> {
  // What is always written last. The newest of all files would not do: one that a wrong clock has dated into the future stays.
  const logs = (await host.listFolder(logFolder)).filter(name => /^\d+\.log$/.test(name)).sort();
  const lately = [timesyncdClock, clockFile, ...logs.slice(-1).map(name => `${logFolder}/${name}`)];
  const { stdout } = await host.run('stat', ['--format=%Y %n', ...ownFiles, ...lately], {
    timeoutMs: timeCommandTimeoutMs,
  });
  const changes = stdout.split('\n').flatMap(line => {
    const [, seconds, path = ''] = /^(\d+) (.+)$/.exec(line) ?? [];
    return seconds === undefined ? [] : [{ path, atMs: Number(seconds) * 1000 }];
  });
  const ofProgram = changes.filter(({ path }) => ownFiles.includes(path)).map(({ atMs }) => atMs);
  const latestMs = Math.max(clockEarliestMs, ...ofProgram) + timeAheadMaxMs;
  const [newest] = changes.filter(({ atMs }) => atMs <= latestMs).sort((a, b) => b.atMs - a.atMs);
  return newest && newest.atMs > clockEarliestMs
    ? { knownMs: newest.atMs, knownBy: newest.path }
    : { knownMs: clockEarliestMs, knownBy: 'this program' };
}

/** systemd-timesyncd dates it whenever it hears a server. */
const timesyncdClock = '/var/lib/systemd/timesync/clock';
/** The agent writes there all the time. */
const logFolder = '/var/lib/clusteros/log';

async function hardwareClock(host: Host): Promise<number | undefined> {
  for (const name of await host.listFolder('/sys/class/rtc')) {
    const bytes = await host.readFile(`/sys/class/rtc/${name}/since_epoch`).catch(() => undefined);
    const ms = Number(new TextDecoder().decode(bytes).trim()) * 1000;
    if (ms >= clockEarliestMs) return ms;
  }
  return undefined;
}

async function isSynchronised(host: Host): Promise<boolean> {
  if ((await host.readFile('/run/systemd/timesync/synchronized')) !== undefined) return true;
  const args = ['show', '--property=NTPSynchronized', '--value'];
  const { exitCode, stdout } = await host.run('timedatectl', args, { timeoutMs: timeCommandTimeoutMs });
  return exitCode === 0 && stdout.trim() === 'yes';
}
