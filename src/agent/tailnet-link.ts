// What this agent knows of its tailnet, kept up to date as long as it runs: its own address and device, the devices that may be members,
// what is wrong. Asks tailscaled only; tells whoever listens, and decides nothing.
import { lookup } from 'node:dns/promises';
import { isIP } from 'node:net';
import { type EnrolmentVerdict, enrolmentVerdict } from '../integrations/tailscale/enrolment.ts';
import { type LocalApi, LocalApiError, type WhoIs } from '../integrations/tailscale/local-api.ts';
import type { Status } from '../integrations/tailscale/shapes.ts';
import { type Stage, stageOf, stageOfTrouble } from '../integrations/tailscale/stage.ts';
import { type Tailnet, tailnetFrom } from '../integrations/tailscale/tailnet.ts';
import { type TailnetWarning, tailnetWarnings } from '../integrations/tailscale/warnings.ts';
import {
  relayedTellMs,
  tailnetBindLookMaxMs,
  tailnetBindLookMs,
  tailnetRetryMs,
  whoisKeptMs,
  whoisRefusalKeptMs,
  whoisRememberedMax,
} from './limits.ts';
import type { PeerGate } from './peer-gate.ts';
import { addressOf } from './view.ts';

export interface TailnetLinkOptions {
  readonly api: LocalApi;
  /** Of the devices that are ours, such as `tag:cluster`. */
  readonly tag: string;
  /** Only those may be peers. */
  readonly requireTag: boolean;
  /** Where agents listen. */
  readonly port: number;
  /** IP addresses on this machine's interfaces. */
  readonly boundIps: () => ReadonlySet<string>;
  /** On which machine this node was enrolled, and which one this is. */
  readonly enrolment: () => Promise<Parameters<typeof enrolmentVerdict>>;
  readonly nowMs: () => number;
  readonly wallMs: () => number;
  readonly setTimer: (delayMs: number, run: () => void) => () => void;
}

/** Each is told when it has changed, and all of them to who begins to listen. */
export interface TailnetListener {
  /** How far this machine is in its tailnet. */
  stage(stage: Stage): void;
  /** This machine can be reached at this IP address now. */
  address(ip: string): void;
  /** It is this device, by its stable id. */
  device(stableId: string): void;
  /** HOST:PORT where members may be. */
  peers(addresses: readonly string[]): void;
  /** All that hold now. */
  warnings(warnings: readonly TailnetWarning[]): void;
}

export class TailnetLink implements PeerGate {
  readonly #options: TailnetLinkOptions;
  readonly #whois = new Map<string, { readonly found: WhoIs | undefined; readonly untilMs: number }>();
  readonly #stop = new AbortController();
  #listener: TailnetListener | undefined;
  #stage: Stage | undefined;
  #ip = '';
  #device = '';
  #peers: readonly string[] = [];
  #warnings: readonly TailnetWarning[] = [];
  #verdict: { readonly device: string; readonly verdict: EnrolmentVerdict } | undefined;
  /** Some path has gone by a relay only since then. */
  #relayedSinceMs: number | undefined;
  #cancelLook: () => void = () => {};
  /** In a row for an address that is on no interface yet. */
  #looks = 0;

  constructor(options: TailnetLinkOptions) {
    this.#options = options;
  }

  get device(): string {
    return this.#device;
  }
  /** As it was last told; undefined before the first word of tailscaled. */
  get stage(): Stage | undefined {
    return this.#stage;
  }
  get warnings(): readonly TailnetWarning[] {
    return this.#warnings;
  }

