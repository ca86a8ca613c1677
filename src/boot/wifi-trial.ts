// New WiFi settings on a live machine: tried first, kept when the tailnet holds, else taken back. wifi.env is not touched before they
// have proved themselves, so whatever cuts this off (a crash, a power cut, a kill) leaves the former settings to be applied.
import { BootError, exitCode } from './ending.ts';
import { systemdRunTimeoutMs, wifiDeadManGraceMs, wifiTrialPollMs, wifiTrialSettleMs } from './limits.ts';
import { lostSince, type Reach } from './reach.ts';
import {
  applyWifi,
  cardsOf,
  currentSettings,
  describe,
  putWifi,
  trialFile,
  type WifiMachine,
} from './wifi.ts';
import { wifiSettingsFrom } from './wifi-settings.ts';

export interface WifiTrial {
  /** The new settings, as they will stand in wifi.env. */
  readonly text: string;
  /** Where they came from, for errors. */
  readonly source: string;
  readonly timeoutMs: number;
  readonly look: () => Promise<Reach>;
  readonly nowMs: () => number;
  /** Asked to end: the former settings are put back at once. */
  readonly stop: AbortSignal;
}

/** What a trial would do, in lines. @throws BootError when the settings are wrong */
export async function trialPlan(
  machine: WifiMachine,
  { text, source, timeoutMs, look }: WifiTrial,
): Promise<string> {
  const settings = wifiSettingsFrom(source, text);
  const cards = await cardsOf(machine);
  const before = await look();
  return [
    `now: ${describe(await currentSettings(machine), cards)}`,
    `would try: ${describe(settings, cards)}`,
    `would keep it when within ${Math.round(timeoutMs / 1000)} s ${proofFrom(before)}`,
  ].join('\n');
}

/** Tries them. Resolves with what was done, once they are kept. @throws BootError when they were taken back, with the reason */
export async function tryWifi(machine: WifiMachine, trial: WifiTrial): Promise<string> {
  const { host, say } = machine;
  const { text, source, timeoutMs, look } = trial;
  const settings = wifiSettingsFrom(source, text);
  // Read here, so that a file that is wrong is not found out about when there is need of it.
  await currentSettings(machine);
  if ((await host.readFile(trialFile(machine))) !== undefined)
    throw new BootError(
      exitCode.failed,
      'another change of the WiFi is under way, or was cut off',
      'wait for it; if there is none, "wifi-setup apply" puts the former settings back',
    );
  const before = await look();
  say(`${describe(settings, await cardsOf(machine))}: kept when ${proofFrom(before)}`);
  const disarm = await armDeadMan(machine, timeoutMs);
  await host.writeFile(trialFile(machine), text, { mode: 0o600 });
  const wrong = await attempt(machine, trial, before, () => putWifi(machine, settings)).catch(
    // Whatever it is, the machine is not to stay with settings that nobody has seen work.
    (error: Error) => new BootError(exitCode.failed, `they could not be tried: ${error.message}`, ''),
  );
  if (wrong !== undefined) {
    say(`taking it back: ${wrong.message}`);
    await applyWifi(machine);
    await disarm();
    throw new BootError(wrong.exitCode, `${wrong.message}; the former WiFi settings are back`, wrong.mend);
  }
  // Kept from here on: with a power cut between these two the new settings are found in both places.
  await host.writeFile(machine.settingsFile, text, { mode: 0o600 });
  await host.removeFile(trialFile(machine));
  await disarm();
  await sayCards(machine);
  return 'kept: the tailnet holds with the new WiFi settings';
}

/** What was wrong; undefined when they have proved themselves. */
async function attempt(
  machine: WifiMachine,
  { timeoutMs, look, nowMs, stop }: WifiTrial,
  before: Reach,
  put: () => Promise<string>,
): Promise<BootError | undefined> {
  try {
    machine.say(await put());
  } catch (error) {
    if (error instanceof BootError) return error;
    throw error;
  }
  const startedAtMs = nowMs();
  let heldSinceMs: number | undefined;
  let told = '';
  for (;;) {
    const lost = stop.aborted ? 'it was told to end' : lostSince(before, await look());
    const atMs = nowMs();
    if ((await machine.host.readFile(trialFile(machine))) === undefined)
      return new BootError(exitCode.failed, 'the trial was ended from elsewhere ("wifi-setup apply")', '');
    if (stop.aborted) return new BootError(exitCode.failed, 'it was told to end', '');
    if (lost === '') {
      heldSinceMs ??= atMs;
      if (atMs - heldSinceMs >= wifiTrialSettleMs) return undefined;
    } else {
      heldSinceMs = undefined;
      if (lost !== told) machine.say(`waiting: ${lost}`);
      told = lost;
    }
    if (atMs - startedAtMs >= timeoutMs)
      return new BootError(
        exitCode.timedOut,
        `after ${Math.round(timeoutMs / 1000)} s ${lost || 'the tailnet had only just come back'}`,
        'see "journalctl -u \'netplan-wpa-*\' -n 30": is the name right, and the key, and is the access point near?',
      );
    await machine.host.pause(wifiTrialPollMs);
  }
}

/** What has to be so for the settings to be kept. */
function proofFrom({ peers, hasControl }: Reach): string {
  if (peers.length > 0)
    return `the tailnet is there and another member answers (now ${peers.slice(0, 3).join(', ')})`;
  return hasControl
    ? 'the tailnet is there and its control server answers (no other member does now)'
    : 'the tailnet is there';
}

/** Has systemd put the former settings back should this program be killed without a reboot. Resolves with what calls that off. */
async function armDeadMan({ host, say }: WifiMachine, timeoutMs: number): Promise<() => Promise<void>> {
  const unit = 'wifi-setup-rollback';
  const seconds = Math.ceil((timeoutMs + wifiDeadManGraceMs) / 1000);
  const { exitCode: code } = await host.run(
    'systemd-run',
    [
      ...[
        '--quiet',
        '--collect',
        `--unit=${unit}`,
        `--on-active=${seconds}s`,
        '--timer-property=AccuracySec=1s',
      ],
      ...['systemctl', 'restart', 'wifi-setup.service'],
    ],
    { timeoutMs: systemdRunTimeoutMs },
  );
  if (code !== 0)
    say(
      'systemd does not watch over this: should this program be killed, the next boot puts the former settings back',
    );
  return async () => {
    if (code === 0)
      await host.run('systemctl', ['stop', `${unit}.timer`], { timeoutMs: systemdRunTimeoutMs });
  };
}

/** The tailnet may hold by cable: whoever changes the WiFi wants to know. */
async function sayCards(machine: WifiMachine): Promise<void> {
  const { host, say } = machine;
  for (const card of await cardsOf(machine)) {
    const carrier = await host.readFile(`/sys/class/net/${card}/carrier`).catch(() => undefined);
    if (new TextDecoder().decode(carrier).trim() !== '1')
      say(`${card} has no link: the tailnet is reached by another way`);
  }
}
