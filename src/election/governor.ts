// What a leader does by itself, one thing at a time: admits who is present, raises the level once every node knows the next
// one, and keeps the configuration right. Advice from membership and the decided state go in, the next act comes out.
import type { ClusterState } from './cluster-state.ts';
import type { Command } from './command.ts';
import { caughtUpLagMax, formerSelfWaitMs } from './limits.ts';
import type { MemberAdvice } from './messages.ts';
import type { Raft } from './raft.ts';
import { decideConfiguration, explainVoter, type VoterCandidate, type VoterChoice } from './voters.ts';

export type Act =
  | { readonly kind: 'decide'; readonly command: Command }
  | { readonly kind: 'reconfigure'; readonly choice: VoterChoice }
  /** The leader is to vote no more, and another takes it out once it leads. */
  | { readonly kind: 'step-aside' };

/** What the governor looks at. */
export interface Realm {
  readonly raft: Pick<Raft, 'clusterId' | 'configuration' | 'reconfiguring' | 'lagOf'>;
  readonly state: ClusterState;
}

export class Governor {
  readonly #own: string;
  readonly #level: number;
  readonly #onTooOld: (member: MemberAdvice, level: number) => void;
  #members: readonly MemberAdvice[] = [];
  /** How each member fares (its trouble, or `silent`, or nothing), and since when. */
  readonly #fares = new Map<string, { readonly how: string; readonly sinceMs: number }>();
  /** What was proposed and is not decided yet. */
  readonly #admitting = new Set<string>();
  #raisingTo = 0;

  /**
   * @param level what this program knows
   * @param onTooOld told of a newcomer that knows too little to be admitted; often
   */
  constructor(own: string, level: number, onTooOld: (member: MemberAdvice, level: number) => void) {
    this.#own = own;
    this.#level = level;
    this.#onTooOld = onTooOld;
  }

  /** The members as they are now. */
  advise(members: readonly MemberAdvice[], nowMs: number): void {
    this.#members = members;
    for (const { id, alive, trouble } of members) {
      const how = alive ? trouble : 'silent';
      if (this.#fares.get(id)?.how !== how) this.#fares.set(id, { how, sinceMs: nowMs });
    }
  }

  /** This node does not lead, or not yet: what it had proposed may be lost. */
  rest(): void {
    this.#admitting.clear();
    this.#raisingTo = 0;
  }

  /** The next act of a leader; undefined when all is as it should be, or under way. */
  next({ raft, state }: Realm, nowMs: number): Act | undefined {
    const newcomer = this.#newcomer(raft.clusterId, state, nowMs);
    if (newcomer) {
      const { id: node, name } = newcomer;
      this.#admitting.add(node);
      const former = state.level >= 2 ? this.#formerSelf(newcomer, state.nodes) : undefined;
      const replaces = former?.gone ? { replaces: former.id } : {};
      return { kind: 'decide', command: { kind: 'admit', node, name, ...replaces } };
    }
    const level = this.#commonLevel(state);
    if (level > Math.max(state.level, this.#raisingTo)) {
      this.#raisingTo = level;
      return { kind: 'decide', command: { kind: 'raise-level', level } };
    }
    if (raft.reconfiguring) return undefined;
    const candidates = this.#candidates({ raft, state }, nowMs);
    const choice = decideConfiguration(raft.configuration, candidates, state.voting.wanted, this.#own);
    if (!choice) return undefined;
    return choice.voters.includes(this.#own) ? { kind: 'reconfigure', choice } : { kind: 'step-aside' };
  }

  /** Why each admitted node votes or does not, by id, as this node sees it. */
  reasons(realm: Realm, nowMs: number): ReadonlyMap<string, string> {
    const candidates = this.#candidates(realm, nowMs);
    const { configuration } = realm.raft;
    const { wanted } = realm.state.voting;
    return new Map(candidates.map(({ id }) => [id, explainVoter(id, configuration, candidates, wanted)]));
  }

  /** Who is here, belongs to nobody else, and is to be admitted next. */
  #newcomer(
    clusterId: string,
    { nodes, removed, level }: ClusterState,
    nowMs: number,
  ): MemberAdvice | undefined {
    const strangers = this.#members.filter(
      member =>
        member.alive &&
        (member.clusterId === '' || member.clusterId === clusterId) &&
        ![nodes, removed].some(known => Object.hasOwn(known, member.id)),
    );
    for (const member of strangers) if (member.level < level) this.#onTooOld(member, level);
    return strangers.find(
      member =>
        member.level >= level && !this.#admitting.has(member.id) && this.#isAlone(member, nodes, nowMs),
    );
  }

  /** The node that `newcomer` was before its disk was made anew: of the same hardware and name. */
  #formerSelf({ id, machine, name }: MemberAdvice, nodes: ClusterState['nodes']): MemberAdvice | undefined {
    if (machine === '') return undefined;
    return this.#members.find(
      member =>
        member.id !== id &&
        Object.hasOwn(nodes, member.id) &&
        member.machine === machine &&
        member.name === name,
    );
  }

  /** Whether it is known what became of its former self. Of one that lives on it is no successor, but a copy, or its maker numbers badly. */
  #isAlone(newcomer: MemberAdvice, nodes: ClusterState['nodes'], nowMs: number): boolean {
    const former = this.#formerSelf(newcomer, nodes);
    if (!former || former.gone) return true;
    const hereForMs = nowMs - (this.#fares.get(newcomer.id)?.sinceMs ?? nowMs);
    return former.alive && hereForMs >= formerSelfWaitMs;
  }

  /** What every admitted node knows, away or not; 0 while one has never been heard of. */
  #commonLevel({ nodes }: ClusterState): number {
    const levels = new Map(this.#members.map(({ id, level }) => [id, level]));
    levels.set(this.#own, this.#level);
    return Math.min(...Object.keys(nodes).map(id => levels.get(id) ?? 0));
  }

  #candidates({ raft, state }: Realm, nowMs: number): VoterCandidate[] {
    const members = new Map(this.#members.map(member => [member.id, member]));
    return Object.keys(state.nodes).map(id => {
      const member = members.get(id);
      return {
        ...{ id, alive: id === this.#own || member?.alive === true },
        ...{ trouble: member?.trouble ?? '', handicap: member?.handicap ?? '' },
        forMs: nowMs - (this.#fares.get(id)?.sinceMs ?? nowMs),
        caughtUp: raft.lagOf(id) <= caughtUpLagMax,
        ...{ site: member?.site ?? '', wish: state.voting.wishes[id] },
      };
    });
  }
}
