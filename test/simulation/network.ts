// The virtual network: hosts at addresses, links that can be cut in one direction, and the in-memory twin of the peer
// transport. Delays, losses and copies come from the seed.

import type { Greeting, PeerMessage, PeerTransport, TransportEvent } from '../../src/agent/environment.ts';
import { Admission } from '../../src/agent/grpc/admission.ts';
import { hostOf } from '../../src/agent/view.ts';
import { knockTimeoutMs } from '../../src/membership/limits.ts';

/** A process that listens; a restart makes a new one. */
interface Endpoint {
  readonly id: string;
  readonly key: string;
  greeting: Greeting;
  readonly onEvent: (event: TransportEvent) => void;
  /** Peers with an open stream, by id. */
  readonly streams: Map<string, Endpoint>;
  /** Limits handshakes as the real listener does. */
  readonly admission: Admission;
  open: boolean;
}

export interface NetworkOptions {
  readonly nowMs: () => number;
  readonly after: (delayMs: number, run: () => void) => () => void;
  readonly random: () => number;
  /** Told of each message handed to the network, and of each delivered. */
  readonly onSend: (from: string, to: string, message: PeerMessage) => void;
  readonly onDeliver: (from: string, to: string, message: PeerMessage) => void;
}

export class VirtualNetwork {
  readonly #options: NetworkOptions;
  readonly #listening = new Map<string, Endpoint>();
  readonly #cuts = new Set<string>();
  readonly #losses = new Map<string, number>();
  /** Hosts (the part of an address before the port) without power: nothing answers, nothing is reset. */
  readonly #off = new Set<string>();
  readonly #stretched = new Map<string, number>();
  /** When the last message of a lossy link arrives: a stream keeps its order. */
  readonly #arrivals = new Map<string, number>();
  /** Links ("FROM TO", ids) on which messages of more than `holeBytes` vanish: an MTU black hole. */
  readonly holes = new Set<string>();
  holeBytes = 1200;
  /** Ids of machines that let no new connection in; those that are open go on. */
  readonly shut = new Set<string>();
  /** Handshakes begun at each id. */
  readonly handshakes = new Map<string, number>();
  /** Handshakes that were refused because too many came at once. */
  shed = 0;
  /** How much later each message is, beyond what its link says. */
  lateness: (from: string, to: string, message: PeerMessage) => number = () => 0;
  readonly #narrow = new Map<string, number>();
  /** Bytes that waited for a narrow link at once, at most. */
  backlogBytesMax = 0;
  readonly #busyUntilMs = new Map<string, number>();
  latencyMsMin = 0.5;
  latencyMsMax = 8;
  /** Copies of each message that arrive, each after a delay of its own. */
  copies = 1;
  /** Share of messages that are lost, beyond what a cut link loses. */
  loss = 0;
  /** A message may be late by up to this much more, so that later ones overtake it. */
  lateMsMax = 0;

  constructor(options: NetworkOptions) {
    this.#options = options;
  }

  /** Drops everything from `a` to `b`, silently. Ids. */
  cutOneWay(a: string, b: string): void {
    this.#cuts.add(`${a} ${b}`);
  }
  cut(a: string, b: string): void {
    this.cutOneWay(a, b);
    this.cutOneWay(b, a);
  }
  /** Drops the messages that `drops` picks, and lets all others pass. */
  drops: (from: string, to: string, message: PeerMessage) => boolean = () => false;

