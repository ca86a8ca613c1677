// `node-agent doctor`: what keeps this machine from being a working member, also while no agent runs.
import { networkInterfaces } from 'node:os';
import { type AdminClient, openAdminClient } from '../../api/admin-client.ts';
import { type Host, realHost } from '../../integrations/host.ts';
import { tailscaleLocalApi } from '../../integrations/tailscale/local-api.ts';
import type { Config } from '../config.ts';
import { diagnose } from '../doctor/doctor.ts';
import type { Finding } from '../doctor/finding.ts';
import { doctorAskTimeoutMs } from '../limits.ts';
import { livesOnTailnet } from '../tailnet-of.ts';

/** Looks at this machine, link by link; the last finding is broken, or all hold. */
export async function* findings(config: Config, host: Host = realHost()): AsyncGenerator<Finding> {
  const { values } = config;
  const client: AdminClient = await openAdminClient(`unix:${values['admin.socket']}`, doctorAskTimeoutMs);
  try {
    yield* diagnose(
      {
        host,
        wallMs: () => Date.now(),
        interfaces: () =>
          new Map(
            Object.entries(networkInterfaces()).map(([name, all = []]) => [
              name,
              all.map(each => each.address),
            ]),
          ),
        tag: values['integrations.tailscale.requireTag'] ? values['integrations.tailscale.tag'] : undefined,
        bindIsSet: config.sources.bind !== 'default',
        tailscaled: (await livesOnTailnet(config, host))
          ? tailscaleLocalApi(values['integrations.tailscale.socket'])
          : undefined,
        ...{ bind: values.bind, clusterKeyFile: values.clusterKey },
      },
      client,
    );
  } finally {
    client.close();
  }
}

/** For people: one line a finding, and the mend below what is broken or to be known. */
export function findingText({ stage, state, text, mend }: Finding): string {
  const line = `${stage.padEnd(10)} ${state.padEnd(7)} ${text}`;
  return mend === '' ? line : `${line}\n${' '.repeat(19)}mend: ${mend}`;
}
