// The etcd behind a k3s in memory: its members, who of them votes, and whether they are enough. Where etcd itself would go on in
// danger the model tells of a fault.

export interface EtcdMember {
  /** `<node>-<8 hex digits>`. */
  readonly name: string;
  readonly ip: string;
  isLearner: boolean;
  readonly addedAtMs: number;
  /** When it last ran. */
  seenAtMs: number;
}

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

  constructor(isStarted: (member: string) => boolean, fault: (what: string) => void) {
    this.#isStarted = isStarted;
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
    this.members = [{ name, ip, isLearner: false, addedAtMs, seenAtMs: addedAtMs }];
  }

  remove(name: string, nowMs: number): void {
    const rest = this.members.filter(each => each.name !== name);
    const voters = rest.filter(({ isLearner }) => !isLearner);
    const seen = voters.filter(({ seenAtMs }) => nowMs - seenAtMs < unknownMs).length;
    if (this.hasQuorum() && voters.length > 0 && seen < Math.floor(voters.length / 2) + 1)
      this.#fault(`etcd loses its majority with ${name}`);
    this.members = rest;
  }

  #add(node: string, ip: string, addedAtMs: number, isLearner: boolean): string {
    this.#made += 1;
    const name = `${node}-${this.#made.toString(16).padStart(8, '0')}`;
    this.members.push({ name, ip, isLearner, addedAtMs, seenAtMs: addedAtMs });
    return name;
  }
}
