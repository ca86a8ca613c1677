// Who votes, and what a majority of them is. Pure arithmetic (Raft dissertation, chapter 4).

/**
 * The voting configuration: ids only, never addresses. While `outgoing` is not empty the configuration is joint and
 * a decision needs a majority of both halves (Raft, section 6).
 */
export interface Configuration {
  readonly voters: readonly string[];
  readonly outgoing: readonly string[];
  /** Get the log, never count. */
  readonly learners: readonly string[];
}

export const emptyConfiguration: Configuration = { voters: [], outgoing: [], learners: [] };

export function quorumOf(voters: number): number {
  return Math.floor(voters / 2) + 1;
}

/** True when `ids` hold a majority of every half of the configuration; never for an empty one. */
export function isQuorum({ voters, outgoing }: Configuration, ids: ReadonlySet<string>): boolean {
  const majority = (half: readonly string[]) =>
    half.filter(id => ids.has(id)).length >= quorumOf(half.length);
  return voters.length > 0 && majority(voters) && (outgoing.length === 0 || majority(outgoing));
}

/** The highest index that a majority of every half has reached. `reached` gives 0 for whoever has nothing. */
export function quorumIndex({ voters, outgoing }: Configuration, reached: (id: string) => number): number {
  const half = (ids: readonly string[]) =>
    ids.map(reached).sort((a, b) => b - a)[quorumOf(ids.length) - 1] ?? 0;
  if (voters.length === 0) return 0;
  return outgoing.length === 0 ? half(voters) : Math.min(half(voters), half(outgoing));
}

/** Everyone who gets the log, without repetition. */
export function membersOf({ voters, outgoing, learners }: Configuration): string[] {
  return [...new Set([...voters, ...outgoing, ...learners])];
}

export function isVoter({ voters, outgoing }: Configuration, id: string): boolean {
  return voters.includes(id) || outgoing.includes(id);
}

/** True for whoever gets the log from the leader. */
export function isMember(configuration: Configuration, id: string): boolean {
  return isVoter(configuration, id) || configuration.learners.includes(id);
}
