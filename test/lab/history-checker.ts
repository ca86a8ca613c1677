// Judges the history of a cluster after all is over: was anything lost that was acknowledged, is anything there twice or
// differently, did anything go back. Pure. Says what is wrong in sentences; says nothing when nothing is.
import type { Entry } from '../../src/election/command.ts';
import { type History, type Look, type Operation, type ToldLeader, type Write, writeIn } from './history.ts';

/** Everything in a history that may not be. Empty: all promises were kept. */
export function violationsOf(history: History): string[] {
  return [
    ...goneBack(history.looks),
    ...contradictions(history.looks),
    ...splitTerms(history.leaders),
    ...lackingAtTheEnd(history),
    ...unexplainedWrites(history),
  ];
}

const lastIndexOf = ({ saved }: Look): number => saved.base.index + saved.entries.length;

/** A node's cluster, term, vote and commit index may only go one way. */
function goneBack(looks: readonly Look[]): string[] {
  const found: string[] = [];
  const former = new Map<string, Look['saved']>();
  for (const look of looks) {
    const { node, saved } = look;
    const before = former.get(node);
    former.set(node, saved);
    if (saved.commitIndex > lastIndexOf(look))
      found.push(`${node} calls entry ${saved.commitIndex} decided and holds only ${lastIndexOf(look)}`);
    if (before === undefined || before.clusterId === '') continue;
    if (before.clusterId !== saved.clusterId)
      found.push(`${node} was of cluster ${before.clusterId} and is now of "${saved.clusterId}"`);
    if (saved.term < before.term)
      found.push(`the term of ${node} went back from ${before.term} to ${saved.term}`);
    if (saved.commitIndex < before.commitIndex)
      found.push(`the commit index of ${node} went back from ${before.commitIndex} to ${saved.commitIndex}`);
    if (saved.term === before.term && before.votedFor !== '' && saved.votedFor !== before.votedFor)
      found.push(`${node} voted in term ${saved.term} for ${before.votedFor}, then for "${saved.votedFor}"`);
  }
  return found;
}

/** One content for each decided index, and one for each index and term whether decided or not; each place is told of once. */
function contradictions(looks: readonly Look[]): string[] {
  const found = new Map<string, string>();
  const seen = new Map<string, { readonly text: string; readonly node: string }>();
  const compare = (place: string, text: string, node: string) => {
    const other = seen.get(place) ?? { text, node };
    seen.set(place, other);
    if (other.text !== text && !found.has(place))
      found.set(place, `${place} is ${other.text} on ${other.node} and ${text} on ${node}`);
  };
  for (const { node, saved } of looks)
    for (const entry of saved.entries) {
      const text = JSON.stringify(entry);
      compare(`entry ${entry.index} of term ${entry.term}`, text, node);
      if (entry.index <= saved.commitIndex) compare(`decided entry ${entry.index}`, text, node);
    }
  return [...found.values()];
}

function splitTerms(leaders: readonly ToldLeader[]): string[] {
  const first = new Map<number, ToldLeader>();
  return leaders.flatMap(told => {
    const { term, leader, teller } = told;
    const other = first.get(term) ?? told;
    first.set(term, other);
    return other.leader === leader
      ? []
      : [
          `term ${term} has two leaders: ${other.leader} in the word of ${other.teller}, ${leader} in that of ${teller}`,
        ];
  });
}

function finalLooks(looks: readonly Look[]): Look[] {
  return [...new Map(looks.map(look => [look.node, look])).values()];
}

/** What is decided at the end is on every disk, the same; and nothing that was ever seen decided is gone. */
function lackingAtTheEnd({ looks, decidedIndex }: History): string[] {
  const found: string[] = [];
  const texts = new Map<number, { readonly text: string; readonly node: string }>();
  for (const look of finalLooks(looks)) {
    if (look.saved.base.index > 0)
      found.push(
        `the log of ${look.node} begins behind entry ${look.saved.base.index}: too many writes to judge`,
      );
    if (lastIndexOf(look) < decidedIndex)
      found.push(`${look.node} ends at entry ${lastIndexOf(look)}, and ${decidedIndex} are decided`);
    for (const entry of look.saved.entries.filter(({ index }) => index <= decidedIndex)) {
      const text = JSON.stringify(entry);
      const other = texts.get(entry.index) ?? { text, node: look.node };
      texts.set(entry.index, other);
      if (other.text !== text)
        found.push(
          `at the end entry ${entry.index} is ${other.text} on ${other.node} and ${text} on ${look.node}`,
        );
    }
  }
  for (const { node, saved } of looks)
    if (saved.commitIndex > decidedIndex)
      found.push(`${node} held entry ${saved.commitIndex} as decided, and at the end ${decidedIndex} are`);
  return found;
}

