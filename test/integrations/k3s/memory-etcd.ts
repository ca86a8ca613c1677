// The etcd behind a k3s in memory: its members, who of them votes, and whether they are enough. Where etcd itself would go on in
// danger the model tells of a fault.

export interface EtcdMember {
  /** In decimal, of 64 bits: too large for a number. */
  readonly id: string;
  /** `<node>-<8 hex digits>`; empty while it has never started. */
  readonly name: string;
  readonly ip: string;
  isLearner: boolean;
  readonly addedAtMs: number;
  /** When it last ran. */
  seenAtMs: number;
}

/** Ids are drawn from here on: two that follow each other are the same as a number. */
const firstId = 0xfedc_ba98_7654_3210n;
/** What etcd says to a change of its members (etcd, api/v3rpc/rpctypes). */
export const etcdErrors = {
  notFound: 'etcdserver: member not found',
  notEnoughStarted: 'etcdserver: re-configuration failed due to not enough started members',
  unhealthy: 'etcdserver: unhealthy cluster',
  timedOut: 'etcdserver: request timed out',
} as const;

/** Who has just died is not known to be dead, by anybody. */
const unknownMs = 10_000;

export type Join =
  | { readonly member: string }
  /** `again`: k3s itself goes on trying. */
  | { readonly refused: string; readonly again: boolean };

export class MemoryEtcd {
  members: EtcdMember[] = [];
  readonly #isStarted: (member: string) => boolean;
  readonly #fault: (what: string) => void;
  #made = 0;
  #ids = 0n;

  constructor(isStarted: (member: string) => boolean, fault: (what: string) => void) {
    this.#isStarted = member => member !== '' && isStarted(member);
    this.#fault = fault;
  }

  get voters(): readonly EtcdMember[] {
    return this.members.filter(({ isLearner }) => !isLearner);
  }

  hasQuorum(voters: readonly EtcdMember[] = this.voters): boolean {
    const started = voters.filter(({ name }) => this.#isStarted(name)).length;
    return started >= Math.floor(voters.length / 2) + 1;
  }

  of(node: string): EtcdMember | undefined {
    return this.members.find(({ name }) => name.slice(0, -9) === node);
  }

  found(node: string, ip: string, nowMs: number): string {
    return this.#add(node, ip, nowMs, false);
  }

  /** As a learner; etcd takes one at a time, and only while all voters are connected (StrictReconfigCheck). */
  join(node: string, ip: string, nowMs: number): Join {
    if (!this.hasQuorum()) return { refused: 'etcdserver: no leader', again: true };
    if (this.of(node))
      return {
        refused: 'duplicate node name found, please use a unique name for this node',
        again: false,
      };
    if (this.members.some(({ isLearner }) => isLearner)) {
      this.#fault(`${node} begins to join etcd while another is a learner`);
      return { refused: 'etcdserver: too many learner members in cluster', again: true };
    }
    if (this.voters.some(({ name }) => !this.#isStarted(name)))
      return { refused: 'etcdserver: unhealthy cluster', again: true };
    return { member: this.#add(node, ip, nowMs, true) };
  }

  /** @param learnMs a learner has all that was stored after so long @param stallMs one that gets nowhere is dropped after so long */
  promote(nowMs: number, learnMs: number, stallMs: number): void {
    if (!this.hasQuorum()) return;
    this.members = this.members.filter(({ isLearner, addedAtMs, name }) => {
      return !isLearner || this.#isStarted(name) || nowMs - addedAtMs < stallMs;
    });
    for (const member of this.members)
      if (member.isLearner && nowMs - member.addedAtMs >= learnMs && this.#isStarted(member.name))
        member.isLearner = false;
  }

  /** Takes note of who runs. */
  see(nowMs: number): void {
    for (const member of this.members) if (this.#isStarted(member.name)) member.seenAtMs = nowMs;
  }

  /** It is of this one member alone from now on. */
  reset(name: string, ip: string, addedAtMs: number): void {
    this.members = [{ id: this.#newId(), name, ip, isLearner: false, addedAtMs, seenAtMs: addedAtMs }];
  }

  /** One that never starts. Resolves with its id. */
  addSilent(nowMs: number, isLearner: boolean): string {
    const id = this.#newId();
    this.members.push({ id, name: '', ip: '', isLearner, addedAtMs: nowMs, seenAtMs: nowMs });
    return id;
  }

  /** As by `/v3/cluster/member/remove`, with the checks of StrictReconfigCheck (etcd, mayRemoveMember). @returns its error; empty when it is done */
  takeOut(id: string, nowMs: number): string {
    const member = this.members.find(each => each.id === id);
    if (!this.hasQuorum()) return etcdErrors.timedOut;
    if (!member) return etcdErrors.notFound;
    if (!member.isLearner) {
      const others = this.voters.filter(each => each !== member);
      const started = others.filter(({ name }) => name !== '').length;
      if (started < Math.floor(others.length / 2) + 1) return etcdErrors.notEnoughStarted;
      const active = this.voters.filter(({ name }) => this.#isStarted(name)).length;
      const isActive = this.#isStarted(member.name);
      if (isActive && active - 1 < 1 + Math.floor((this.voters.length - 1) / 2)) return etcdErrors.unhealthy;
    }
    this.remove(member, nowMs);
    return '';
  }

  remove(member: EtcdMember, nowMs: number): void {
    const { name } = member;
    const rest = this.members.filter(each => each !== member);
    const voters = rest.filter(({ isLearner }) => !isLearner);
    const seen = voters.filter(({ seenAtMs }) => nowMs - seenAtMs < unknownMs).length;
    if (this.hasQuorum() && voters.length > 0 && seen < Math.floor(voters.length / 2) + 1)
      this.#fault(`etcd loses its majority with ${name}`);
    this.members = rest;
  }

  #add(node: string, ip: string, addedAtMs: number, isLearner: boolean): string {
    this.#made += 1;
    const name = `${node}-${this.#made.toString(16).padStart(8, '0')}`;
    this.members.push({ id: this.#newId(), name, ip, isLearner, addedAtMs, seenAtMs: addedAtMs });
    return name;
  }

  #newId(): string {
    this.#ids += 1n;
    return `${firstId + this.#ids}`;
  }
}
