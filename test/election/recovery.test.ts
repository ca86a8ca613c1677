// The decided state's own rules: sessions, removal, restoring, recovery, and snapshots of older versions.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { applyCommand, type ClusterState, unborn } from '../../src/election/cluster-state.ts';
import type { Command, Entry } from '../../src/election/command.ts';
import { recoveryIndexGap, sessionsMax } from '../../src/election/limits.ts';
import { planRecovery } from '../../src/election/recovery.ts';
import { nothingSaved } from '../../src/election/replica.ts';
import { snapshotContent, snapshotText } from '../../src/election/snapshot.ts';

const born: Command[] = [
  { kind: 'birth', clusterId: 'c'.repeat(32), clusterName: 'lab', founder: 'a' },
  { kind: 'admit', node: 'a', name: 'atlas' },
  { kind: 'admit', node: 'b', name: 'borea' },
];

function after(commands: readonly Command[], state: ClusterState = unborn, firstIndex = 1): ClusterState {
  return commands.reduce((before, command, i) => applyCommand(before, command, firstIndex + i).state, state);
}

test('a command with a session is done once, and asked again it gets the same answer', () => {
  const session = { client: 'x', seq: 1 };
  const first = applyCommand(after(born), { kind: 'wish', node: 'b', wish: 'never' }, 10, session);
  const undone = after([{ kind: 'wish', node: 'b', wish: 'none' }], first.state, 11);
  const again = applyCommand(undone, { kind: 'wish', node: 'b', wish: 'never' }, 12, session);
  assert.deepEqual([again.refused, again.state.voting.wishes], [undefined, {}], 'a wish is not brought back');
  const refused = applyCommand(undone, { kind: 'wish', node: 'nobody', wish: 'never' }, 13, {
    client: 'x',
    seq: 2,
  });
  assert.equal(refused.refused, 'unknown-node');
  const same = applyCommand(refused.state, { kind: 'wish', node: 'nobody', wish: 'never' }, 14, {
    client: 'x',
    seq: 2,
  });
  assert.deepEqual([same.refused, same.state], ['unknown-node', refused.state]);
  const late = applyCommand(same.state, { kind: 'wish', node: 'b', wish: 'never' }, 15, session);
  assert.equal(late.refused, 'stale-request');
});

test('clients are remembered up to a bound, the oldest request goes first', () => {
  let state = after(born);
  for (let i = 0; i <= sessionsMax; i++)
    state = applyCommand(state, { kind: 'want-voters', count: 3 }, 10 + i, { client: `c${i}`, seq: 1 }).state;
  const clients = state.sessions.map(({ client }) => client);
  assert.equal(clients.length, sessionsMax);
  assert.ok(!clients.includes('c0') && clients.includes('c1'));
});

test('a removed node loses all it had, its id never comes back, and its name is free', () => {
  const before = after([
    ...born,
    { kind: 'wish', node: 'b', wish: 'always' },
    { kind: 'grant', service: 'slurm', role: 'worker', node: 'b' },
    {
      kind: 'open-operation',
      operation: 'join',
      service: 'slurm',
      role: 'worker',
      node: 'b',
      token: 5,
      steps: ['x'],
      atMs: 1,
    },
  ]);
  const state = after([{ kind: 'remove', node: 'b', atMs: 9 }], before, 20);
  assert.deepEqual([Object.keys(state.nodes), state.grants, state.voting.wishes], [['a'], [], {}]);
  assert.deepEqual(state.removed, { b: 20 });
  assert.deepEqual(
    [state.operations[0]?.outcome, state.operations[0]?.reason, state.operations[0]?.closedAtMs],
    ['failed', 'node-removed', 9],
  );
  assert.equal(applyCommand(state, { kind: 'admit', node: 'b', name: 'borea' }, 21).refused, 'removed');
  assert.equal(after([{ kind: 'admit', node: 'c', name: 'borea' }], state, 22).nodes.c?.name, 'borea');
  assert.equal(applyCommand(state, { kind: 'remove', node: 'a', atMs: 9 }, 23).refused, 'last-node');
});

