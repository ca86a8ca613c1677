// What the leader drives: asks each integration what should be decided, and proposes it, one round at a time.
// Acts only on committed state, so a new leader goes on where the old one stopped.
import type { Command } from '../election/command.ts';
import type { ClusterView, Decision } from '../integrations/cluster-view.ts';
import type { Integration } from '../integrations/reconciler.ts';
import type { Sealer } from './sealing.ts';

export class LeaderDriver {
  readonly #integrations: readonly Integration[];
  readonly #propose: (command: Command) => Promise<string | undefined>;
  readonly #sealer: Sealer;
  readonly #secretBytes: (count: number) => Uint8Array;
  readonly #wallMs: () => number;
  readonly #onRefused: (command: Command, reason: string) => void;
  #busy = false;
  #again = false;

  constructor(options: {
    readonly integrations: readonly Integration[];
    /** Resolves once decided, with the reason when it was refused. Never rejects. */
    readonly propose: (command: Command) => Promise<string | undefined>;
    readonly sealer: Sealer;
    readonly secretBytes: (count: number) => Uint8Array;
    readonly wallMs: () => number;
    readonly onRefused: (command: Command, reason: string) => void;
  }) {
    this.#integrations = options.integrations;
    this.#propose = options.propose;
    this.#sealer = options.sealer;
    this.#secretBytes = options.secretBytes;
    this.#wallMs = options.wallMs;
    this.#onRefused = options.onRefused;
  }

  /**
   * Decides what is due. `view` is asked for anew in each round and gives undefined when this node must not decide now;
   * while a round is under way further calls only ask for another one.
   */
  async drive(view: () => ClusterView | undefined): Promise<void> {
    this.#again = true;
    if (this.#busy) return;
    this.#busy = true;
    try {
      while (this.#again) {
        this.#again = false;
        const seen = view();
        if (!seen) return;
        for (const integration of this.#integrations) {
          for (const decision of integration.decide(seen)) {
            const command = this.#commandFrom(decision);
            const refused = await this.#propose(command);
            if (refused === undefined) this.#again = true;
            else this.#onRefused(command, refused);
          }
        }
      }
    } finally {
      this.#busy = false;
    }
  }

  #commandFrom(decision: Decision): Command {
    switch (decision.kind) {
      case 'secret':
        return {
          kind: 'secret',
          name: decision.name,
          sealed: this.#sealer.seal(this.#secretBytes(decision.bytes)),
        };
      case 'keep':
        return {
          kind: 'secret',
          name: decision.name,
          sealed: this.#sealer.seal(new TextEncoder().encode(decision.text)),
        };
      case 'grant':
      case 'revoke':
      case 'move':
        return decision;
      case 'open-operation':
        return { ...decision, atMs: this.#wallMs() };
      case 'advance-operation':
        return { ...decision, atMs: this.#wallMs() };
    }
  }
}
