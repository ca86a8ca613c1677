// Holds the boot up until the clock can be right, and never for ever: certificates are dated back, and a machine with a wrong clock
// can still be reached and mended.
import type { Host } from '../integrations/host.ts';
import { clockEarliestMs } from '../integrations/limits.ts';
import { type ClockFacts, type ClockPlaces, clockFacts, clockVerdict } from './clock.ts';
import { timeCommandTimeoutMs, timePollMs, timeUnprovenMs } from './limits.ts';

export interface TimeGate extends ClockPlaces {
  readonly host: Host;
  /** Of the wall, which is in question. */
  readonly wallMs: () => number;
  /** Which is not. */
  readonly steadyMs: () => number;
  readonly timeoutMs: number;
  /** Whether the clock is put forward to the latest time that is known. */
  readonly sets: boolean;
  readonly say: (line: string) => void;
}

/** Resolves with how it stands, in a line, when the boot may go on. */
export async function throughTimeGate(gate: TimeGate): Promise<string> {
  const { host, wallMs, steadyMs, timeoutMs, sets, say } = gate;
  const startedAtMs = steadyMs();
  let unprovenSinceMs: number | undefined;
  let maySet = sets;
  let isTold = false;
  for (;;) {
    const facts = await clockFacts(host, wallMs(), gate);
    const verdict = clockVerdict(facts);
    const now = utc(facts.nowMs);
    if (verdict === 'synchronised') return `${now}, synchronised`;
    if (verdict === 'plausible') return `${now}, by the clock of the hardware`;
    // A clock of the hardware that has a time is believed before files: a wrong clock may have dated one of them.
    if (verdict === 'behind' && maySet && facts.hardwareMs === undefined) {
      // Once: where it is not permitted it is not in the next second.
      maySet = false;
      await putForward(host, facts, say);
      continue;
    }
    const atMs = steadyMs();
    if (verdict === 'unproven') {
      unprovenSinceMs ??= atMs;
      if (atMs - unprovenSinceMs >= Math.min(timeUnprovenMs, timeoutMs))
        return `${now}, which nothing speaks against: no time server was heard`;
    }
    if (atMs - startedAtMs >= timeoutMs) {
      say(
        `warning: the clock says ${now}, and it was ${utc(facts.knownMs)} already (${facts.knownBy}); the boot goes on`,
      );
      say('hint: run "timedatectl set-ntp true", or "date -s" where there is no time server');
      return `${now}, which is wrong`;
    }
    if (!isTold) say(`waiting for a time server: the clock says ${now}, ${verdict}`);
    isTold = true;
    await host.pause(timePollMs);
  }
}

/** Never backwards: it is behind. */
async function putForward(
  host: Host,
  { nowMs, knownMs, knownBy }: ClockFacts,
  say: (line: string) => void,
): Promise<void> {
  const seconds = Math.ceil(knownMs / 1000);
  const { exitCode } = await host.run('date', ['--utc', `--set=@${seconds}`], {
    timeoutMs: timeCommandTimeoutMs,
  });
  say(
    exitCode === 0
      ? `the clock is put forward from ${utc(nowMs)} to ${utc(knownMs)} (${knownBy})`
      : 'the clock cannot be set: that needs root',
  );
}

/** Writes down that it was this late already; a clock that was never set says nothing. */
export async function saveTime(host: Host, wallMs: number, clockFile: string): Promise<void> {
  if (wallMs < clockEarliestMs) return;
  const folder = clockFile.slice(0, clockFile.lastIndexOf('/'));
  if ((await host.listFolder(folder)).length === 0) await host.ensureFolder(folder, { mode: 0o700 });
  await host.writeFile(clockFile, '', { mode: 0o600 });
}

function utc(ms: number): string {
  return `${new Date(ms).toISOString().slice(0, 19).replace('T', ' ')} UTC`;
}
