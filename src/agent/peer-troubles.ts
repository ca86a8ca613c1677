// Peers that do not fit: another process with this node's identity, another cluster key, words that nobody should believe.
// Tells each once, and says when this node must end because of it.
import type { Announcer } from './announcer.ts';
import { KeyRefusals } from './key-refusals.ts';
import { disbelievedRememberedMax, otherDevicesRememberedMax } from './limits.ts';
import { IdentityConflict } from './start-error.ts';

const cloneMend =
  'a clone, or a disk from a backup; move the data folder aside on one of the two and start it again';

export class PeerTroubles {
  readonly #own: { readonly id: string; readonly epoch: number; readonly peers: readonly string[] };
  readonly #announcer: Announcer;
  readonly #nameOf: (id: string) => string;
  readonly #onFatal: (error: unknown) => void;
  readonly #keyRefusals = new KeyRefusals();
  readonly #disbelieved = new Set<string>();
  readonly #otherDevices = new Set<string>();
  readonly #supersededBy = new Set<string>();

  constructor(options: {
    readonly own: { readonly id: string; readonly epoch: number; readonly peers: readonly string[] };
    readonly announcer: Announcer;
    readonly nameOf: (id: string) => string;
    readonly onFatal: (error: unknown) => void;
  }) {
    this.#own = options.own;
    this.#announcer = options.announcer;
    this.#nameOf = options.nameOf;
    this.#onFatal = options.onFatal;
  }

  /** A peer has proved to hold the same cluster key. */
  met(): void {
    this.#keyRefusals.met();
  }

  /**
   * A peer holds another cluster key.
   * @param isFresh this node belongs to no cluster: then it may be its own key that is wrong
   * @param found how many peers there may be that nobody has listed
   */
  keyRefused(address: string, detail: string, isFresh: boolean, found: number): void {
    if (this.#keyRefusals.add(address)) {
      const message = `no stream to ${address}: ${detail}`;
      this.#announcer.tell('peer.key-refused', message, { level: 'error', fields: { address } });
    }
    const verdict = isFresh ? this.#keyRefusals.verdict(this.#own.peers.length, found) : undefined;
    if (verdict) this.#onFatal(verdict);
  }

  /** A peer says that a later boot of this identity runs. One may be wrong; two, or all `others` there are, are believed. */
  superseded(address: string, detail: string, others: number): void {
    this.#supersededBy.add(address);
    if (this.#supersededBy.size < Math.min(2, others)) return;
    const where = [...this.#supersededBy].sort().join(' and ');
    const message = `the agents at ${where} say: ${detail}; this is boot ${this.#own.epoch}, so there is ${cloneMend}`;
    this.#announcer.tell('identity.conflict', message, { level: 'error' });
    this.#onFatal(new IdentityConflict(message));
  }

  /** Two processes run with one identity. The earlier boot yields, and of two of the same epoch both: neither can be trusted. */
  twin(id: string, epoch: number, address: string, yields: boolean): void {
    const fields = { id, epoch, address };
    if (id !== this.#own.id) {
      const member = this.#nameOf(id);
      const message = `${member} runs twice with one identity: its boot ${epoch} at ${address} is a clone, or a disk from a backup`;
      this.#announcer.tell('identity.conflict', message, { level: 'error', member, fields });
      return;
    }
    const message = `this node's identity is in use at ${address} too (boot ${epoch}; this is boot ${this.#own.epoch}): ${cloneMend}`;
    this.#announcer.tell('identity.conflict', message, { level: 'error', fields });
    if (yields) this.#onFatal(new IdentityConflict(message));
  }

  /** Who holds the key of a member is on another device of the tailnet than the member. */
  otherDevice({ id = '', address, detail }: { id?: string; address: string; detail: string }): void {
    const key = `${id} ${detail}`;
    if (this.#otherDevices.has(key)) return;
    if (this.#otherDevices.size >= otherDevicesRememberedMax) this.#otherDevices.clear();
    this.#otherDevices.add(key);
    const member = this.#nameOf(id);
    const message = `no stream to ${address}, which has the key of ${member}: ${detail}; look at that machine: ${cloneMend}`;
    this.#announcer.tell('peer.other-device', message, { level: 'error', member, fields: { id, address } });
  }

  /** What `from` said of `subject` (id, or empty) was not believed. */
  disbelieved(from: string, subject: string, reason: string): void {
    const key = `${from} ${subject} ${reason}`;
    if (this.#disbelieved.has(key)) return;
    if (this.#disbelieved.size >= disbelievedRememberedMax) this.#disbelieved.clear();
    this.#disbelieved.add(key);
    const about = subject === '' ? 'a member' : this.#nameOf(subject);
    const message = `what ${this.#nameOf(from)} said about ${about} was not believed: ${reason}`;
    this.#announcer.tell('member.disbelieved', message, {
      level: 'warn',
      fields: { from, subject, reason },
    });
  }
}
