// Whether this agent lives on a tailnet, by its settings and what is installed; and waiting for a place there.
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

/**
 * What asks tailscaled; undefined when this agent lives on no tailnet. `auto`: where tailscale is installed, unless the agent was told to
 * listen elsewhere.
 * @throws StartError when it is asked for and not installed
 */
export async function tailnetOf(
  { values, sources }: Config,
  host: Host,
  { nowMs, wallMs, setTimer }: Pick<Environment, 'nowMs' | 'wallMs' | 'setTimer'>,
): Promise<TailnetLink | undefined> {
  const enabled = values['integrations.tailscale.enabled'];
  if (enabled === false) return undefined;
  const socket = values['integrations.tailscale.socket'];
  const answers = (await host.listFolder(socket.slice(0, socket.lastIndexOf('/')))).includes(
    socket.slice(socket.lastIndexOf('/') + 1),
  );
  const isInstalled = answers || (await host.which('tailscaled')) !== undefined;
  if (enabled === true && !isInstalled)
    throw new StartError(
      `setting integrations.tailscale.enabled is true, but there is neither tailscaled nor its socket ${socket}: install tailscale, or set it to auto`,
      exitCode.usage,
    );
  if (enabled === 'auto') {
    const isPlaced = sources.bind !== 'default';
    if (isPlaced ? !answers || !isTailnetAddress(hostOf(values.bind)) : !isInstalled) return undefined;
  }
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

/** Waits, for ever, until this machine has its address; each stage on the way is logged with what would help. */
export function placeOn(link: TailnetLink, log: Logger): Promise<string> {
  return new Promise(resolve => {
    link.listen({
      stage: ({ name, text, mend }) => {
        if (name !== 'ready')
          log.warn({ event: 'agent.waiting', stage: name }, mend === '' ? text : `${text}: ${mend}`);
      },
      address: resolve,
      device: () => {},
      peers: () => {},
      warnings: () => {},
    });
  });
}
