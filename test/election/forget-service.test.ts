// What a service has stored is given up: nothing of it is left in what was decided, and nothing of any other service is touched.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { applyCommand, type ClusterState, unborn } from '../../src/election/cluster-state.ts';
import { type Command, levelOf, operatorCommandFrom } from '../../src/election/command.ts';

const after = (state: ClusterState, commands: readonly Command[], from = 1): ClusterState =>
  commands.reduce((each, command, i) => {
    const { state: next, refused } = applyCommand(each, command, from + i);
    assert.equal(refused, undefined, JSON.stringify(command));
    return next;
  }, state);
const forget: Command = { kind: 'forget-service', service: 'k3s', atMs: 9 };
const steps = ['a'];

test('grants, secrets and what was under way of one service go; settings, and all of the others, stay', () => {
  const before = after(unborn, [
    { kind: 'admit', node: 'a', name: 'atlas' },
    { kind: 'grant', service: 'k3s', role: 'server', node: 'a' },
    { kind: 'move', service: 'k3s', role: 'keeper', node: 'a', from: 0 },
    { kind: 'grant', service: 'slurm', role: 'worker', node: 'a' },
    { kind: 'secret', name: 'k3s/ca', sealed: 'x' },
    { kind: 'secret', name: 'slurm/munge.key', sealed: 'y' },
    { kind: 'configure', service: 'k3s', from: 0, settings: { servers: 1 } },
    ...(['k3s', 'slurm'] as const).map(
      (service): Command => ({
        ...{
          kind: 'open-operation',
          operation: 'join',
          service,
          role: 'r',
          node: 'a',
          token: service.length,
        },
        ...{ steps, atMs: 1 },
      }),
    ),
  ]);
  const state = after(before, [forget], 20);
  assert.deepEqual(
    state.grants.map(({ service }) => service),
    ['slurm'],
  );
  assert.deepEqual(Object.keys(state.secrets), ['slurm/munge.key']);
  assert.deepEqual(
    state.operations.map(({ service, outcome, reason }) => [service, outcome, reason]),
    [
      ['k3s', 'failed', 'forgotten'],
      ['slurm', 'running', ''],
    ],
  );
  assert.deepEqual(state.settings, before.settings);
  assert.deepEqual(state.forgotten, { k3s: 20 });
  const anew = after(state, [{ kind: 'move', service: 'k3s', role: 'keeper', node: 'a', from: 0 }], 21);
  assert.deepEqual(
    anew.grants.at(-1)?.former,
    { node: 'a', token: 3 },
    'whoever has a role alone is waited for as ever',
  );
});

test('it is an operator’s, and decided by members that know it only', () => {
  assert.equal(levelOf(forget), 2);
  const read = (command: unknown) => operatorCommandFrom(Buffer.from(JSON.stringify(command)));
  assert.deepEqual(read(forget), forget);
  assert.equal(read({ kind: 'forget-service', service: 3, atMs: 9 }), undefined);
});
