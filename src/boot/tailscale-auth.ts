// `tailscale-auth`: brings this machine into its tailnet at boot, without hands, and does nothing when it is there. Prints no secret.
import { Command } from 'commander';
import { realHost } from '../integrations/host.ts';
import { isPrivateWay } from '../integrations/tailscale/auth-key.ts';
import { enrolmentFile } from '../integrations/tailscale/enrolment.ts';
import { defaultSocket, tailscaleLocalApi } from '../integrations/tailscale/local-api.ts';
import { BootError, exitCode, runProgram, timeoutMsFrom } from './ending.ts';
import { signInTimeoutMsDefault } from './limits.ts';
import { nodeSettings, nodeSettingsFile } from './node-settings.ts';
import { Secrets } from './secrets.ts';
import { defaultSettingsFile, readSettings } from './settings.ts';
import { signIn } from './sign-in.ts';
import { version } from './version.ts';

const program = new Command('tailscale-auth')
  .description(
    'Brings this machine into its tailnet, and does nothing when it is there with its tags. With the credentials of an OAuth client it gets a single-use key for itself; else, or when that fails, it uses the key it was given.',
  )
  .option(
    '--settings <FILE>',
    `settings, instead of systemd's credential tailscale.env or ${defaultSettingsFile}`,
  )
  .option(
    '--config <FILE>',
    "node-agent's settings: with the tailnet off there is nothing to do",
    nodeSettingsFile,
  )
  .option('--timeout <DURATION>', 'such as 90s or 2m', `${signInTimeoutMsDefault / 60_000}m`)
  .option('--dry-run', 'say what would be done, and change nothing')
  .option('--renew', 'sign in anew where this machine is on the tailnet without its tags')
  .option('--socket <PATH>', 'the socket of tailscaled', defaultSocket)
  .option('--tailscale <PROGRAM>', 'the tailscale command', 'tailscale')
  .option('--api-url <URL>', "another API than Tailscale's, or that of the login server")
  .option('--enrolment-file <FILE>', 'where it is written which machine was enrolled', enrolmentFile)
  .version(version, '-V, --version', 'print the version of this program')
  .exitOverride()
  .showSuggestionAfterError()
  .addHelpText(
    'after',
    `
Settings, one NAME=VALUE a line (mode 0600; the file is not read by a shell):
  TAILSCALE_OAUTH_CLIENT_ID, TAILSCALE_OAUTH_CLIENT_SECRET   with the scope auth_keys and the tags
  TAILSCALE_AUTHKEY        a key made by hand, or by "clusterctl tailnet-key create"
  TAILSCALE_TAGS           tag:cluster unless set
  TAILSCALE_HOSTNAME       the machine's own unless set
  TAILSCALE_LOGIN_SERVER   Tailscale's unless set
Each may also be a credential of systemd of that name (LoadCredentialEncrypted=).

Exit codes:
  0 on the tailnet, or it is off   1 not yet, for a reason that may pass (network, API, tailscaled): start it again
  2 usage, or settings that are missing or wrong
  4 refused: OAuth client, scope, tag, key, approval, or the state of another machine; the hint says the mend`,
  );

const secrets = new Secrets();
// An end by signal is an exit, so that no key is left in a file.
process.once('SIGTERM', () => process.exit(143));
process.once('SIGINT', () => process.exit(130));

async function main(): Promise<number> {
  program.parse();
  const flags = program.opts<{
    settings?: string;
    config: string;
    timeout: string;
    dryRun?: boolean;
    renew?: boolean;
    socket: string;
    tailscale: string;
    apiUrl?: string;
    enrolmentFile: string;
  }>();
  const { hasTailnet } = await nodeSettings(realHost(), console.error, flags.config);
  if (!hasTailnet) {
    console.error(`the tailnet is off by ${flags.config}: there is nothing to sign in to`);
    return exitCode.done;
  }
  const { CREDENTIALS_DIRECTORY, RUNTIME_DIRECTORY } = process.env;
  const settings = await readSettings({ file: flags.settings, credentialsFolder: CREDENTIALS_DIRECTORY });
  for (const secret of [settings.oauth?.secret, settings.authKey]) if (secret) secrets.add(secret);
  refusePlainHttp(settings.oauth && (flags.apiUrl ?? settings.loginServer));
  const line = await signIn({
    ...{ settings, secrets },
    api: tailscaleLocalApi(flags.socket),
    host: realHost(),
    tailscale: flags.tailscale,
    apiUrl: flags.apiUrl,
    keyFolder: RUNTIME_DIRECTORY ?? '/run/tailscale-auth',
    enrolmentFile: flags.enrolmentFile,
    timeoutMs: timeoutMsFrom(flags.timeout),
    isDryRun: flags.dryRun ?? false,
    mayRenew: flags.renew ?? false,
    say: text => console.error(secrets.hide(text)),
  });
  console.log(secrets.hide(line));
  return exitCode.done;
}

/** The client's secret goes there, so nobody on the way may read it. @throws BootError */
function refusePlainHttp(url: string | undefined): void {
  if (!url) return;
  if (!URL.canParse(url)) throw new BootError(exitCode.usage, `--api-url "${url}" is no URL`, '');
  if (isPrivateWay(url)) return;
  throw new BootError(
    exitCode.usage,
    `the secret of the OAuth client would go to ${new URL(url).hostname} in the open`,
    'use https, or a key instead of an OAuth client',
  );
}

await runProgram(main, secrets.hide);
