// `node-agent wifi`: the boot program wifi-setup, told where this node's tailnet is. A process of its own, since what runs before the
// agent is no part of it, and a change of the WiFi outlives whoever asked for it.
import { spawn } from 'node:child_process';
import { existsSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { type Host, realHost } from '../../integrations/host.ts';
import type { Config } from '../config.ts';
import { peerPort } from '../limits.ts';
import { exitCode, StartError } from '../start-error.ts';
import { portOf } from '../view.ts';

/** Of a checkout; an installed one is on the PATH. */
const besideUs = fileURLToPath(new URL('../../../bin/wifi-setup', import.meta.url));

/** The arguments of wifi-setup for this node. Only a change asks whether the tailnet holds. */
export function wifiArguments({ values }: Config, verb: string, args: readonly string[]): string[] {
  if (verb !== 'set') return [verb, ...args];
  const port = String(portOf(values.bind) || peerPort);
  return [
    ...[verb, '--socket', values['integrations.tailscale.socket']],
    ...['--tag', values['integrations.tailscale.tag'], '--port', port],
    ...args,
  ];
}

/** Runs it to its end, on this terminal. Resolves with its exit code. @throws StartError where it is not installed */
export async function wifi(
  config: Config,
  verb: string,
  args: readonly string[],
  host: Pick<Host, 'which'> = realHost(),
): Promise<number> {
  const program = existsSync(besideUs) ? besideUs : await host.which('wifi-setup');
  if (program === undefined)
    throw new StartError('wifi-setup is not installed: it comes with the package clusteros', exitCode.usage);
  const child = spawn(program, wifiArguments(config, verb, args), { stdio: 'inherit' });
  // A terminal tells both; wifi-setup decides what it means, and is waited for.
  for (const name of ['SIGINT', 'SIGHUP'] as const) process.on(name, () => {});
  process.on('SIGTERM', () => child.kill('SIGTERM'));
  return await new Promise((resolve, reject) => {
    child.once('error', reject);
    child.once('exit', code => resolve(code ?? exitCode.failed));
  });
}
