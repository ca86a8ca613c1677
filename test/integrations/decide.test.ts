// What the leader decides about SLURM, held against every report that nodes could make: few entries, no second
// controller, no join that is opened and failed for ever.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import type {
  ClusterView,
  Decision,
  Grant,
  OperationView,
  ServiceReport,
  ViewNode,
} from '../../src/integrations/cluster-view.ts';
import { decideSlurm } from '../../src/integrations/slurm/decide.ts';

const ids = ['a', 'b', 'c'] as const;
const service = 'slurm';

interface Log {
  readonly grants: readonly Grant[];
  readonly operations: readonly OperationView[];
  readonly secretNames: readonly string[];
  readonly index: number;
}
const empty: Log = { grants: [], operations: [], secretNames: [], index: 10 };

type Said = Pick<ServiceReport, 'state' | 'step' | 'reason' | 'detail'>;
const parts = { controller: ['munge', 'slurmctld', 'answering'], worker: ['munge', 'slurmd', 'registered'] };
const always = { leftMs: () => 1000, stands: () => true, knownForMs: () => 60_000, hasReleased: () => false };
const ready: Said = { state: 'ready', step: '', reason: '', detail: '' };

function viewOf(log: Log, self: string, nodes: readonly ViewNode[]): ClusterView {
  const { grants, operations, secretNames } = log;
  return {
    level: 1,
    ...{
      clusterId: 'c',
      formerClusters: [],
      forgotten: {},
      clusterName: 'lab',
      self: { id: self, name: self, ip: '100.64.0.1' },
      nodes,
    },
    wallMs: 0,
    settings: {},
    ...{ grants, operations, secretNames, secret: () => undefined, secretId: () => '', tenure: always },
  };
}

/** What the cluster's state machine does with a decision. */
function applied(log: Log, decision: Decision): Log {
  const index = log.index + 1;
  switch (decision.kind) {
    case 'secret':
      assert.ok(!log.secretNames.includes(decision.name), 'a secret is made once');
      return { ...log, index, secretNames: [...log.secretNames, decision.name] };
    case 'keep':
    case 'revoke':
      return assert.fail(`SLURM has no use for ${decision.kind}`);
    case 'grant': {
      const { role, node } = decision;
      return { ...log, index, grants: [...log.grants, { service, role, node, token: index }] };
    }
    case 'move': {
      const { role, node, from } = decision;
      const present = log.grants.find(each => each.role === role);
      assert.equal(present?.token ?? 0, from, 'nobody moves what has moved meanwhile');
      const others = log.grants.filter(each => each !== present);
      const former = present && { node: present.node, token: present.token };
      const grant = { service, role, node, token: index, sole: true as const, ...(former && { former }) };
      return { ...log, index, grants: [...others, grant] };
    }
    case 'open-operation': {
      const { role, node, token } = decision;
      const steps = decision.steps.map(name => ({ name, state: 'pending' as const, detail: '' }));
      const opened = { id: index, kind: 'join' as const, service, role, node, token, steps };
      const operation: OperationView = { ...opened, outcome: 'running', reason: '' };
      return { ...log, index, operations: [...log.operations, operation] };
    }
    case 'advance-operation': {
      const { id, steps, outcome, reason } = decision;
      assert.equal(
        log.operations.find(each => each.id === id)?.outcome,
        'running',
        'what has ended stays so',
      );
      const operations = log.operations.map(each =>
        each.id === id ? { ...each, steps, outcome, reason } : each,
      );
      return { ...log, index, operations };
    }
  }
}

/** Lets the leader decide until nothing is due. @throws when that takes more than a few rounds */
function decided(log: Log, self: string, nodesOf: (log: Log) => readonly ViewNode[]): Log {
  let after = log;
  for (let round = 0; round < 6; round++) {
    const decisions = decideSlurm(viewOf(after, self, nodesOf(after)));
    if (decisions.length === 0) return after;
    after = decisions.reduce(applied, after);
  }
  throw new Error('the leader does not come to an end');
}

const nodeOf = (id: string, change: Partial<ViewNode> = {}): ViewNode => ({
  ...{ id, name: id, ip: '100.64.0.1', address: '100.64.0.1:7443', state: 'alive', reports: [] },
  standing: 'voter',
  ...{ capabilities: ['slurm-controller', 'slurm-worker'], tags: {} },
  ...change,
});

