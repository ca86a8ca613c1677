// Who should vote, and why. Pure: the leader asks after every input and proposes what comes out; anyone may ask for the
// reasons. Newcomers come in as learners (stand-bys), of which there are few; the other nodes follow their neighbours.
import { replaceVoterAfterMs, spreadVotersAfterMs, standbysMax, steadyAfterMs } from './limits.ts';
import type { Configuration } from './quorum.ts';

/** What an operator has said of a node: it shall vote, or it shall not. */
export type Wish = 'always' | 'never';

/** An admitted node as the asker sees it. */
export interface VoterCandidate {
  readonly id: string;
  readonly alive: boolean;
  /** What is wrong with it though it is alive; empty when nothing is. */
  readonly trouble: string;
  /** What makes it a poor choice for good, such as `wireless`; empty when nothing does. */
  readonly handicap: string;
  /** Milliseconds since it has been so: well, in trouble or silent. */
  readonly forMs: number;
  /** True when its log lacks next to nothing. */
  readonly caughtUp: boolean;
  /** The operator's tag `site`; empty when there is none. */
  readonly site: string;
  readonly wish: Wish | undefined;
}

export interface VoterChoice {
  readonly voters: readonly string[];
  readonly learners: readonly string[];
}

/**
 * The configuration the leader should propose next, or undefined when the present one is right.
 * One voter becomes three in one joint step, so two voters never exist; a voter is taken out only together with one that
 * takes its place, or when an operator wants fewer.
 * @param wanted voters aimed for: 1, 3 or 5
 * @param self the asker, which leads and is replaced last
 */
export function decideConfiguration(
  present: Configuration,
  admitted: readonly VoterCandidate[],
  wanted: number,
  self: string,
): VoterChoice | undefined {
  if (present.outgoing.length > 0) return undefined;
  const known = new Map(admitted.map(node => [node.id, node]));
  const voters = chooseVoters(present, known, wanted, self);
  const learners = chooseStandbys(present, admitted, voters, known);
  const same = sameMembers(voters, present.voters) && sameMembers(learners, present.learners);
  return same ? undefined : { voters, learners };
}

type Known = ReadonlyMap<string, VoterCandidate>;

function chooseVoters(present: Configuration, known: Known, wanted: number, self: string): string[] {
  const voters = [...present.voters];
  const fewer = (count: number) => {
    const kept = [...voters].sort((a, b) => worth(b, self, known) - worth(a, self, known) || byId(a, b));
    return voters.filter(id => kept.indexOf(id) < count);
  };
  if (voters.length > wanted) return fewer(wanted);
  const removed = voters.filter(id => !known.has(id)).length;
  const replaceable = Math.min(removed, readyStandbys(present, voters, known).length);
  // An operator took voters out and nobody can take their places: that approves of fewer, an odd number.
  const left = voters.length - removed + replaceable;
  if (removed > replaceable) return fewer(Math.max(1, left - (left % 2 === 0 ? 1 : 0)));
  const ready = readyStandbys(present, voters, known);
  const lacking = wanted - voters.length;
  if (lacking > 0) return ready.length >= lacking ? [...voters, ...ready.slice(0, lacking)] : voters;
  for (const substitute of ready) {
    const outgoing = replacedBy(substitute, voters, known, self);
    if (outgoing !== undefined) return voters.map(id => (id === outgoing ? substitute : id));
  }
  return voters;
}

/** How much a voter is worth keeping. */
function worth(id: string, self: string, known: Known): number {
  const node = known.get(id);
  if (!node) return 0;
  const health = node.alive ? (node.trouble !== '' ? 2 : node.handicap !== '' ? 3 : 4) : 0;
  const wished = node.wish === 'always' ? 16 : node.wish === 'never' ? -16 : 0;
  return 1 + health + wished + (id === self ? 8 : 0);
}

/** Learners that could vote now, the best first. */
function readyStandbys(present: Configuration, voters: readonly string[], known: Known): string[] {
  const ready = present.learners.filter(id => {
    const node = known.get(id);
    return node?.alive === true && node.caughtUp && node.wish !== 'never';
  });
  return ready.sort((a, b) => preference(b, voters, known) - preference(a, voters, known) || byId(a, b));
}