function unexplainedWrites({ looks, operations, decidedIndex }: History): string[] {
  const log = finalLooks(looks).reduce<readonly Entry[]>(
    (longest, { saved }) => (saved.entries.length > longest.length ? saved.entries : longest),
    [],
  );
  const decided = log.filter(({ index }) => index <= decidedIndex);
  const written = decided.flatMap(({ index, payload }) => {
    const write = writeIn(payload);
    return write === undefined ? [] : [{ index, ...write }];
  });
  // A request that was asked for twice may be in the log twice; only the first counts there, too.
  const first = new Map(written.toReversed().map(write => [write.request, write]));
  const done = written.filter(write => write.request === '' || first.get(write.request) === write);
  const registers = new Set([...operations, ...done].map(({ register }) => register));
  return [...registers].flatMap(register =>
    explain(
      register,
      operations.filter(operation => operation.register === register).map(named),
      done.filter(write => write.register === register).map(named),
    ),
  );
}

/** With its request for a part of the value, so that no write stands in for another. */
function named<W extends Write>(write: W): W {
  return write.request === '' ? write : { ...write, value: `${write.value} by ${write.request}` };
}

interface Written {
  readonly index: number;
  readonly value: string;
}

/**
 * Finds an order of one client's writes that gives what the log has of them: each acknowledged one once and in its turn,
 * each unknown one at most once and behind what had been acknowledged before it was begun, a refused one never.
 */
function explain(register: string, operations: readonly Operation[], written: readonly Written[]): string[] {
  const due = operations.filter(({ outcome }) => outcome === 'acknowledged');
  const doubts = doubtsOf(operations);
  // How many doubtful writes of each value were taken so far; the rest of what was read are acknowledged ones.
  let ways: ReadonlyMap<string, readonly number[]> = new Map([['', doubts.map(() => 0)]]);
  for (const [read, { index, value }] of written.entries()) {
    const next = new Map<string, readonly number[]>();
    for (const taken of ways.values()) {
      const done = read - sum(taken);
      if (due[done]?.value === value) next.set(taken.join(), taken);
      const kind = doubts.findIndex(doubt => doubt.value === value);
      const free = doubts[kind]?.begunAfter.filter(before => before <= done).length ?? 0;
      const used = taken[kind] ?? 0;
      if (used < free) {
        const more = taken.with(kind, used + 1);
        next.set(more.join(), more);
      }
    }
    if (next.size === 0) {
      const missed = due[Math.max(...[...ways.values()].map(taken => read - sum(taken)))];
      const expected =
        missed === undefined
          ? 'nothing more was asked for'
          : `${missed.value} is due there (${when(missed)})`;
      return [`${register}: entry ${index} is ${value}, and ${expected}`];
    }
    ways = next;
  }
  const done = Math.max(...[...ways.values()].map(taken => written.length - sum(taken)));
  return due
    .slice(done)
    .map(lost => `${register}: the acknowledged write of ${lost.value} (${when(lost)}) is not in the log`);
}

interface Doubt {
  readonly value: string;
  /** For each unknown write of the value, how many acknowledged ones there were before it was begun. */
  readonly begunAfter: readonly number[];
}

function doubtsOf(operations: readonly Operation[]): Doubt[] {
  const begunAfter = new Map<string, number[]>();
  let acknowledged = 0;
  for (const { outcome, value } of operations)
    if (outcome === 'acknowledged') acknowledged += 1;
    else if (outcome === 'unknown') begunAfter.set(value, [...(begunAfter.get(value) ?? []), acknowledged]);
  return [...begunAfter].map(([value, each]) => ({ value, begunAfter: each }));
}

const sum = (numbers: readonly number[]): number => numbers.reduce((total, each) => total + each, 0);

const when = ({ invokedAt, returnedAt }: Operation): string =>
  `begun at ${invokedAt}, returned at ${returnedAt}`;
