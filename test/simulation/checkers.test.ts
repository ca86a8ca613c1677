// The checkers of the simulation, each held against what it must not let pass: one that cannot fail checks nothing.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Agent } from '../../src/agent/agent.ts';
import { type ClusterState, type Grant, unborn } from '../../src/election/cluster-state.ts';
import type { Entry } from '../../src/election/command.ts';
import type { Configuration } from '../../src/election/quorum.ts';
import { nothingSaved, type Saved } from '../../src/election/replica.ts';
import { streamsMax } from '../../src/membership/limits.ts';
import { Checkers, type Watched } from './checkers.ts';
import { DecisionChecker } from './decision-checker.ts';

const clusterId = 'lab';
const three: Configuration = { voters: ['a', 'b', 'c'], outgoing: [], learners: ['d'] };
const others: Configuration = { voters: ['a', 'b', 'd'], outgoing: [], learners: [] };
const joint: Configuration = { ...others, outgoing: three.voters };

const change = (index: number, configuration: Configuration): Entry => ({
  ...{ index, term: 2 },
  payload: { kind: 'configuration', configuration },
});
const noop = (index: number): Entry => ({ index, term: 2, payload: { kind: 'noop' } });

/** A node that has these entries on its disk. */
function holding(id: string, ...entries: readonly Entry[]): Watched {
  const saved: Saved = { ...nothingSaved, clusterId, term: 2, entries };
  return { id, name: id, disk: { saved }, agent: undefined };
}

function sole(node: string, token: number): Grant {
  return { service: 'slurm', role: 'controller', node, token, sole: true };
}

function granting(...grants: readonly Grant[]): ClusterState {
  return { ...unborn, clusterId, grants };
}

test('I11: voters change by a joint step only, and one change at a time', () => {
  const decide = (...configurations: readonly Configuration[]) => {
    const log = configurations.map((each, i) => change(i + 1, each));
    const all = ['a', 'b', 'c', 'd'].map(id => holding(id, ...log));
    const checker = new DecisionChecker();
    for (const entry of log) checker.decided(clusterId, entry, all);
  };
  decide(three, joint, others);
  decide(three, { ...three, learners: [] });
  assert.throws(() => decide(three, others), /I11: from voters a,b,c to a,b,d/);
  assert.throws(() => decide(three, joint, three), /I11/, 'a joint step is not taken back');
  const leader = holding('a', change(1, three), change(2, joint), change(3, others));
  new DecisionChecker().changing(leader, 2);
  assert.throws(() => new DecisionChecker().changing(leader, 1), /I11: a has 2 changes/);
});

test('I12: neither votes nor copies of learners count', () => {
  const led = (...votes: readonly string[]) =>
    new DecisionChecker().led(holding('a', change(1, three)), 2, new Set(votes));
  led('a', 'b');
  assert.throws(() => led('a', 'd'), /I12: a leads in term 2 with the votes of a,d/);
  const decided = (...holders: readonly string[]) => {
    const checker = new DecisionChecker();
    const log = [change(1, three), noop(2)] as const;
    const everyone = ['a', 'b', 'c', 'd'].map(id => holding(id, log[0]));
    checker.decided(clusterId, log[0], everyone);
    checker.decided(
      ...([clusterId, log[1]] as const),
      everyone.map(node => (holders.includes(node.id) ? holding(node.id, ...log) : node)),
    );
  };
  decided('a', 'c');
  assert.throws(() => decided('a', 'd'), /I12: entry 2 counts as decided and only a,d hold it/);
});

test('I13: who was removed never leads again, even where an older state is seen after that', () => {
  const checker = new DecisionChecker();
  const leads = () => checker.led(holding('c', change(1, three)), 3, new Set(['b', 'c']));
  leads();
  checker.state(clusterId, 7, { ...unborn, clusterId, removed: { c: 6 } });
  assert.throws(leads, /I13: c leads in term 3 though it was removed/);
  checker.state(clusterId, 5, { ...unborn, clusterId });
  assert.throws(leads, /I13/);
});

test('I14: two processes with one id never both give a vote in a term', () => {
  const checkers = new Checkers();
  const [original, clone] = [holding('a'), { ...holding('a'), name: 'a-cloned' }];
  const vote = (node: Watched, votedFor: string, term: number) =>
    checkers.saved(node, node.disk.saved, { ...node.disk.saved, term, votedFor });
  vote(original, 'b', 3);
  vote(clone, 'b', 3);
  vote(clone, 'c', 4);
  assert.throws(() => vote(original, 'a', 4), /I7: a voted twice in term 4/);
});

test('I16: a role for one has one holder, and its token only grows', () => {
  const checker = new DecisionChecker();
  checker.state(clusterId, 5, granting(sole('a', 5)));
  checker.state(clusterId, 9, granting(sole('b', 9)));
  // One node takes entries in smaller bites than the others: what it knows is old, and right.
  checker.state(clusterId, 6, granting(sole('a', 5)));
  assert.throws(
    () => checker.state(clusterId, 10, granting(sole('a', 5))),
    /I16: the token of slurm controller/,
  );
  assert.throws(
    () => checker.state(clusterId, 11, granting(sole('b', 9), sole('a', 11))),
    /I16: slurm controller has 2 holders/,
  );
  assert.throws(() => checker.state(clusterId, 12, granting(sole('c', 9))), /I16/, 'one token, two holders');
});

test('I17 and I20: no older record is taken, and streams, table and queues are bounded', () => {
  const checkers = new Checkers();
  const look = (change: { streams?: number; dropped?: number; incarnation?: number }) => {
    const connected = new Set(Array.from({ length: change.streams ?? 3 }, (_, i) => `${i}`));
    const agent = {
      ...{ membership: { connected: () => connected }, inputsDropped: change.dropped ?? 0 },
      ...{
        options: { epoch: 1 },
        records: () => [{ id: 'b', epoch: 1, incarnation: change.incarnation ?? 5 }],
      },
    } as unknown as Agent;
    checkers.checkMembers([{ ...holding('a'), agent }]);
  };
  look({ streams: streamsMax });
  assert.throws(() => look({ streams: streamsMax + 1 }), /I20: a holds/);
  assert.throws(() => look({ dropped: 1 }), /I20: the queues of a/);
  assert.throws(() => look({ incarnation: 4 }), /I17: a went back/);
});
