// Which device of the tailnet a member is, by its own signed word: a capability of its record. Decides nothing.
import { claimFrom } from '../membership/claim-text.ts';
import { type Claim, compareClaims, type MemberRecord, type SignedClaim } from '../membership/member.ts';
import type { Seal } from '../membership/seal.ts';

const prefix = 'tailnet=';

/** These capabilities, and that the node is `device` (stable id; empty for none). */
export function withDevice(capabilities: readonly string[], device: string): string[] {
  const others = capabilities.filter(each => !each.startsWith(prefix));
  return [...others, ...(device === '' ? [] : [`${prefix}${device}`])].sort();
}

function deviceIn({ capabilities }: Pick<Claim, 'capabilities'>): string {
  return capabilities.find(each => each.startsWith(prefix))?.slice(prefix.length) ?? '';
}

export class MemberDevices {
  readonly #seal: Pick<Seal, 'idOf' | 'verify'>;
  #own = '';
  #recordOf: (id: string) => MemberRecord | undefined = () => undefined;

  constructor(seal: Pick<Seal, 'idOf' | 'verify'>) {
    this.#seal = seal;
  }

  /** Asks this member table from now on; `own` is this node's id. */
  follow(own: string, recordOf: (id: string) => MemberRecord | undefined): void {
    this.#own = own;
    this.#recordOf = recordOf;
  }

  /** What this node says of itself, to be shown to others; undefined before there is a table. */
  get own(): SignedClaim | undefined {
    return this.#recordOf(this.#own)?.signed;
  }

  /**
   * The device (stable id) that `id` is; empty when nobody has said. The newest record counts, so a member that signs in anew brings the
   * new one. One that says nothing of it, as in the first moments of a boot, takes nothing back.
   * @param word what it says in its Hello, and the record that it shows there
   */
  deviceOf(id: string, { device = '', record }: { device?: string; record?: SignedClaim } = {}): string {
    const known = this.#recordOf(id);
    const shown = record && this.#believed(id, record);
    const newest = shown && !(known && compareClaims(shown, known) < 0) ? shown : known;
    return (newest && deviceIn(newest)) || device || (known ? deviceIn(known) : '');
  }

  #believed(id: string, signed: SignedClaim): (Claim & { readonly signed: SignedClaim }) | undefined {
    const { publicKey, body, signature } = signed;
    const claim = claimFrom(body);
    if (typeof claim === 'string' || claim.id !== id || this.#seal.idOf(publicKey) !== id) return undefined;
    return this.#seal.verify(publicKey, body, signature) ? { ...claim, signed } : undefined;
  }
}
