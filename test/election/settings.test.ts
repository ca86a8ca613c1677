// An operator's settings for a service in the decided state: whole, in place of those he saw, and in backups.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { backupFrom, backupText, restoreOf } from '../../src/agent/backup.ts';
import { sealerFrom } from '../../src/agent/sealing.ts';
import { applyCommand, type ClusterState, unborn } from '../../src/election/cluster-state.ts';
import { type Command, operatorCommandFrom } from '../../src/election/command.ts';

const configure = (from: number, settings: Record<string, unknown>): Command => ({
  ...{ kind: 'configure', service: 'slurm', from, settings },
});

test('settings take the place of those that the operator saw, and of no others', () => {
  const first = applyCommand(unborn, configure(0, { a: 1 }), 7).state;
  assert.deepEqual(first.settings, { slurm: { version: 7, settings: { a: 1 } } });
  assert.equal(applyCommand(first, configure(0, { a: 2 }), 8).refused, 'settings-changed-meanwhile');
  const second = applyCommand(first, configure(7, { b: 2 }), 9).state;
  assert.deepEqual(
    second.settings,
    { slurm: { version: 9, settings: { b: 2 } } },
    'nothing of the former stays',
  );
});

test('the command is an operator’s, and a malformed one is none', () => {
  const read = (command: unknown) => operatorCommandFrom(Buffer.from(JSON.stringify(command)));
  assert.deepEqual(read(configure(0, { a: [1, 'x'] })), configure(0, { a: [1, 'x'] }));
  assert.equal(read({ kind: 'configure', service: 'slurm', from: -1, settings: {} }), undefined);
  assert.equal(read({ kind: 'configure', service: 'slurm', from: 0, settings: ['a'] }), undefined);
  assert.equal(read({ kind: 'configure', service: 'slurm', from: 0 }), undefined);
});

test('a backup brings settings back, and says so', () => {
  const state: ClusterState = {
    ...{ ...unborn, clusterId: 'c', clusterName: 'lab', founder: 'a' },
    settings: { slurm: { version: 7, settings: { a: 1 } } },
  };
  const sealer = sealerFrom(new Uint8Array(32), count => new Uint8Array(count));
  const { command, changes } = restoreOf(
    backupFrom(backupText({ atMs: 1, index: 9, state })),
    unborn,
    sealer,
  );
  assert.deepEqual(changes, ['settings of slurm are those of the backup']);
  const after = applyCommand(unborn, command, 20).state;
  assert.deepEqual(after.settings, { slurm: { version: 20, settings: { a: 1 } } });
  assert.deepEqual(
    restoreOf(backupFrom(backupText({ atMs: 1, index: 9, state })), after, sealer).changes,
    [],
  );
});

test('settings that cannot be taken now stay as they are, and it is said why', () => {
  const state: ClusterState = {
    ...{ ...unborn, clusterId: 'c', clusterName: 'lab', founder: 'a' },
    settings: { slurm: { version: 7, settings: { a: 1 } }, k3s: { version: 8, settings: { b: 2 } } },
  };
  const sealer = sealerFrom(new Uint8Array(32), count => new Uint8Array(count));
  const backup = backupFrom(backupText({ atMs: 1, index: 9, state }));
  const present = { ...unborn, settings: { k3s: { version: 3, settings: { b: 1 } } } };
  const { command, changes } = restoreOf(backup, present, sealer, [], { k3s: 'b cannot be changed' });
  assert.deepEqual(changes, [
    'settings of k3s stay as they are: b cannot be changed',
    'settings of slurm are those of the backup',
  ]);
  const after = applyCommand(present, command, 20).state;
  assert.deepEqual(after.settings, { ...present.settings, slurm: { version: 20, settings: { a: 1 } } });
});

test('secrets that go with what machines have stored are not brought back, into this cluster or another', () => {
  const sealer = sealerFrom(new Uint8Array(32), count => new Uint8Array(count));
  const sealed = (text: string) => sealer.seal(new TextEncoder().encode(text));
  const of = (secrets: Readonly<Record<string, string>>): ClusterState => ({
    ...{ ...unborn, clusterId: 'c', clusterName: 'lab', founder: 'a' },
    secrets,
  });
  const kept = {
    'k3s/ca': sealed('former'),
    'k3s/server.token': sealed('former'),
    'slurm/munge.key': sealed('a'),
  };
  const backup = backupFrom(backupText({ atMs: 1, index: 9, state: of(kept) }));
  for (const present of [of({}), of({ 'k3s/ca': sealed('present') })]) {
    const { command, changes } = restoreOf(backup, present, sealer, ['k3s/ca', 'k3s/server.token']);
    assert.deepEqual(changes, ['secret slurm/munge.key is brought back']);
    const after = applyCommand(present, command, 20).state;
    assert.equal(after.secrets['k3s/ca'], present.secrets['k3s/ca']);
    assert.equal(after.secrets['k3s/server.token'], undefined);
  }
});
