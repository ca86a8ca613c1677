// `wifi-setup`: the WiFi of this machine from wifi.env, at boot (`apply`), and changed on a live machine with a way back (`set`).
// Prints no secret.
import { createInterface } from 'node:readline/promises';
import { text as textOf } from 'node:stream/consumers';
import { Command } from 'commander';
import { realHost } from '../integrations/host.ts';
import { defaultSocket, tailscaleLocalApi } from '../integrations/tailscale/local-api.ts';
import { BootError, exitCode, runProgram, timeoutMsFrom } from './ending.ts';
import { readPrivateFile } from './env-file.ts';
import { peerPortDefault, wifiTrialTimeoutMsDefault } from './limits.ts';
import { lookAtReach } from './reach.ts';
import { Secrets } from './secrets.ts';
import { version } from './version.ts';
import { applyWifi, cardsOf, currentSettings, describe, type WifiMachine, wifiSettingsFile } from './wifi.ts';
import { secretsOf, wifiSettingsFrom } from './wifi-settings.ts';
import { trialPlan, tryWifi } from './wifi-trial.ts';

const program = new Command('wifi-setup')
  .description(
    'The WiFi of this machine, from a file of settings. There is no network unless that names one.',
  )
  .version(version, '-V, --version', 'print the version of this program')
  .exitOverride()
  .showSuggestionAfterError()
  .addHelpText(
    'after',
    `
Settings, one NAME=VALUE a line (${wifiSettingsFile}, mode 0600; not read by a shell, and a passphrase stands as it is):
  WIFI_SSID, WIFI_KEY      a network; further ones are WIFI_SSID_2, WIFI_KEY_2 and so on
  WIFI_COUNTRY             where the machine stands, such as DE
  WIFI_SECURITY            wpa2 unless set; wpa3, open, enterprise
  WIFI_HIDDEN              true where the network does not tell its name
  WIFI_EAP, WIFI_IDENTITY, WIFI_PASSWORD, WIFI_CA_CERT, WIFI_PHASE2, WIFI_ANONYMOUS_IDENTITY
                           of an enterprise network: peap unless set, ttls, tls
  WIFI_CLIENT_CERT, WIFI_CLIENT_KEY, WIFI_CLIENT_KEY_PASSWORD   with WIFI_EAP=tls

Exit codes:
  0 done   1 failed: starting it again may help   2 usage, or settings that are wrong
  4 not permitted   7 the tailnet did not come back in time; the former settings are back`,
  );

const secrets = new Secrets();
const say = (line: string) => console.error(secrets.hide(line));

interface PlaceFlags {
  readonly settings: string;
  readonly netplanDir: string;
  readonly runDir: string;
  readonly netplan: string;
  readonly card?: readonly string[];
}

const withPlaces = (command: Command) =>
  command
    .option('--settings <FILE>', 'the settings of this machine', wifiSettingsFile)
    .option('--netplan-dir <FOLDER>', "netplan's folder", '/etc/netplan')
    .option('--run-dir <FOLDER>', 'for files that do not outlive the boot', '/run/wifi-setup')
    .option('--netplan <PROGRAM>', 'the netplan command', 'netplan')
    .option(
      '--card <NAME>',
      'this card, instead of those that are there; repeatable',
      (name, others: readonly string[] = []) => [...others, name],
    )
    .option('--dry-run', 'say what would be done, and change nothing')
    .exitOverride();

withPlaces(program.command('apply'))
  .description(
    'make the machine match its settings; does nothing when it does. Ends a trial that was cut off',
  )
  .action(async (flags: PlaceFlags & { dryRun?: boolean }) => {
    const machine = await machineFrom(flags);
    const line = flags.dryRun
      ? `would see to it: ${describe(await currentSettings(machine), await cardsOf(machine))}`
      : await applyWifi(machine);
    console.log(secrets.hide(line));
  });