/** The voter whose place `substitute` should take now, if any. */
function replacedBy(
  substitute: string,
  voters: readonly string[],
  known: Known,
  self: string,
): string | undefined {
  const better = known.get(substitute);
  if (!better) return undefined;
  const lasting = (node: VoterCandidate | undefined) => (node?.forMs ?? 0) >= replaceVoterAfterMs;
  const weakest = [...voters].sort((a, b) => worth(a, self, known) - worth(b, self, known) || byId(a, b));
  return weakest.find(id => {
    const node = known.get(id);
    if (!node || node.wish === 'never') return true;
    if (node.wish === 'always') return false;
    if (!node.alive || (node.trouble !== '' && better.trouble === '')) return lasting(node);
    return better.wish === 'always' || eases(better, node) || spreads(better, node, voters, known);
  });
}

/** True when `node` has a handicap for good and `better` has none; both must have been as they are for long. */
function eases(better: VoterCandidate, node: VoterCandidate): boolean {
  const settled = better.trouble === '' && Math.min(better.forMs, node.forMs) >= spreadVotersAfterMs;
  return settled && node.handicap !== '' && better.handicap === '';
}

/** True when `node`'s site has another voter, and that of `better` has none; both must have been well for long. */
function spreads(
  better: VoterCandidate,
  node: VoterCandidate,
  voters: readonly string[],
  known: Known,
): boolean {
  const sites = voters.map(id => known.get(id)?.site ?? '');
  const crowded = sites.filter(site => site === node.site).length > 1;
  const settled = better.trouble === '' && Math.min(better.forMs, node.forMs) >= spreadVotersAfterMs;
  const asGood = better.handicap === '' || node.handicap !== '';
  return settled && asGood && crowded && better.site !== '' && !sites.includes(better.site);
}

function chooseStandbys(
  present: Configuration,
  admitted: readonly VoterCandidate[],
  voters: readonly string[],
  known: Known,
): string[] {
  const eligible = admitted.filter(({ id, wish }) => !voters.includes(id) && wish !== 'never');
  const rank = (id: string) =>
    preference(id, voters, known) +
    (present.learners.includes(id) ? 1 : 0) -
    (known.get(id)?.alive ? 0 : 128);
  return eligible
    .map(({ id }) => id)
    .filter(id => known.get(id)?.alive === true || present.learners.includes(id))
    .sort((a, b) => rank(b) - rank(a) || byId(a, b))
    .slice(0, standbysMax);
}

/** An operator's word counts most, then present health, a wired direct path, not having flapped of late, and a site that no voter is at. */
function preference(id: string, voters: readonly string[], known: Known): number {
  const node = known.get(id);
  if (!node) return 0;
  const sites = new Set(voters.map(voter => known.get(voter)?.site));
  const elsewhere = node.site !== '' && !sites.has(node.site);
  return (
    (node.wish === 'always' ? 64 : 0) +
    (node.trouble === '' ? 32 : 0) +
    (node.handicap === '' ? 16 : 0) +
    (node.forMs >= steadyAfterMs ? 8 : 0) +
    (elsewhere ? 4 : 0)
  );
}

/** Why a node has the part it has, for people. */
export function explainVoter(
  id: string,
  present: Configuration,
  admitted: readonly VoterCandidate[],
  wanted: number,
): string {
  const node = admitted.find(each => each.id === id);
  if (!node) return 'it is not admitted';
  const seconds = Math.round(node.forMs / 1000);
  const alive = node.trouble === '' ? '' : `${textOfTrouble[node.trouble] ?? node.trouble}, for ${seconds} s`;
  const trouble = node.alive ? alive : `silent for ${seconds} s`;
  const wished =
    node.wish === undefined ? '' : `an operator wants it ${node.wish === 'never' ? 'not ' : ''}to vote`;
  const handicap = node.handicap === '' ? '' : `a ${node.handicap} path, so it is the last choice`;
  const parts = [wished, trouble, handicap].filter(part => part !== '');
  if (present.voters.includes(id)) {
    if (node.wish === 'never' || trouble !== '')
      parts.push('replaced when a stand-by has been better for long enough and lacks nothing');
    return parts.length > 0 ? parts.join('; ') : `one of the ${present.voters.length} chosen`;
  }
  if (present.outgoing.includes(id)) return 'it is being replaced';
  if (present.learners.includes(id)) {
    parts.push(node.caughtUp ? 'up to date, takes the place of a voter' : 'catching up');
    return parts.join('; ');
  }
  if (parts.length > 0) return parts.join('; ');
  return `${wanted} voters and ${standbysMax} stand-bys are enough`;
}

const textOfTrouble: Readonly<Record<string, string>> = {
  degraded: 'most of its messages are late or lost',
  'disk-full': 'its disk is full',
  'disk-slow': 'its disk is slow',
};

const byId = (a: string, b: string) => (a < b ? -1 : 1);

function sameMembers(a: readonly string[], b: readonly string[]): boolean {
  return a.length === b.length && a.every(id => b.includes(id));
}
