// What tailscaled's LocalAPI answers, as far as it is used here (ipn/ipnstate, ipn and tailcfg of tailscale.com v1.102.3). More may
// be there; what is of another kind is an error. Go writes an empty list as null, and leaves out what is empty.
import { z } from 'zod';

/** ipn.State by its number, which news carry; a status has the word. */
export const backendStates = [
  'NoState',
  'InUseOtherUser',
  'NeedsLogin',
  'NeedsMachineAuth',
  'Stopped',
  'Starting',
  'Running',
] as const;
export type BackendState = (typeof backendStates)[number];

const list = z
  .array(z.string())
  .nullish()
  .transform(value => value ?? []);
const text = z
  .string()
  .nullish()
  .transform(value => value ?? '');
const flag = z
  .boolean()
  .nullish()
  .transform(value => value ?? false);

const peer = z.object({
  /** Stable: it outlives a new key, a new name and a new address. */
  ID: z.string(),
  PublicKey: text,
  HostName: text,
  /** With a dot at its end; empty where the tailnet has no MagicDNS. */
  DNSName: text,
  TailscaleIPs: list,
  Tags: list,
  /** Connected to the control server, which is not: can be reached. */
  Online: flag,
  /** IP:port of the direct path; empty when there is none now. */
  CurAddr: text,
  /** The relay (DERP region) it is reached by when there is no direct path. */
  Relay: text,
  /** Its own relay within the tailnet. */
  PeerRelay: text,
  /** Whether packets went there in the last minutes. */
  Active: flag,
  Expired: flag,
  /** RFC 3339; absent for a key that does not expire. */
  KeyExpiry: text,
  /** Shared into this tailnet from elsewhere. */
  ShareeNode: flag,
});

export const statusShape = z.object({
  Version: z.string(),
  /** Whether it has an interface of the kernel's; without one nothing can listen on the tailnet's address. */
  TUN: flag,
  BackendState: z.enum(backendStates),
  /** Where a person signs in; empty when nobody waits for that. */
  AuthURL: text,
  HaveNodeKey: flag,
  Self: peer.nullish(),
  Peer: z
    .record(z.string(), peer)
    .nullish()
    .transform(value => Object.values(value ?? {})),
  /** In tailscaled's own words; empty when all is well. */
  Health: list,
  CurrentTailnet: z.object({ Name: text, MagicDNSSuffix: text }).nullish(),
});
export type Status = z.infer<typeof statusShape>;
export type PeerStatus = Status['Peer'][number];

export const whoIsShape = z.object({
  Node: z.object({
    StableID: z.string(),
    Name: text,
    Tags: list,
    /** Prefixes of one address each. */
    Addresses: list,
  }),
  UserProfile: z.object({ LoginName: text }).nullish(),
  CapMap: z
    .record(z.string(), z.unknown())
    .nullish()
    .transform(value => value ?? {}),
});

export const prefsShape = z.object({
  ControlURL: text,
  Hostname: text,
  WantRunning: flag,
  LoggedOut: flag,
  /** Whether the machine takes its DNS settings from the tailnet. */
  CorpDNS: flag,
  AdvertiseTags: list,
});
export type Prefs = z.infer<typeof prefsShape>;

/** One message of watch-ipn-bus: only what it tells that something is new. */
export const newsShape = z.object({
  State: z.number().nullish(),
  ErrMessage: z.string().nullish(),
  InitialStatus: z.unknown().optional(),
  SelfChange: z.unknown().optional(),
  PeersChanged: z.unknown().optional(),
  PeersRemoved: z.unknown().optional(),
});