  healAll(): void {
    this.drops = () => false;
    this.lateness = () => 0;
    this.#narrow.clear();
    this.holes.clear();
    this.shut.clear();
    this.#cuts.clear();
    this.#losses.clear();
    this.#stretched.clear();
  }
  /** Share of messages from `a` to `b` that come late as TCP sends them again. Ids. */
  lossy(a: string, b: string, share: number): void {
    this.#losses.set(`${a} ${b}`, share);
  }
  /** The way from `a` to `b` takes so much longer. Ids. */
  stretch(a: string, b: string, moreMs: number): void {
    this.#stretched.set(`${a} ${b}`, moreMs);
  }
  /** The way between two nodes carries so much in each direction; a message waits for those before it. */
  narrow(a: string, b: string, bytesPerSecond: number): void {
    this.#narrow.set(`${a} ${b}`, bytesPerSecond).set(`${b} ${a}`, bytesPerSecond);
  }
  /** Switches the power of the machine at `address` off or on. */
  power(address: string, on: boolean): void {
    if (on) this.#off.delete(hostOf(address));
    else this.#off.add(hostOf(address));
  }
  /** Ends the stream between two nodes as a broken connection does: both see a reset, and may dial again. */
  reset(a: string, b: string): void {
    const endpoints = [...this.#listening.values()];
    const [here, there] = [a, b].map(id => endpoints.find(endpoint => endpoint.id === id));
    if (!here || !there) return;
    this.#drop(here, there);
    this.#drop(there, here);
  }
  isCut(a: string, b: string): boolean {
    return this.#cuts.has(`${a} ${b}`);
  }

  /** The twin of the gRPC transport, for one process. `key` stands for the cluster key. */
  transport(id: string, key: string): PeerTransport & { crash(): void } {
    let self: Endpoint | undefined;
    const shut = (reason: 'reset' | 'closed') => {
      if (!self) return;
      self.open = false;
      if (this.#listening.get(self.greeting.address) === self) this.#listening.delete(self.greeting.address);
      for (const peer of self.streams.values()) this.#breakLater(self, peer, reason);
      self.streams.clear();
    };
    // A machine without power says no goodbye: what others have of its streams stays until they give up.
    const vanish = () => {
      if (!self) return;
      self.open = false;
      if (this.#listening.get(self.greeting.address) === self) this.#listening.delete(self.greeting.address);
      self.streams.clear();
    };
    return {
      open: async (greeting, onEvent) => {
        const admission = new Admission(this.#options.nowMs);
        self = { id, key, greeting, onEvent, streams: new Map(), admission, open: true };
        this.#listening.set(greeting.address, self);
      },
      dial: address => {
        if (self) this.#dial(self, address);
      },
      send: (to, message) => {
        if (self) this.#send(self, to, message);
      },
      move: async address => {
        if (!self || this.#listening.has(address)) return;
        this.#listening.delete(self.greeting.address);
        self.greeting = { ...self.greeting, address };
        this.#listening.set(address, self);
      },
      close: async () => shut('closed'),
      crash: () => {
        if (self && this.#off.has(hostOf(self.greeting.address))) vanish();
        else shut('reset');
      },
      knock: address => {
        if (self) this.#knock(self, address);
      },
      disconnect: peerId => {
        const peer = self?.streams.get(peerId);
        if (!self || !peer) return;
        self.streams.delete(peerId);
        this.#breakLater(self, peer, 'closed');
      },
    };
  }

  #delayMs(): number {
    return this.latencyMsMin + this.#options.random() * (this.latencyMsMax - this.latencyMsMin);
  }

  #dial(from: Endpoint, address: string): void {
    const refuse = (delayMs: number, reason: 'no-answer' | 'refused' | 'key-refused', detail: string) =>
      this.#options.after(delayMs, () => {
        if (from.open) from.onEvent({ kind: 'unreachable', address, reason, detail });
      });
    if (address === from.greeting.address) {
      this.#options.after(1, () => from.onEvent({ kind: 'own-address', address }));
      return;
    }
    const arriving = this.#listening.get(address);
    const begun =
      arriving === undefined || this.#silent(from, arriving, address) || arriving.admission.begin();
    if (!begun) this.shed += 1;
    else if (arriving) this.handshakes.set(arriving.id, (this.handshakes.get(arriving.id) ?? 0) + 1);
    this.#options.after(3 * this.#delayMs(), () => {
      if (begun && arriving && !this.#silent(from, arriving, address)) arriving.admission.end();
      if (!from.open) return;
      if (!begun) {
        refuse(0, 'no-answer', 'the connection was closed before the handshake');
        return;
      }
      const to = this.#listening.get(address);
      // A silent network takes the whole time limit; a machine without a listener refuses at once.
      if (this.#silent(from, to, address)) refuse(5000, 'no-answer', 'no answer to the handshake');
      else if (!to) refuse(0, 'refused', 'connection refused');
      else if (to.key !== from.key) {
        refuse(0, 'key-refused', 'its certificate is not of this cluster');
        to.onEvent({
          kind: 'turned-away',
          address: from.greeting.address,
          reason: 'key-refused',
          detail: 'another cluster key',
        });
      } else this.#connect(from, to, address);
    });
  }

  #silent(from: Endpoint, to: Endpoint | undefined, address: string): boolean {
    if (this.#off.has(hostOf(address)) || this.#off.has(hostOf(from.greeting.address))) return true;
    if (to === undefined) return false;
    return this.shut.has(to.id) || this.isCut(from.id, to.id) || this.isCut(to.id, from.id);
  }

  /** The kernel of a machine with power answers, whatever its processes do. */
  #knock(from: Endpoint, address: string): void {
    this.#options.after(2 * this.#delayMs(), () => {
      const to = this.#listening.get(address);
      const silent = this.#silent(from, to, address);
      const lost = to ? this.#lossOf(from.id, to.id) + this.#lossOf(to.id, from.id) : 0;
      const late = lost > 0 && this.#options.random() < lost;
      this.#options.after(silent || late ? knockTimeoutMs : 0, () => {
        const outcome = silent || late ? 'silent' : to ? 'accepted' : 'refused';
        if (from.open) from.onEvent({ kind: 'knocked', address, outcome });
      });
    });
  }

  #lossOf(from: string, to: string): number {
    return this.#losses.get(`${from} ${to}`) ?? 0;
  }

  /** How long a message takes to get onto a slow link, behind those that wait for it. */
  #carryMs(key: string, message: PeerMessage): number {
    const bytesPerSecond = this.#narrow.get(key);
    if (bytesPerSecond === undefined) return 0;
    const inner = message.message;
    const bytes = inner.kind === 'snapshot-chunk' ? inner.data.length : JSON.stringify(message).length;
    const nowMs = this.#options.nowMs();
    const untilMs = Math.max(nowMs, this.#busyUntilMs.get(key) ?? 0) + (bytes / bytesPerSecond) * 1000;
    this.#busyUntilMs.set(key, untilMs);
    this.backlogBytesMax = Math.max(this.backlogBytesMax, ((untilMs - nowMs) * bytesPerSecond) / 1000);
    return untilMs - nowMs;
  }

  /** How late a message is because TCP had to send it again: 200 ms, doubled with each loss (RFC 6298, section 5.5). */
  #resendMs(from: string, to: string): number {
    const share = this.#lossOf(from, to);
    let lateMs = 0;
    for (
      let timeoutMs = 200;
      share > 0 && this.#options.random() < share && timeoutMs < 60_000;
      timeoutMs *= 2
    )
      lateMs += timeoutMs;
    return lateMs;
  }

  #connect(from: Endpoint, to: Endpoint, address: string): void {
    if (from.id === to.id) {
      // Two machines with one identity: each hears of the other.
      from.onEvent({ kind: 'twin', address: to.greeting.address, epoch: to.greeting.epoch });
      to.onEvent({ kind: 'twin', address: from.greeting.address, epoch: from.greeting.epoch });
      return;
    }
    const there = from.streams.get(to.id);
    if (there === to) {
      from.onEvent({ kind: 'up', id: to.id, address, epoch: to.greeting.epoch });
      return;
    }
    const here = to.streams.get(from.id);
    if (here && here.greeting.epoch > from.greeting.epoch) {
      from.onEvent({
        ...{ kind: 'unreachable', address, reason: 'superseded' },
        detail: `this identity runs in a later boot (${here.greeting.epoch}), too`,
      });
      const { epoch, address: listens } = from.greeting;
      to.onEvent({ kind: 'outdated', id: from.id, epoch, address: listens });
      return;
    }
    // A later boot of the same machine replaces what is left of the former.
    if (there) this.#drop(from, there);
    if (here) {
      this.#drop(to, here);
      this.#drop(here, to);
    }
    from.streams.set(to.id, to);
    to.streams.set(from.id, from);
    from.onEvent({ kind: 'up', id: to.id, address, epoch: to.greeting.epoch });
    to.onEvent({ kind: 'up', id: from.id, address: from.greeting.address, epoch: from.greeting.epoch });
  }

  #send(from: Endpoint, to: string, message: PeerMessage): void {
    const peer = from.streams.get(to);
    if (!peer || !from.open) return;
    const { onSend, onDeliver, after, random, nowMs } = this.#options;
    onSend(from.id, to, message);
    for (let copy = 0; copy < this.copies; copy++) {
      if (this.loss > 0 && random() < this.loss) continue;
      const lateMs = this.lateMsMax > 0 ? random() * this.lateMsMax : 0;
      const key = `${from.id} ${to}`;
      if (this.drops(from.id, to, message)) continue;
      if (this.holes.has(key) && JSON.stringify(message).length > this.holeBytes) continue;
      const moreMs =
        this.#resendMs(from.id, to) + (this.#stretched.get(key) ?? 0) + this.#carryMs(key, message);
      // A stream keeps its order: what was sent later never overtakes what had to be sent again.
      const atMs = Math.max(nowMs() + this.#delayMs() + moreMs, this.#arrivals.get(key) ?? 0);
      if (this.#losses.has(key) || this.#narrow.has(key)) this.#arrivals.set(key, atMs);
      after(atMs - nowMs() + lateMs + this.lateness(from.id, to, message), () => {
        if (this.#off.has(hostOf(peer.greeting.address))) return;
        if (!peer.open || this.isCut(from.id, to) || peer.streams.get(from.id) !== from) return;
        onDeliver(from.id, to, message);
        peer.onEvent({ kind: 'message', from: from.id, message });
      });
    }
  }

  #breakLater(self: Endpoint, peer: Endpoint, reason: 'reset' | 'closed'): void {
    this.#options.after(this.#delayMs(), () => {
      if (!peer.open || peer.streams.get(self.id) !== self) return;
      // Over a cut link nobody hears of it; who probes will find out.
      if (!this.isCut(self.id, peer.id)) this.#drop(peer, self, reason);
    });
  }

  #drop(side: Endpoint, peer: Endpoint, reason: 'reset' | 'closed' = 'reset'): void {
    if (!side.open || side.streams.get(peer.id) !== peer) return;
    side.streams.delete(peer.id);
    side.onEvent({ kind: 'down', id: peer.id, reason });
  }
}
