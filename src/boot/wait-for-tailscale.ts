// `wait-for-tailscale`: returns when the tailnet's address is on an interface of this machine. Looks only; changes nothing.
import { Command } from 'commander';
import { realHost } from '../integrations/host.ts';
import { defaultSocket, tailscaleLocalApi } from '../integrations/tailscale/local-api.ts';
import { exitCode, runProgram, timeoutMsFrom } from './ending.ts';
import { waitTimeoutMsDefault } from './limits.ts';
import { nodeSettings, nodeSettingsFile } from './node-settings.ts';
import { version } from './version.ts';
import { waitUntilReady } from './wait.ts';

const program = new Command('wait-for-tailscale')
  .description(
    'Waits until this machine is on its tailnet and the address is on an interface, and prints the address. Changes nothing.',
  )
  .option('--timeout <DURATION>', 'such as 90s, 2m or infinity', `${waitTimeoutMsDefault / 60_000}m`)
  .option('--quiet', 'say nothing but why it was in vain')
  .option('--socket <PATH>', 'the socket of tailscaled', defaultSocket)
  .option(
    '--config <FILE>',
    "node-agent's settings: with the tailnet off there is nothing to wait for",
    nodeSettingsFile,
  )
  .version(version, '-V, --version', 'print the version of this program')
  .exitOverride()
  .showSuggestionAfterError()
  .addHelpText(
    'after',
    `
Exit codes: 0 the address is there, or the tailnet is off, 2 usage, 4 not permitted to ask tailscaled, 7 timed out (the last line says at which stage, and the mend).`,
  );

async function main(): Promise<number> {
  program.parse();
  const {
    timeout,
    quiet = false,
    socket,
    config,
  } = program.opts<{ timeout: string; quiet?: boolean; socket: string; config: string }>();
  const { hasTailnet } = await nodeSettings(realHost(), console.error, config);
  if (!hasTailnet) {
    if (!quiet) console.error(`the tailnet is off by ${config}: there is nothing to wait for`);
    return exitCode.done;
  }
  const { addresses } = await waitUntilReady(tailscaleLocalApi(socket), {
    timeoutMs: timeoutMsFrom(timeout),
    onStage: ({ text, mend }) => {
      if (!quiet) console.error(`waiting: ${text}${mend === '' ? '' : `; ${mend}`}`);
    },
  });
  if (!quiet) console.log(addresses.join('\n'));
  return exitCode.done;
}

await runProgram(main);
