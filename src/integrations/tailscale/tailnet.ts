// A status of tailscaled as what the cluster needs to know of the tailnet: this node, and the devices that are nodes of ours. Pure.
// Never shows a device without the tag: phones and laptops of the same tailnet are nobody's business here.
import type { BackendState, PeerStatus, Status } from './shapes.ts';

/** How packets get to a peer now. `idle`: none went there lately, so nobody knows. */
export type Path =
  | { readonly kind: 'direct'; readonly address: string }
  /** A relay of the tailnet's own. */
  | { readonly kind: 'peer-relay'; readonly address: string }
  /** A relay of Tailscale's (DERP), by its region. */
  | { readonly kind: 'relay'; readonly region: string }
  | { readonly kind: 'idle' };

interface Device {
  /** Of the tailnet: outlives a new key, a new name, a new address. The only thing to know a peer by. */
  readonly stableId: string;
  /** In the tailnet's DNS, without its domain; the host name where there is none. Not an identity. */
  readonly name: string;
  /** IPv4 before IPv6. */
  readonly addresses: readonly string[];
  readonly tags: readonly string[];
}

export interface TailnetSelf extends Device {
  /** Milliseconds since 1970; undefined when the key does not expire, as those of tagged nodes. */
  readonly keyExpiresAtMs: number | undefined;
  readonly isExpired: boolean;
}

export interface TailnetPeer extends Device {
  /** It has a connection to the control server. That does not mean that it can be reached, nor the opposite. */
  readonly isOnline: boolean;
  /** Its key has expired: nobody reaches it. */
  readonly isExpired: boolean;
  readonly path: Path;
}

export interface Tailnet {
  readonly state: BackendState;
  /** Undefined while this machine is no device of a tailnet. */
  readonly self: TailnetSelf | undefined;
  /** By stable id, in its order. */
  readonly peers: readonly TailnetPeer[];
  /** What tailscaled itself finds wrong, in its words. */
  readonly health: readonly string[];
}

/** @param tag which devices are ours, such as `tag:cluster` */
export function tailnetFrom(status: Status, tag: string): Tailnet {
  const { BackendState: state, Self, Peer, Health } = status;
  const peers = Peer.filter(({ ID, Tags, ShareeNode }) => ID !== '' && !ShareeNode && Tags.includes(tag));
  return {
    state,
    self: Self && Self.ID !== '' ? selfFrom(Self) : undefined,
    peers: peers.map(peerFrom).sort((a, b) => (a.stableId < b.stableId ? -1 : 1)),
    health: Health,
  };
}

function selfFrom(peer: PeerStatus): TailnetSelf {
  const expiry = peer.KeyExpiry === '' ? Number.NaN : Date.parse(peer.KeyExpiry);
  return {
    ...deviceFrom(peer),
    // Go's zero time is in the year 1 and means: never.
    keyExpiresAtMs: expiry > 0 ? expiry : undefined,
    isExpired: peer.Expired,
  };
}

function peerFrom(peer: PeerStatus): TailnetPeer {
  return { ...deviceFrom(peer), isOnline: peer.Online, isExpired: peer.Expired, path: pathFrom(peer) };
}

function deviceFrom({ ID, DNSName, HostName, TailscaleIPs, Tags }: PeerStatus): Device {
  return {
    stableId: ID,
    name: DNSName.split('.')[0] || HostName || ID,
    addresses: TailscaleIPs.toSorted((a, b) => Number(a.includes(':')) - Number(b.includes(':'))),
    tags: Tags.toSorted(),
  };
}

function pathFrom({ CurAddr, PeerRelay, Relay, Active }: PeerStatus): Path {
  if (CurAddr !== '') return { kind: 'direct', address: CurAddr };
  if (PeerRelay !== '') return { kind: 'peer-relay', address: PeerRelay };
  // Relay is the peer's home region, whether anything goes there or not.
  if (Active && Relay !== '') return { kind: 'relay', region: Relay };
  return { kind: 'idle' };
}
