// The WiFi of this machine as its settings have it: rendered, looked through by netplan, put in place, applied. Does nothing when it
// is so already. Never leaves the machine with a file that netplan does not take.
import type { Host, Outcome } from '../integrations/host.ts';
import { BootError, exitCode } from './ending.ts';
import {
  netplanTimeoutMs,
  netplanWordsMax,
  systemctlTimeoutMs,
  wifiCardPollMs,
  wifiCardWaitMs,
} from './limits.ts';
import { Secrets } from './secrets.ts';
import { wifiCards, wifiNetplan, wifiNetplanFile } from './wifi-netplan.ts';
import { secretsOf, type WifiSettings, wifiSettingsFrom } from './wifi-settings.ts';

export const wifiSettingsFile = '/etc/clusteros/wifi.env';

export interface WifiMachine {
  readonly host: Host;
  /** wifi.env. Settings that are on trial lie beside it, see {@link trialFile}. */
  readonly settingsFile: string;
  readonly netplanFolder: string;
  /** Of this boot: the check of netplan's, and whether something is still to be applied. */
  readonly runFolder: string;
  readonly netplan: string;
  /** The cards, where somebody has named them; else those that are there. */
  readonly cards?: readonly string[] | undefined;
  readonly say: (line: string) => void;
}

/** Settings that the machine uses and does not keep yet. While it is there, whatever happens puts the former ones back. */
export const trialFile = ({ settingsFile }: WifiMachine): string => `${settingsFile}.trial`;

/** Makes the machine match its settings, and ends a trial that was cut off. Resolves with what was done. @throws BootError */
export async function applyWifi(machine: WifiMachine): Promise<string> {
  const { host, say } = machine;
  const wasCutOff = (await host.readFile(trialFile(machine))) !== undefined;
  if (wasCutOff)
    say('a change of the WiFi was cut off before it had proved itself: the former settings hold');
  const done = await putWifi(machine, await currentSettings(machine));
  if (wasCutOff) await host.removeFile(trialFile(machine));
  return done;
}

/** What wifi.env says now; no network when there is none. @throws BootError */
export async function currentSettings({ host, settingsFile }: WifiMachine): Promise<WifiSettings> {
  const bytes = await host.readFile(settingsFile);
  return wifiSettingsFrom(settingsFile, new TextDecoder().decode(bytes));
}

/** Puts these settings into effect, also where a run before was cut off between writing and applying them. @throws BootError */
export async function putWifi(machine: WifiMachine, settings: WifiSettings): Promise<string> {
  const { host, netplanFolder, runFolder } = machine;
  const secrets = new Secrets();
  for (const secret of secretsOf(settings)) secrets.add(secret);
  const cards = await cardsFor(machine, settings);
  const text = await accepted(machine, settings, cards, secrets);
  const file = `${netplanFolder}/${wifiNetplanFile}`;
  const pending = `${runFolder}/pending`;
  const former = await host.readFile(file);
  const isSame = new TextDecoder().decode(former) === (text ?? '');
  const isPending = (await host.readFile(pending)) !== undefined;
  const what = describe(settings, cards);
  if (isSame && !isPending && (text === undefined || (await areServed(machine, cards))))
    return `nothing to do: ${what}`;
  if (!isSame) {
    await host.ensureFolder(runFolder, { mode: 0o700 });
    await host.writeFile(pending, '', { mode: 0o600 });
    if (text === undefined) await host.removeFile(file);
    else await host.writeFile(file, text, { mode: 0o600 });
  }
  const outcome = await host.run(machine.netplan, ['apply'], { timeoutMs: netplanTimeoutMs });
  if (outcome.exitCode !== 0) throw netplanError(machine, outcome, secrets, exitCode.failed);
  await host.removeFile(pending);
  return `applied: ${what}`;
}

/** In a line, without anything secret. */
export function describe({ networks, country }: WifiSettings, cards: readonly string[]): string {
  if (networks.length === 0) return 'no WiFi network is set';
  const names = networks.map(({ ssid, auth }) => `${JSON.stringify(ssid)} (${auth.kind})`).join(', ');
  const where = cards.length === 0 ? 'this machine has no WiFi card' : `on ${cards.join(', ')}`;
  return `${names}${country === '' ? '' : `, country ${country}`}, ${where}`;
}

