// Whether others can be reached from this machine: its tailnet, members by their tag, the control server. tailscaled says Running
// for minutes after the network is gone, so somebody has to answer. Looks only.
import type { Host } from '../integrations/host.ts';
import { type LocalApi, LocalApiError } from '../integrations/tailscale/local-api.ts';
import { stageOf, stageOfTrouble } from '../integrations/tailscale/stage.ts';
import { tailnetFrom } from '../integrations/tailscale/tailnet.ts';
import { boundAddresses } from './bound-addresses.ts';
import { reachPeersMax, reachTimeoutMs } from './limits.ts';

export interface Reach {
  /** Empty when this machine is on its tailnet, else what is in the way. */
  readonly trouble: string;
  /** Names of members that take a connection. */
  readonly peers: readonly string[];
  /** Whether the control server takes one. */
  readonly hasControl: boolean;
}

export interface ReachQuestion {
  readonly api: LocalApi;
  readonly host: Host;
  /** Of members. */
  readonly tag: string;
  /** Where they listen. */
  readonly port: number;
}

export async function lookAtReach({ api, host, tag, port }: ReachQuestion): Promise<Reach> {
  try {
    const status = await api.status();
    const stage = stageOf(status, await boundAddresses(status.Self?.TailscaleIPs ?? []));
    if (stage.name !== 'ready') return { trouble: stage.text, peers: [], hasControl: false };
    const others = tailnetFrom(status, tag)
      .peers.filter(({ isExpired }) => !isExpired)
      .sort((a, b) => Number(b.isOnline) - Number(a.isOnline))
      .slice(0, reachPeersMax);
    const answers = await Promise.all(
      others.map(
        ({ addresses: [address] }) => address !== undefined && host.accepts(address, port, reachTimeoutMs),
      ),
    );
    const { ControlURL } = await api.prefs();
    return {
      trouble: '',
      peers: others.filter((_, index) => answers[index]).map(({ name }) => name),
      hasControl: URL.canParse(ControlURL) && (await takesConnection(host, new URL(ControlURL))),
    };
  } catch (error) {
    if (error instanceof LocalApiError)
      return { trouble: stageOfTrouble(error).text, peers: [], hasControl: false };
    throw error;
  }
}

function takesConnection(host: Host, { hostname, port, protocol }: URL): Promise<boolean> {
  const usual = protocol === 'http:' ? 80 : 443;
  return host.accepts(hostname.replace(/^\[|\]$/g, ''), port === '' ? usual : Number(port), reachTimeoutMs);
}

/** What is missing now of what there was; empty when nothing is. The tailnet must be there in any case. */
export function lostSince(before: Reach, now: Reach): string {
  if (now.trouble !== '') return now.trouble;
  if (before.peers.length > 0 && now.peers.length === 0)
    return `none of the members that were reached (${before.peers.slice(0, 3).join(', ')}) takes a connection`;
  // Where members answer, packets get through; a control server may be away for reasons of its own.
  if (before.peers.length === 0 && before.hasControl && !now.hasControl)
    return 'the control server of the tailnet takes no connection';
  return '';
}
