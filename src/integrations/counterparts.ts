// The same integration on other nodes: it may be asked something that is for nobody else, or that gossip and log have no room for.
// Types only; what carries it is the agent's.

export interface Counterpart {
  readonly id: string;
  /** HOST:PORT of its agent. */
  readonly address: string;
}

export interface Counterparts {
  /** What it answers; undefined when it does not within some seconds. */
  ask(peer: Counterpart, question: string): Promise<string | undefined>;
}