test('a recovery takes all that the node holds, raises the term, and leaves room for what others were granted', () => {
  const entries: Entry[] = born.map((command, i) => ({
    index: i + 1,
    term: 1,
    payload: { kind: 'command', command },
  }));
  const saved = {
    ...nothingSaved,
    clusterId: 'c'.repeat(32),
    term: 4,
    votedFor: 'b',
    commitIndex: 2,
    entries,
  };
  const plan = planRecovery(saved, 'a', 'd'.repeat(32), 77);
  assert.deepEqual([plan.lastIndex, plan.undecided, Object.keys(plan.state.nodes)], [3, 1, ['a', 'b']]);
  const { save } = plan;
  assert.deepEqual(
    [save.term, save.votedFor, save.clusterId, save.commitIndex],
    [5, '', 'd'.repeat(32), 3 + recoveryIndexGap],
  );
  assert.deepEqual(save.compaction?.base.configuration, { voters: ['a'], outgoing: [], learners: [] });
  assert.deepEqual(plan.state.recoveries, [
    { formerId: 'c'.repeat(32), node: 'a', index: save.commitIndex, atMs: 77 },
  ]);
  const { state } = snapshotContent(save.compaction?.snapshot.text ?? '');
  assert.deepEqual(state, plan.state, 'and that is what the next start reads');
  assert.throws(() => planRecovery(nothingSaved, 'a', 'd'.repeat(32), 1), /belongs to no cluster/);
  assert.throws(() => planRecovery(saved, 'z', 'd'.repeat(32), 1), /was not admitted/);
});

test('a snapshot of the first version is completed, one of a later version refused', () => {
  const {
    level: _level,
    removed: _removed,
    recoveries: _recoveries,
    sessions: _sessions,
    settings: _settings,
    ...old
  } = after(born);
  const configuration = { voters: ['a'], outgoing: [], learners: [] };
  const first = JSON.stringify({ version: 1, configuration, state: old });
  assert.deepEqual(snapshotContent(first), { configuration, state: after(born) });
  assert.throws(
    () => snapshotContent(JSON.stringify({ version: 6, configuration, state: old })),
    /version 6/,
  );
  assert.throws(
    () => snapshotContent(JSON.stringify({ version: 5, configuration, state: old })),
    /no decided state/,
  );
});

test('whatever is decided, a snapshot brings it back whole', () => {
  const command = fc.oneof<fc.Arbitrary<Command>[]>(
    fc.record({ kind: fc.constant('admit'), node: fc.constantFrom('a', 'b', 'c', 'd'), name: fc.string() }),
    fc.record({ kind: fc.constant('remove'), node: fc.constantFrom('a', 'b', 'c', 'd'), atMs: fc.nat() }),
    fc.record({
      kind: fc.constant('wish'),
      node: fc.constantFrom('a', 'b'),
      wish: fc.constantFrom('always', 'never', 'none'),
    }),
    fc.record({ kind: fc.constant('secret'), name: fc.string(), sealed: fc.base64String() }),
    fc.record({ kind: fc.constant('raise-level'), level: fc.nat(9) }),
    fc.record({
      ...{ kind: fc.constant('recovered-jobs'), service: fc.constantFrom('s', 't'), atMs: fc.nat() },
      jobs: fc.array(
        fc.record({
          ...{ formerId: fc.nat(9), id: fc.nat(), user: fc.string(), name: fc.string(), note: fc.string() },
        }),
        { maxLength: 4 },
      ),
    }),
  );
  fc.assert(
    fc.property(fc.array(command, { maxLength: 40 }), commands => {
      const state = after([...born, ...commands]);
      const configuration = { voters: ['a'], outgoing: [], learners: [] };
      assert.deepEqual(snapshotContent(snapshotText({ configuration, state })).state, state);
      assert.deepEqual(after([...born, ...commands]), state, 'and the same commands give the same state');
    }),
  );
});
