// Keeps count of peers that do not hold this node's cluster key. A node that never met anyone, and is refused by most of
// those it was told of, has the wrong key itself. Decides nothing else.
import { keyRefusalsMax } from './limits.ts';
import { exitCode, StartError } from './start-error.ts';

export class KeyRefusals {
  readonly #times = new Map<string, number>();
  #met = false;

  /** A peer holds the same key: the key of this node is right. */
  met(): void {
    this.#met = true;
  }

  /** Counts a refusal. True when it is the first of this address. */
  add(address: string): boolean {
    const times = (this.#times.get(address) ?? 0) + 1;
    this.#times.set(address, times);
    return times === 1;
  }

  /**
   * The error to end with; undefined while the key may be right.
   * @param listed how many peers an operator has named for this node: one of them that refuses is meant to be a peer
   * @param found how many others there may be; of those one may have the wrong key itself
   */
  verdict(listed: number, found: number): StartError | undefined {
    const total = [...this.#times.values()].reduce((sum, each) => sum + each, 0);
    const addresses = this.#times.size;
    if (this.#met || total < keyRefusalsMax || addresses * 2 <= Math.max(listed, found)) return undefined;
    if (addresses < 2 && listed === 0) return undefined;
    const by = [...this.#times.keys()].sort().join(', ');
    return new StartError(
      `the cluster key of this node was refused by ${by}: they hold another one; ` +
        'copy the cluster key file of a member to this node and start again',
      exitCode.denied,
    );
  }
}