/** Every node says the same of all its roles. */
const saying = (said: Said) => (log: Log) =>
  ids.map(id => {
    const own = log.grants.filter(({ node }) => node === id);
    return nodeOf(id, { reports: own.map(({ role, token }) => ({ service, role, token, ...said })) });
  });

const anySaid = fc.oneof(
  fc.constant(ready),
  fc.record({
    state: fc.constantFrom('starting' as const, 'failing' as const),
    step: fc.constantFrom('', ...new Set([...parts.controller, ...parts.worker]), 'no such step'),
    reason: fc.constantFrom(
      '',
      'slurmctld-missing',
      'slurmd-missing',
      'wrong-cluster-name',
      'port-in-use',
      'unexpected',
    ),
    detail: fc.constantFrom('', 'process 17 died', 'process 23 died'),
  }),
);
const anyNodes = fc.tuple(
  ...ids.map(() =>
    fc.record({
      state: fc.constantFrom('alive' as const, 'suspect' as const, 'dead' as const),
      capabilities: fc.subarray(['slurm-controller', 'slurm-worker']),
      said: anySaid,
      /** What a node says may be about an order that has been replaced. */
      isStale: fc.boolean(),
    }),
  ),
);

test('whatever nodes say and whoever leads, deciding comes to an end and grants one controller at most', () => {
  const anyRun = fc.array(fc.tuple(fc.constantFrom(...ids), anyNodes), { maxLength: 12 });
  fc.assert(
    fc.property(anyRun, run => {
      let log = empty;
      for (const [leader, nodes] of run) {
        const nodesOf = (now: Log) =>
          nodes.map(({ state, capabilities, said, isStale }, i) => {
            const id = ids[i] ?? '';
            const own = now.grants.filter(({ node }) => node === id);
            const token = (grant: Grant) => grant.token - (isStale ? 1 : 0);
            const reports = own.map(grant => ({ service, role: grant.role, token: token(grant), ...said }));
            return nodeOf(id, { state, capabilities, reports });
          });
        log = decided(log, leader, nodesOf);
        assert.ok(log.grants.filter(({ role }) => role === 'controller').length <= 1);
        for (const { node, role, token } of log.grants) {
          const joins = log.operations.filter(each => each.token === token);
          assert.ok(joins.length === 1 || joins.length === 2, `${joins.length} joins of ${node} as ${role}`);
          assert.ok(joins.filter(({ outcome }) => outcome === 'running').length <= 1);
        }
      }
      const end = decided(log, 'a', saying(ready));
      assert.ok(
        end.operations.every(({ outcome }) => outcome !== 'running'),
        'a join of a ready node ends',
      );
    }),
    { numRuns: 500 },
  );
});

test('the leader itself becomes controller when it can, else the capable node with the lowest id', () => {
  const controllerOf = (leader: string, able: readonly string[]) => {
    const nodes = ids.map(id => nodeOf(id, able.includes(id) ? {} : { capabilities: ['slurm-worker'] }));
    return decided(empty, leader, () => nodes).grants.find(({ role }) => role === 'controller')?.node;
  };
  assert.equal(controllerOf('b', ['a', 'b', 'c']), 'b');
  assert.equal(controllerOf('a', ['b', 'c']), 'b');
  assert.equal(controllerOf('a', []), undefined);
});

test('the grant of a controller that is away stays', () => {
  const log = decided(empty, 'a', saying(ready));
  const away = (now: Log) =>
    saying(ready)(now).map(node => (node.id === 'a' ? { ...node, state: 'dead' as const } : node));
  assert.deepEqual(decided(log, 'b', away), log);
});

test('a munge key that got lost with a leader is decided by the next', () => {
  const log = decided(empty, 'a', saying(ready));
  assert.deepEqual(decideSlurm(viewOf({ ...log, secretNames: [] }, 'b', saying(ready)(log))), [
    { kind: 'secret', name: 'slurm/munge.key', bytes: 1024 },
  ]);
});