/** The cards that there are now. */
export async function cardsOf({ host, cards }: WifiMachine): Promise<readonly string[]> {
  return cards ?? wifiCards(await host.listFolder('/sys/class/net'));
}

/** They are waited for while there is a network for one and none is there. */
async function cardsFor(machine: WifiMachine, { networks }: WifiSettings): Promise<readonly string[]> {
  for (let waitedMs = 0; ; waitedMs += wifiCardPollMs) {
    const cards = await cardsOf(machine);
    if (cards.length > 0 || networks.length === 0 || waitedMs >= wifiCardWaitMs) return cards;
    await machine.host.pause(wifiCardPollMs);
  }
}

/**
 * Whether each card has netplan's supplicant, as far as systemd says. One that ended, with its card or for itself, is started for no card
 * that comes later.
 */
async function areServed({ host }: WifiMachine, cards: readonly string[]): Promise<boolean> {
  for (const card of cards) {
    const { stdout } = await host.run('systemctl', ['is-active', `netplan-wpa-${card}.service`], {
      timeoutMs: systemctlTimeoutMs,
    });
    if (/^(inactive|failed)$/.test(stdout.trim())) return false;
  }
  return true;
}

/** The YAML, once netplan has taken it; a network that this netplan cannot have is left out where there are others. */
async function accepted(
  machine: WifiMachine,
  settings: WifiSettings,
  cards: readonly string[],
  secrets: Secrets,
): Promise<string | undefined> {
  const text = wifiNetplan(settings, cards);
  if (text === undefined) return undefined;
  const outcome = await looked(machine, text);
  if (outcome.exitCode === 0) return text;
  const others = settings.networks.filter(({ auth }) => auth.kind !== 'wpa3');
  if (!/unknown key management type 'sae'/.test(outcome.stderr) || others.length === settings.networks.length)
    throw netplanError(machine, outcome, secrets, exitCode.usage);
  const left = settings.networks
    .filter(each => !others.includes(each))
    .map(({ ssid }) => JSON.stringify(ssid));
  const lack = `netplan of this machine is too old for WPA3 (1.0 has it): ${left.join(', ')}`;
  if (others.length === 0)
    throw new BootError(
      exitCode.usage,
      lack,
      'set wpa2, which most such access points take too, or bring netplan up to date',
    );
  machine.say(`${lack} left out`);
  return await accepted(machine, { ...settings, networks: others }, cards, secrets);
}

/** What netplan says of it beside all else that it reads, in a folder of its own, of which nothing is left. */
async function looked(
  { host, netplan, netplanFolder, runFolder }: WifiMachine,
  text: string,
): Promise<Outcome> {
  const root = `${runFolder}/check`;
  const folder = `${root}/etc/netplan`;
  await host.ensureFolder(runFolder, { mode: 0o700 });
  try {
    await host.ensureFolder(folder, { mode: 0o700 });
    // One file that netplan does not take, or two that do not go together, and at the next boot it makes no network at all.
    for (const name of await host.listFolder(netplanFolder)) {
      const other = name.endsWith('.yaml') ? await host.readFile(`${netplanFolder}/${name}`) : undefined;
      if (other) await host.writeFile(`${folder}/${name}`, other, { mode: 0o600 });
    }
    await host.writeFile(`${folder}/${wifiNetplanFile}`, text, { mode: 0o600 });
    return await host.run(netplan, ['generate', '--root-dir', root], { timeoutMs: netplanTimeoutMs });
  } finally {
    await host.run('rm', ['-rf', root], { timeoutMs: netplanTimeoutMs });
  }
}

/** netplan shows the line that it does not take, with its passphrase: only its first line is said, and that without secrets. */
function netplanError(
  { netplan }: WifiMachine,
  { exitCode: code, stderr }: Outcome,
  secrets: Secrets,
  as: number,
): BootError {
  if (code === 127)
    return new BootError(exitCode.usage, `${netplan} is not installed`, 'install the package netplan.io');
  const [first = ''] = stderr.trim().split('\n');
  const words = secrets.hide(first.replace(/^\S+\.yaml:\d+:\d+: /, '')).slice(0, netplanWordsMax);
  return new BootError(
    as,
    `netplan does not take the WiFi settings (exit code ${code}): ${words}`,
    as === exitCode.usage
      ? 'mend the setting that it names'
      : 'see "journalctl -b -u systemd-networkd -n 30"; wifi-setup apply tries again',
  );
}
