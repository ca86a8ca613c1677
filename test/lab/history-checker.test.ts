// Shows that the checker of histories finds each thing that may not be, and finds nothing in a history that is right.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Entry } from '../../src/election/command.ts';
import { noBase } from '../../src/election/raft-log.ts';
import type { History, Look, Operation, Outcome } from './history.ts';
import { violationsOf } from './history-checker.ts';

const voters = 'voters wanted';

function wanted(index: number, count: number, term = 1): Entry {
  return { index, term, payload: { kind: 'command', command: { kind: 'want-voters', count } } };
}

function log(...counts: number[]): Entry[] {
  return counts.map((count, at) => wanted(at + 1, count));
}

function look(node: string, entries: readonly Entry[], more: Partial<Look['saved']> = {}): Look {
  const commitIndex = entries.length;
  const saved = { clusterId: 'c', term: 1, votedFor: '', commitIndex, base: noBase, entries, ...more };
  return { node, saved };
}

/** Writes of one client, one after the other: [5, 'acknowledged'], [3, 'unknown'] ... */
function writes(...each: readonly (readonly [number, Outcome])[]): Operation[] {
  return each.map(([count, outcome], at) => ({
    ...{ register: voters, value: String(count), request: '', outcome, answer: '' },
    ...{ invokedAt: 2 * at, returnedAt: 2 * at + 1 },
  }));
}

const right: History = {
  operations: writes([5, 'acknowledged'], [3, 'refused'], [3, 'acknowledged']),
  looks: [look('a', log(5, 3)), look('b', log(5, 3)), look('c', log(5, 3))],
  leaders: [
    { teller: 'a', term: 1, leader: 'a' },
    { teller: 'b', term: 1, leader: 'a' },
    { teller: 'b', term: 2, leader: 'b' },
  ],
  decidedIndex: 2,
};

function everywhere(entries: readonly Entry[]): Pick<History, 'looks' | 'decidedIndex'> {
  return { looks: ['a', 'b', 'c'].map(node => look(node, entries)), decidedIndex: entries.length };
}

function finds(history: Partial<History>, ...expected: readonly RegExp[]): void {
  const found = violationsOf({ ...right, ...history });
  assert.equal(found.length, expected.length, found.join('\n'));
  for (const [at, pattern] of expected.entries()) assert.match(found[at] ?? '', pattern);
}

test('a history in which every promise was kept is passed', () => {
  finds({});
});

test('an acknowledged write that is in no log is found, at the end of the log and in the middle', () => {
  finds(everywhere(log(5)), /the acknowledged write of 3 \(begun at 4, returned at 5\) is not in the log/);
  finds(everywhere(log(3)), /entry 1 is 3, and 5 is due there/);
  finds(everywhere([]), /write of 5 .* is not in the log/, /write of 3 .* is not in the log/);
});

test('a write that is in the log twice, was refused, or that nobody asked for is found', () => {
  finds(everywhere(log(5, 3, 3)), /entry 3 is 3, and nothing more was asked for/);
  finds(everywhere(log(5, 3, 3, 3)), /entry 3 is 3/);
  finds({ operations: [], ...everywhere(log(1)) }, /entry 1 is 1, and nothing more was asked for/);
});

test('a write with an unknown outcome may be there, late, or not at all, but not twice and not too early', () => {
  const operations = writes([5, 'acknowledged'], [3, 'unknown'], [5, 'acknowledged'], [5, 'acknowledged']);
  for (const counts of [
    [5, 5, 5],
    [5, 3, 5, 5],
    [5, 5, 3, 5],
    [5, 5, 5, 3],
  ])
    finds({ operations, ...everywhere(log(...counts)) });
  finds({ operations, ...everywhere(log(3, 5, 5, 5)) }, /entry 1 is 3, and 5 is due there/);
  finds({ operations, ...everywhere(log(5, 3, 3, 5, 5)) }, /entry 3 is 3, and 5 is due there/);
});

