// What the cluster's state machine does with the decisions of an integration, as election/cluster-state.ts would: grants, operations,
// names of secrets. A decision that the real one would refuse fails the test.
import assert from 'node:assert/strict';
import type { Decision, Grant, OperationView } from '../../../src/integrations/cluster-view.ts';

export interface LogState {
  readonly grants: readonly Grant[];
  readonly operations: readonly OperationView[];
  readonly secretNames: readonly string[];
  readonly index: number;
}

export const emptyLog: LogState = { grants: [], operations: [], secretNames: [], index: 10 };

/** The log after one decision more. @throws AssertionError when it would have been refused */
export function applied(log: LogState, decision: Decision): LogState {
  const index = log.index + 1;
  const { grants, operations } = log;
  switch (decision.kind) {
    case 'secret':
    case 'keep':
      assert.ok(!log.secretNames.includes(decision.name), `${decision.name} is decided once`);
      return { ...log, index, secretNames: [...log.secretNames, decision.name] };
    case 'grant': {
      const { service, role, node } = decision;
      assert.ok(
        !grants.some(each => each.role === role && each.node === node),
        `${node} is made a ${role} once`,
      );
      return { ...log, index, grants: [...grants, { service, role, node, token: index }] };
    }
    case 'revoke': {
      const isIt = (each: Grant) => each.role === decision.role && each.token === decision.token;
      assert.ok(grants.some(isIt), 'what is taken away was given');
      return { ...log, index, grants: grants.filter(each => !isIt(each)) };
    }
    case 'move': {
      const { service, role, node, from } = decision;
      const present = grants.find(each => each.role === role);
      assert.equal(present?.token ?? 0, from, 'nobody moves what has moved meanwhile');
      assert.notEqual(present?.node, node, 'nobody is given what it has');
      const former = present && { node: present.node, token: present.token };
      const grant = { service, role, node, token: index, sole: true as const, ...(former && { former }) };
      return { ...log, index, grants: [...grants.filter(each => each !== present), grant] };
    }
    case 'open-operation': {
      const { operation: kind, service, role, node, token } = decision;
      const twin = operations.some(
        each =>
          each.outcome === 'running' && each.kind === kind && each.token === token && kind !== 'recover',
      );
      assert.ok(!twin, 'an operation is opened once');
      const steps = decision.steps.map(name => ({ name, state: 'pending' as const, detail: '' }));
      const opened = { id: index, kind, service, role, node, token, steps };
      return { ...log, index, operations: [...operations, { ...opened, outcome: 'running', reason: '' }] };
    }
    case 'advance-operation': {
      const { id, steps, outcome, reason } = decision;
      const at = operations.find(each => each.id === id);
      assert.equal(at?.outcome, 'running', 'what has ended stays so');
      const rest = operations.map(each => (each === at ? { ...each, steps, outcome, reason } : each));
      return { ...log, index, operations: rest };
    }
  }
}

/** An operator takes a node out of the cluster, with all that it was given. */
export function withoutNode(log: LogState, id: string): LogState {
  const operations = log.operations.map(each =>
    each.node === id && each.outcome === 'running'
      ? { ...each, outcome: 'failed' as const, reason: 'node-removed' }
      : each,
  );
  return { ...log, operations, grants: log.grants.filter(({ node }) => node !== id), index: log.index + 1 };
}
