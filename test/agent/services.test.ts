// What an operator is told of a service and asks of it, by an agent that only has what the answers are made of.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { status } from '@grpc/grpc-js';
import type { Administered } from '../../src/agent/grpc/operator.ts';
import { Refusal } from '../../src/agent/grpc/refusal.ts';
import { callService } from '../../src/agent/grpc/service-calls.ts';
import { showService } from '../../src/agent/grpc/services.ts';

const names: Readonly<Record<string, string>> = { a: 'atlas', b: 'borea' };
const report = (service: string, role: string, token: number) => ({
  ...{ service, role, token, state: 'ready', step: '', reason: '', detail: '' },
});

/** An agent on atlas, which is the controller of SLURM with copies of its state, and the keeper of Kubernetes; borea is a server too. */
function administered(changes: object = {}): Administered {
  const records = [
    {
      ...{ id: 'a', state: 'alive', address: '100.64.0.1:7443' },
      services: [report('slurm', 'controller', 5), report('k3s', 'keeper', 7), report('k3s', 'server', 8)],
    },
    { id: 'b', state: 'dead', address: '100.64.0.2:7443', services: [report('k3s', 'server', 9)] },
  ];
  const grant = (service: string, role: string, node: string, token: number, sole = false) => ({
    ...{ service, role, node, token, sole },
  });
  const grants = [
    grant('slurm', 'controller', 'a', 5, true),
    grant('k3s', 'keeper', 'a', 7, true),
    grant('k3s', 'server', 'a', 8),
  ];
  return {
    agent: {
      options: { id: 'a', integrations: [integration] },
      records: () => records,
      record: (id: string) => records.find(each => each.id === id),
      nameOf: (id: string) => names[id] ?? id,
      view: () => ({}),
      state: { grants, removed: {} },
    },
    copies: {
      service: 'slurm',
      role: 'controller',
      newest: () => ({ token: 5, generation: 3, atMs: 1000 }),
    },
    peers: {},
    host: {},
    ...changes,
  } as unknown as Administered;
}

const integration = {
  name: 'k3s',
  callees: (_view: unknown, verb: string, argument: string) =>
    verb === 'datastore' ? { nodes: ['a', 'b'], question: `operator ${verb} ${argument}` } : undefined,
  answer: async () => 'of atlas',
};

test('who is gone is told with its last word', async () => {
  const { parts = [] } = await showService(administered(), 'k3s');
  assert.deepEqual(
    parts.map(({ member, memberState, report: own }) => [member, memberState, own?.state]),
    [
      ['atlas', 'alive', 'ready'],
      ['atlas', 'alive', 'ready'],
      ['borea', 'dead', 'ready'],
    ],
  );
});

test('only the service whose state is copied has copies to tell of', async () => {
  const copies = async (service: string) =>
    (await showService(administered(), service)).parts?.map(
      ({ member, report: own, holds, copy, copiedAtMs }) => [member, own?.role, holds, copy, copiedAtMs],
    );
  assert.deepEqual(await copies('slurm'), [['atlas', 'controller', true, 'current', 1000]]);
  assert.deepEqual(await copies('k3s'), [
    ['atlas', 'keeper', true, '', 0],
    ['atlas', 'server', false, '', 0],
    ['borea', 'server', false, '', 0],
  ]);
});

const asked = { service: 'k3s', verb: 'datastore', argument: '', member: '' };
const refusalOf = async (all: Administered, request = asked) => {
  const error = await callService(all, request).then(
    () => undefined,
    thrown => thrown,
  );
  assert.ok(error instanceof Refusal);
  return [error.code, error.reason, error.message];
};
const failing = (error: object) => ({
  peers: { callService: async () => Promise.reject(Object.assign(new Error('no'), error)) },
  host: {},
});
const away = {
  answer: async () => Promise.reject(Object.assign(new Error('away'), { code: status.UNAVAILABLE })),
};

test('the first member that can be reached answers, and its word is final', async () => {
  assert.deepEqual(await callService(administered(), asked), { answer: 'of atlas', member: 'atlas' });
  const elsewhere = administered(failing({ code: status.UNKNOWN, details: 'the disk is full' }));
  assert.deepEqual(await refusalOf(elsewhere, { ...asked, member: 'borea' }), [
    ...[status.FAILED_PRECONDITION, 'member-failed', 'borea: the disk is full'],
  ]);
});

test('where nobody answers it is said who was asked, for what, and where to look', async () => {
  const all = administered(failing({ code: status.UNAVAILABLE, details: 'no connection' }));
  Object.assign(all.agent.options, { integrations: [{ ...integration, ...away }] });
  assert.deepEqual(await refusalOf(all), [
    ...[status.UNAVAILABLE, 'nobody-answers'],
    'borea: no connection: see "clusterctl service show k3s"',
  ]);
  const none = { ...integration, callees: () => ({ nodes: [], question: '' }) };
  Object.assign(all.agent.options, { integrations: [none] });
  assert.deepEqual(await refusalOf(all), [
    ...[status.UNAVAILABLE, 'nobody-answers'],
    'no member can be asked for the datastore of k3s: see "clusterctl service show k3s"',
  ]);
  assert.equal((await refusalOf(administered(), { ...asked, verb: 'sing' }))[1], 'no-such-verb');
});