  /** Asks tailscaled from now on, for ever, also while it is not there. */
  start(): void {
    const { api, setTimer } = this.#options;
    const { signal } = this.#stop;
    api
      .watch(status => this.#look(status), signal)
      .catch((error: unknown) => {
        if (!(error instanceof LocalApiError)) throw error;
        // What it said last holds no more.
        this.#cancelLook();
        this.#tellStage(stageOfTrouble(error));
        setTimer(tailnetRetryMs, () => {
          if (!signal.aborted) this.start();
        });
      });
  }

  /** Who hears of all that changes; what is known is told at once. */
  listen(listener: TailnetListener): void {
    this.#listener = listener;
    if (this.#stage) listener.stage(this.#stage);
    if (this.#ip !== '') listener.address(this.#ip);
    if (this.#device !== '') listener.device(this.#device);
    listener.peers(this.#peers);
    listener.warnings(this.#warnings);
  }

  close(): void {
    this.#stop.abort();
    this.#cancelLook();
  }

  async refusalOf(ip: string): Promise<string> {
    // A name was given by an operator; what it stands for is asked of tailscaled when something is dialled there.
    if (isIP(ip) === 0) return this.#refusalOfName(ip);
    let found: WhoIs | undefined;
    try {
      found = await this.#whoIs(ip);
    } catch (error) {
      if (!(error instanceof LocalApiError)) throw error;
      return `tailscaled does not say whose address ${ip} is: ${error.message}`;
    }
    if (!found) return `${ip} is no device of this tailnet`;
    const { tag, requireTag } = this.#options;
    return requireTag && !found.tags.includes(tag)
      ? `the device ${found.name} at ${ip} does not have ${tag}`
      : '';
  }

  async #refusalOfName(name: string): Promise<string> {
    try {
      for (const { address } of await lookup(name, { all: true })) {
        const refusal = await this.refusalOf(address);
        if (refusal !== '') return refusal;
      }
      return '';
    } catch (error) {
      return `${name} is not found (${(error as NodeJS.ErrnoException).code})`;
    }
  }

  mismatchOf(ip: string, device: string, whoSays: 'it' | 'its record'): string {
    const known = this.#whois.get(ip);
    // A name stood for another address a moment ago.
    if (!known) return `nobody has asked whose address ${ip} is`;
    const { found } = known;
    if (device === '' || !found || found.stableId === device) return '';
    // The address may have been given to another device since.
    this.#whois.delete(ip);
    const claim = whoSays === 'it' ? 'it says it' : 'its record says it';
    return `${claim} is the device ${device} of the tailnet, but ${ip} is ${found.stableId} (${found.name})`;
  }

  async #whoIs(ip: string): Promise<WhoIs | undefined> {
    const { api, nowMs } = this.#options;
    const known = this.#whois.get(ip);
    if (known && nowMs() < known.untilMs) return known.found;
    const found = await api.whois(ip);
    if (this.#whois.size >= whoisRememberedMax) this.#whois.clear();
    // One that is not let in may be given its tag at any moment.
    const isGood = found?.tags.includes(this.#options.tag) === true;
    this.#whois.set(ip, { found, untilMs: nowMs() + (isGood ? whoisKeptMs : whoisRefusalKeptMs) });
    return found;
  }

  #look(status: Status): void {
    const { tag, requireTag, port, boundIps, setTimer } = this.#options;
    const tailnet = tailnetFrom(status, tag);
    const stage = stageOf(status, boundIps(), requireTag ? tag : undefined);
    this.#tellStage(stage);
    this.#cancelLook();
    // The address comes to the interface a moment after tailscaled has it, which is no news to tailscaled.
    this.#looks = stage.name === 'no-address' ? this.#looks + 1 : 0;
    if (stage.name === 'no-address')
      this.#cancelLook = setTimer(Math.min(tailnetBindLookMs * this.#looks, tailnetBindLookMaxMs), () => {
        if (!this.#stop.signal.aborted) this.#look(status);
      });
    const [ip = ''] = stage.addresses;
    if (ip !== '' && ip !== this.#ip) {
      this.#ip = ip;
      this.#listener?.address(ip);
    }
    const device = tailnet.self?.stableId ?? '';
    if (device !== this.#device) {
      this.#device = device;
      this.#listener?.device(device);
    }
    const peers = tailnet.peers.flatMap(({ isExpired, addresses: [address] }) =>
      isExpired || address === undefined ? [] : [addressOf(address, port)],
    );
    if (peers.join() !== this.#peers.join()) {
      this.#peers = peers;
      this.#listener?.peers(peers);
    }
    this.#warn(tailnet).catch((error: unknown) => {
      throw error;
    });
  }

  async #warn(tailnet: Tailnet): Promise<void> {
    const { tag, nowMs, wallMs, enrolment } = this.#options;
    const device = tailnet.self?.stableId ?? '';
    // tailscale-auth writes its record a moment after the status has changed: what is bad is looked at again.
    const isSettled = this.#verdict?.verdict === 'same' || this.#verdict?.verdict === 'unknown';
    if (this.#verdict?.device !== device || !isSettled) {
      const [record, machine] = await enrolment();
      this.#verdict = { device, verdict: enrolmentVerdict(record, machine, tailnet.self?.stableId) };
    }
    const { verdict } = this.#verdict ?? { verdict: 'unknown' };
    const all = tailnetWarnings({ tailnet, tag, nowMs: wallMs(), enrolment: verdict });
    // The first packets of every path go by a relay.
    const isRelayed = all.some(({ code }) => code === 'relay-only');
    this.#relayedSinceMs = isRelayed ? (this.#relayedSinceMs ?? nowMs()) : undefined;
    const isLasting = nowMs() - (this.#relayedSinceMs ?? nowMs()) >= relayedTellMs;
    const warnings = all.filter(({ code }) => code !== 'relay-only' || isLasting);
    if (JSON.stringify(warnings) === JSON.stringify(this.#warnings)) return;
    this.#warnings = warnings;
    this.#listener?.warnings(warnings);
  }

  #tellStage(stage: Stage): void {
    if (stage.text === this.#stage?.text) return;
    this.#stage = stage;
    this.#listener?.stage(stage);
  }
}