test('an unknown write does not stand in for an acknowledged one that was begun before it', () => {
  const operations = writes([5, 'acknowledged'], [3, 'acknowledged'], [3, 'unknown'], [5, 'acknowledged']);
  finds({ operations, ...everywhere(log(5, 3, 5)) });
  finds({ operations, ...everywhere(log(5, 5)) }, /entry 2 is 5, and 3 is due there/);
});

test('a request that has a name counts once, however often it is in the log, and no other stands in for it', () => {
  const named = (index: number, client: string): Entry => ({
    ...{ index, term: 1 },
    payload: {
      kind: 'command',
      command: { kind: 'want-voters', count: 5 },
      session: { client, seq: 1 },
    },
  });
  const operations = writes([5, 'acknowledged'], [5, 'unknown'], [5, 'acknowledged']).map((write, at) => ({
    ...write,
    request: ['x', 'y', 'z'][at] ?? '',
  }));
  finds({ operations, ...everywhere([named(1, 'x'), named(2, 'z'), named(3, 'x')]) });
  finds(
    { operations, ...everywhere([named(1, 'x'), named(2, 'y'), named(3, 'y')]) },
    /write of 5 by z .* is not in the log/,
  );
});

test('two contents at a decided index are found, also between a node and what it was before', () => {
  const other = [wanted(1, 5), wanted(2, 5, 2)];
  finds(
    { looks: [...right.looks.slice(1), look('a', other)] },
    /decided entry 2 is .*"count":3.* on b and .*"count":5.* on a/,
    /at the end entry 2 is/,
  );
  finds(
    { looks: [look('a', other), ...right.looks] },
    /decided entry 2 is .*"count":5.* on a and .*"count":3.* on a/,
  );
});

test('two contents in one term at one index are found though neither is decided', () => {
  const looks = [look('a', log(5, 3, 1)), look('b', log(5, 3, 5))].map(each => ({
    ...each,
    saved: { ...each.saved, commitIndex: 2 },
  }));
  finds({ looks }, /entry 3 of term 1 is .*"count":1.* on a and .*"count":5.* on b/);
});

test('two leaders in a term are found', () => {
  const leaders = [...right.leaders, { teller: 'c', term: 2, leader: 'c' }];
  finds({ leaders }, /term 2 has two leaders: b in the word of b, c in that of c/);
});

test('a term, a commit index, a vote or a cluster that went back is found', () => {
  const before = (more: Partial<Look['saved']>) => ({ looks: [look('a', log(5, 3), more), ...right.looks] });
  finds(before({ term: 2 }), /the term of a went back from 2 to 1/);
  finds(before({ votedFor: 'b' }), /a voted in term 1 for b, then for ""/);
  finds(before({ clusterId: 'd' }), /a was of cluster d and is now of "c"/);
  const looks = right.looks.map(each => ({ ...each, saved: { ...each.saved, commitIndex: 1 } }));
  finds(
    { looks: [...right.looks, ...looks] },
    ...['a', 'b', 'c'].map(node => new RegExp(`commit index of ${node} went back`)),
  );
});

test('a node that lacks at the end what is decided is found, and one that forgot what it held as decided', () => {
  finds({ looks: [...right.looks.slice(1), look('a', log(5))] }, /a ends at entry 1, and 2 are decided/);
  finds(
    { looks: [look('a', log(5, 3, 3)), ...right.looks] },
    /commit index of a went back/,
    /a held entry 3 as decided, and at the end 2 are/,
  );
});

test('a log that was compacted cannot be judged, and the checker says so', () => {
  const base = { ...noBase, index: 1, term: 1 };
  const looks = right.looks.map(({ node }) => look(node, [wanted(2, 3)], { base, commitIndex: 2 }));
  const found = violationsOf({ ...right, looks });
  assert.match(found[0] ?? '', /begins behind entry 1/);
});
