// The virtual network: hosts at addresses, links that can be cut in one direction, and the in-memory twin of the peer
// transport. Delays, losses and copies come from the seed.
import type { Greeting, PeerMessage, PeerTransport, TransportEvent } from '../../src/agent/environment.ts';

/** A process that listens; a restart makes a new one. */
interface Endpoint {
  readonly id: string;
  readonly key: string;
  readonly greeting: Greeting;
  readonly onEvent: (event: TransportEvent) => void;
  /** Peers with an open stream, by id. */
  readonly streams: Map<string, Endpoint>;
  open: boolean;
}

export interface NetworkOptions {
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
  healAll(): void {
    this.#cuts.clear();
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
    return {
      open: async (greeting, onEvent) => {
        self = { id, key, greeting, onEvent, streams: new Map(), open: true };
        this.#listening.set(greeting.address, self);
      },
      dial: address => {
        if (self) this.#dial(self, address);
      },
      send: (to, message) => {
        if (self) this.#send(self, to, message);
      },
      close: async () => shut('closed'),
      crash: () => shut('reset'),
    };
  }

  #delayMs(): number {
    return this.latencyMsMin + this.#options.random() * (this.latencyMsMax - this.latencyMsMin);
  }

  #dial(from: Endpoint, address: string): void {
    const refuse = (delayMs: number, reason: 'no-answer' | 'key-refused', detail: string) =>
      this.#options.after(delayMs, () => {
        if (from.open) from.onEvent({ kind: 'unreachable', address, reason, detail });
      });
    if (address === from.greeting.address) {
      this.#options.after(1, () => from.onEvent({ kind: 'own-address', address }));
      return;
    }
    this.#options.after(3 * this.#delayMs(), () => {
      if (!from.open) return;
      const to = this.#listening.get(address);
      // A silent network takes the whole time limit; a machine without a listener refuses at once.
      if (to && (this.isCut(from.id, to.id) || this.isCut(to.id, from.id)))
        refuse(5000, 'no-answer', 'no answer to the handshake');
      else if (!to) refuse(0, 'no-answer', 'connection refused');
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

  #connect(from: Endpoint, to: Endpoint, address: string): void {
    const there = from.streams.get(to.id);
    if (there === to) {
      from.onEvent({ kind: 'up', id: to.id, address });
      return;
    }
    // A later boot of the same machine replaces what is left of the former.
    if (there) this.#drop(from, there);
    const here = to.streams.get(from.id);
    if (here) this.#drop(to, here);
    from.streams.set(to.id, to);
    to.streams.set(from.id, from);
    from.onEvent({ kind: 'up', id: to.id, address });
    to.onEvent({ kind: 'up', id: from.id, address: from.greeting.address });
  }

  #send(from: Endpoint, to: string, message: PeerMessage): void {
    const peer = from.streams.get(to);
    if (!peer || !from.open) return;
    const { onSend, onDeliver, after, random } = this.#options;
    onSend(from.id, to, message);
    for (let copy = 0; copy < this.copies; copy++) {
      if (this.loss > 0 && random() < this.loss) continue;
      const lateMs = this.lateMsMax > 0 ? random() * this.lateMsMax : 0;
      after(this.#delayMs() + lateMs, () => {
        if (!peer.open || this.isCut(from.id, to) || peer.streams.get(from.id) !== from) return;
        onDeliver(from.id, to, message);
        peer.onEvent({ kind: 'message', from: from.id, message });
      });
    }
    this.#watchForSilence(from, peer);
  }

  /** Keepalive: a stream over a cut link ends on both sides after a while. */
  #watchForSilence(from: Endpoint, peer: Endpoint): void {
    if (!this.isCut(from.id, peer.id) && !this.isCut(peer.id, from.id)) return;
    this.#options.after(15_000, () => {
      if (!this.isCut(from.id, peer.id) && !this.isCut(peer.id, from.id)) return;
      if (from.open && from.streams.get(peer.id) === peer) this.#drop(from, peer);
      if (peer.open && peer.streams.get(from.id) === from) this.#drop(peer, from);
    });
  }

  #breakLater(self: Endpoint, peer: Endpoint, reason: 'reset' | 'closed'): void {
    this.#options.after(this.#delayMs(), () => {
      if (!peer.open || peer.streams.get(self.id) !== self) return;
      if (this.isCut(self.id, peer.id)) this.#options.after(15_000, () => this.#drop(peer, self));
      else this.#drop(peer, self, reason);
    });
  }

  #drop(side: Endpoint, peer: Endpoint, reason: 'reset' | 'closed' = 'reset'): void {
    if (!side.open || side.streams.get(peer.id) !== peer) return;
    side.streams.delete(peer.id);
    side.onEvent({ kind: 'down', id: peer.id, reason });
  }
}