test('a daemon that starts and dies for ever adds few entries to the log', () => {
  let log = decided(empty, 'a', () => ids.map(id => nodeOf(id)));
  const before = log.index;
  for (let pass = 0; pass < 200; pass++) {
    log = decided(
      log,
      'a',
      saying({ state: 'starting', step: 'slurmd', reason: '', detail: 'start slurmd' }),
    );
    const detail = `running slurmd failed: process ${pass} died`;
    log = decided(log, 'a', saying({ state: 'failing', step: 'registered', reason: 'unexpected', detail }));
  }
  assert.ok(log.index - before <= 12, `${log.index - before} entries after 200 passes`);
});

test('joins that the log has forgotten are not run again', () => {
  const kept = 200;
  const grants = Array.from({ length: kept + 50 }, (_, i): Grant => {
    return { service, role: i === 0 ? 'controller' : 'worker', node: `n${i}`, token: 100 + i };
  });
  const operations = grants.slice(-kept).map(({ role, node, token }): OperationView => {
    return {
      id: token + 1000,
      kind: 'join',
      service,
      role,
      node,
      token,
      steps: [],
      outcome: 'done',
      reason: '',
    };
  });
  const nodes = grants.map(({ role, node, token }) =>
    nodeOf(node, { capabilities: [], reports: [{ service, role, token, ...ready }] }),
  );
  const log: Log = { ...empty, grants, operations, secretNames: ['slurm/munge.key'] };
  assert.deepEqual(decideSlurm(viewOf(log, 'n0', nodes)), []);
});

const has = (version: string, ...more: string[]) => [
  'slurm-controller',
  'slurm-worker',
  `slurm=${version}`,
  ...more,
];

test('the first controller is of the newest release, since slurmctld takes no slurmd that is newer', () => {
  const versions = new Map([
    ['a', '22.05.8'],
    ['b', '23.02.1'],
    ['c', '22.05.9'],
  ]);
  const nodes = ids.map(id => nodeOf(id, { capabilities: has(versions.get(id) ?? '') }));
  const holderOf = (these: readonly ViewNode[]) =>
    decided(empty, 'a', () => these).grants.find(({ role }) => role === 'controller')?.node;
  assert.equal(holderOf(nodes), 'b');
  const away = nodes.map(node => (node.id === 'b' ? { ...node, state: 'dead' as const } : node));
  assert.equal(holderOf(away), 'a', 'one that is not there is waited for by nobody');
});

test('one that has served and then cannot is followed only by who has what it had', () => {
  const first = decided(empty, 'a', saying(ready));
  const from = first.grants.find(({ role }) => role === 'controller')?.token ?? 0;
  const moved = applied(first, { kind: 'move', service, role: 'controller', node: 'b', from });
  const log = decided(moved, 'c', saying(ready));
  const full: Said = { state: 'failing', step: 'answering', reason: 'state-disk-full', detail: '' };
  const heirWith = (token: number, before: Log) =>
    decided(before, 'c', now =>
      saying(full)(now).map(node =>
        node.id === 'c'
          ? { ...node, reports: [...node.reports, { service, role: 'standby', token, ...ready }] }
          : node,
      ),
    ).grants.find(({ role }) => role === 'controller')?.node;
  assert.equal(heirWith(from, log), 'b');
  assert.equal(heirWith(moved.index, log), 'c');
  assert.equal(heirWith(from, moved), 'c', 'it never served');
});

test("only a node of the holder's release, or of one that is not known, takes over from it", () => {
  const log = decided(empty, 'a', saying(ready));
  const grant = log.grants.find(({ role }) => role === 'controller');
  assert.equal(grant?.node, 'a');
  const standby = { service, role: 'standby', token: grant?.token ?? 0, ...ready };
  const heirWith = (capabilities: readonly string[]) =>
    decided(log, 'b', now =>
      saying(ready)(now).map(node => {
        if (node.id === 'a') return { ...node, state: 'dead' as const, capabilities: has('22.05.8') };
        return node.id === 'b' ? { ...node, capabilities, reports: [...node.reports, standby] } : node;
      }),
    ).grants.find(({ role }) => role === 'controller')?.node;
  assert.equal(heirWith(has('22.05.2')), 'b');
  assert.equal(heirWith(['slurm-controller', 'slurm-worker']), 'b');
  assert.equal(heirWith(has('21.08.8')), 'a', 'an older one cannot read the state');
  assert.equal(heirWith(has('23.02.1')), 'a', 'after a newer one nobody else could');
});