withPlaces(program.command('set'))
  .description('change the settings on a live machine, and take that back when the machine loses its tailnet')
  .requiredOption('--file <FILE>', 'the new settings, all of them; "-" reads them from the standard input')
  .option('--timeout <DURATION>', 'for the tailnet to be back', `${wifiTrialTimeoutMsDefault / 60_000}m`)
  .option('--yes', 'do not ask')
  .option('--socket <PATH>', 'the socket of tailscaled', defaultSocket)
  .option('--tag <TAG>', 'what other members are known by', 'tag:cluster')
  .option('--port <PORT>', 'where they listen', String(peerPortDefault))
  .action(async (flags: PlaceFlags & SetFlags) => {
    const text = await newSettings(flags.file);
    const source = flags.file === '-' ? 'the standard input' : flags.file;
    for (const secret of secretsOf(wifiSettingsFrom(source, text))) secrets.add(secret);
    const machine = await machineFrom(flags);
    const port = Number(flags.port);
    if (!(port >= 1 && port <= 65_535))
      throw new BootError(exitCode.usage, `--port "${flags.port}" is no port`, '');
    const api = tailscaleLocalApi(flags.socket);
    const trial = {
      ...{ text, source, timeoutMs: timeoutMsFrom(flags.timeout) },
      look: () => lookAtReach({ ...{ api, port }, host: machine.host, tag: flags.tag }),
      nowMs: () => performance.now(),
      stop: stop.signal,
    };
    if (!Number.isFinite(trial.timeoutMs))
      throw new BootError(exitCode.usage, '--timeout infinity would never take anything back', '');
    if (flags.dryRun) {
      console.log(secrets.hide(await trialPlan(machine, trial)));
      return;
    }
    if (!flags.yes) await confirm(await trialPlan(machine, trial));
    outlive();
    console.log(secrets.hide(await tryWifi(machine, trial)));
  });

interface SetFlags {
  readonly file: string;
  readonly timeout: string;
  readonly dryRun?: boolean;
  readonly yes?: boolean;
  readonly socket: string;
  readonly tag: string;
  readonly port: string;
}

/** Reads what is in force too, so that none of its secrets is said. */
async function machineFrom({
  settings,
  netplanDir,
  runDir,
  netplan,
  card,
}: PlaceFlags): Promise<WifiMachine> {
  const text = (await readPrivateFile(settings, { isAsked: false, flag: '--settings' })) ?? '';
  for (const secret of secretsOf(wifiSettingsFrom(settings, text))) secrets.add(secret);
  return {
    ...{ host: realHost(), settingsFile: settings, netplanFolder: netplanDir, runFolder: runDir },
    ...{ netplan, say, cards: card },
  };
}

async function newSettings(file: string): Promise<string> {
  if (file === '-') return await textOf(process.stdin);
  return (await readPrivateFile(file, { isAsked: true, flag: '--file' })) ?? '';
}

/** @throws BootError unless somebody agrees */
async function confirm(plan: string): Promise<void> {
  if (!process.stdin.isTTY)
    throw new BootError(
      exitCode.usage,
      'nobody is there to be asked',
      'say --yes, or --dry-run to see what it would do',
    );
  console.error(secrets.hide(plan));
  const asked = createInterface({ input: process.stdin, output: process.stderr });
  const answer = await asked.question('Go on? [y/N] ');
  asked.close();
  if (!/^y(es)?$/i.test(answer.trim())) throw new BootError(exitCode.failed, 'nothing was changed', '');
}

const stop = new AbortController();

/** Whoever changes the WiFi by way of the WiFi may lose the terminal: the trial goes on. An end that is asked for takes it back first. */
function outlive(): void {
  process.on('SIGHUP', () => {});
  for (const name of ['SIGTERM', 'SIGINT'] as const) process.on(name, () => stop.abort());
  for (const stream of [process.stdout, process.stderr]) stream.on('error', () => {});
}

await runProgram(async () => {
  await program.parseAsync();
  return exitCode.done;
}, secrets.hide);
