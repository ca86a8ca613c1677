// Whether this agent lives on a tailnet, by its settings and what is installed; and waiting for a place there.
import { isIP } from 'node:net';
import { networkInterfaces } from 'node:os';
import type { Logger } from 'pino';
import type { Host } from '../integrations/host.ts';
import { machineIdentity, readEnrolment } from '../integrations/tailscale/enrolment.ts';
import { tailscaleLocalApi } from '../integrations/tailscale/local-api.ts';
import type { Config } from './config.ts';
import type { Environment } from './environment.ts';
import { isTailnetAddress } from './grpc/listener.ts';
import { peerPort } from './limits.ts';
import { exitCode, StartError } from './start-error.ts';
import { TailnetLink } from './tailnet-link.ts';
import { hostOf, portOf } from './view.ts';

/** Whether it does. `auto`: where tailscale is installed, unless the agent was told to listen elsewhere. */
export async function livesOnTailnet({ values, sources }: Config, host: Host): Promise<boolean> {
  const enabled = values['integrations.tailscale.enabled'];
  if (enabled !== 'auto') return enabled;
  if (sources.bind === 'default') return isInstalled(values, host);
  return isTailnetAddress(hostOf(values.bind)) && socketIsThere(values, host);
}

/**
 * What asks tailscaled; undefined when this agent lives on no tailnet.
 * @throws StartError when it is asked for and not installed
 */
export async function tailnetOf(
  config: Config,
  host: Host,
  { nowMs, wallMs, setTimer }: Pick<Environment, 'nowMs' | 'wallMs' | 'setTimer'>,
): Promise<TailnetLink | undefined> {
  if (!(await livesOnTailnet(config, host))) return undefined;
  const { values, sources } = config;
  const socket = values['integrations.tailscale.socket'];
  const ip = hostOf(values.bind);
  if (sources.bind !== 'default' && isIP(ip) > 0 && !isTailnetAddress(ip) && !isAnyAddress(ip))
    throw new StartError(
      `setting bind from ${sources.bind} is ${values.bind}, outside the tailnet, and integrations.tailscale.enabled is true: no peer could connect; take one of the two away`,
      exitCode.usage,
    );
  if (!(await isInstalled(values, host)))
    throw new StartError(
      `setting integrations.tailscale.enabled is true, but there is neither tailscaled nor its socket ${socket}: install tailscale, or set it to auto`,
      exitCode.usage,
    );
  return new TailnetLink({
    ...{ api: tailscaleLocalApi(socket), nowMs, wallMs, setTimer },
    tag: values['integrations.tailscale.tag'],
    requireTag: values['integrations.tailscale.requireTag'],
    port: sources.bind === 'default' ? peerPort : portOf(values.bind),
    boundIps: () =>
      new Set(Object.values(networkInterfaces()).flatMap(each => (each ?? []).map(({ address }) => address))),
    enrolment: async () => [await readEnrolment(host), await machineIdentity(host), undefined],
  });
}

const isAnyAddress = (ip: string) => ip === '0.0.0.0' || ip === '::';

async function isInstalled(values: Config['values'], host: Host): Promise<boolean> {
  return (await socketIsThere(values, host)) || (await host.which('tailscaled')) !== undefined;
}

async function socketIsThere(values: Config['values'], host: Host): Promise<boolean> {
  const socket = values['integrations.tailscale.socket'];
  const at = socket.lastIndexOf('/');
  return (await host.listFolder(socket.slice(0, at))).includes(socket.slice(at + 1));
}

/** Waits, for ever, until this machine has its address; each stage on the way is logged with what would help, and told in a line. */
export function placeOn(link: TailnetLink, log: Logger, onStage: (text: string) => void): Promise<string> {
  return new Promise(resolve => {
    link.listen({
      stage: ({ name, text, mend }) => {
        if (name === 'ready') return;
        onStage(text);
        const advice = mend === '' ? text : `${text}: ${mend}`;
        log.warn(
          { event: 'agent.waiting', stage: name },
          `${advice} (to go without the tailnet set bind, or integrations.tailscale.enabled to false)`,
        );
      },
      address: resolve,
      device: () => {},
      peers: () => {},
      warnings: () => {},
    });
  });
}
