// WHAT WAS DECIDED: the state machine of the log. The same entries give the same state on every node, whatever its
// machine, time or version of this file's callers. Immutable: `applyCommand` returns a new state.
import { type Command, nodeNameFrom, type OperationOutcome, type OperationStep } from './command.ts';
import { endedOperationsMax, nodeNameLengthMax, votersWanted } from './limits.ts';
import type { Wish } from './voters.ts';

export interface AdmittedNode {
  readonly id: string;
  /** Unique in the cluster; chosen at admission. */
  readonly name: string;
  /** Log index of the admission. */
  readonly admittedAt: number;
}

export interface Grant {
  readonly service: string;
  readonly role: string;
  readonly node: string;
  /** Fencing token: log index of the grant. */
  readonly token: number;
}

export interface Operation {
  /** Log index of the entry that opened it. */
  readonly id: number;
  readonly kind: 'join';
  readonly service: string;
  readonly role: string;
  readonly node: string;
  readonly token: number;
  readonly steps: readonly OperationStep[];
  readonly outcome: OperationOutcome;
  readonly reason: string;
  /** Wall clock of the leader that opened it, for people only. */
  readonly openedAtMs: number;
  /** 0 while it runs. */
  readonly closedAtMs: number;
}

export interface ClusterState {
  readonly clusterId: string;
  readonly clusterName: string;
  readonly founder: string;
  readonly nodes: Readonly<Record<string, AdmittedNode>>;
  readonly voting: {
    /** Voters aimed for; fewer while there are too few nodes. */
    readonly wanted: number;
    readonly wishes: Readonly<Record<string, Wish>>;
  };
  readonly grants: readonly Grant[];
  /** Ciphertext only: base64 of nonce and box. */
  readonly secrets: Readonly<Record<string, string>>;
  readonly operations: readonly Operation[];
}

export const unborn: ClusterState = {
  clusterId: '',
  clusterName: '',
  founder: '',
  nodes: {},
  voting: { wanted: votersWanted, wishes: {} },
  grants: [],
  secrets: {},
  operations: [],
};

/** True for what a snapshot of this version may hold; a look at the shape, the checksum vouches for the rest. */
export function isClusterState(value: unknown): value is ClusterState {
  if (typeof value !== 'object' || value === null) return false;
  const state = value as Record<string, unknown>;
  const isRecord = (each: unknown) => typeof each === 'object' && each !== null && !Array.isArray(each);
  return (
    [state.clusterId, state.clusterName, state.founder].every(each => typeof each === 'string') &&
    [state.nodes, state.voting, state.secrets].every(isRecord) &&
    [state.grants, state.operations].every(each => Array.isArray(each))
  );
}

/** The state after a command, or why the command changes nothing. Deterministic. */
export function applyCommand(
  state: ClusterState,
  command: Command,
  index: number,
): { readonly state: ClusterState; readonly refused?: string } {
  const refused = (reason: string) => ({ state, refused: reason });
  switch (command.kind) {
    case 'birth': {
      if (state.clusterId !== '') return refused('already-born');
      const { clusterId, clusterName, founder } = command;
      return { state: { ...state, clusterId, clusterName, founder } };
    }
    case 'admit': {
      if (Object.hasOwn(state.nodes, command.node)) return refused('already-admitted');
      const name = freeName(state, nodeNameFrom(command.name));
      const node: AdmittedNode = { id: command.node, name, admittedAt: index };
      return { state: { ...state, nodes: { ...state.nodes, [node.id]: node } } };
    }
    case 'wish': {
      const { node, wish } = command;
      if (!Object.hasOwn(state.nodes, node)) return refused('unknown-node');
      const { [node]: former, ...others } = state.voting.wishes;
      const wishes = wish === 'none' ? others : { ...others, [node]: wish };
      return { state: { ...state, voting: { ...state.voting, wishes } } };
    }
    case 'want-voters':
      return { state: { ...state, voting: { ...state.voting, wanted: command.count } } };
    case 'secret': {
      if (Object.hasOwn(state.secrets, command.name)) return refused('secret-exists');
      return { state: { ...state, secrets: { ...state.secrets, [command.name]: command.sealed } } };
    }
    case 'grant': {
      const { service, role, node } = command;
      if (!Object.hasOwn(state.nodes, node)) return refused('unknown-node');
      const others = state.grants.filter(g => g.service !== service || g.role !== role || g.node !== node);
      return { state: { ...state, grants: [...others, { service, role, node, token: index }] } };
    }
    case 'open-operation': {
      const { operation: kind, service, role, node, token, atMs } = command;
      if (!Object.hasOwn(state.nodes, node)) return refused('unknown-node');
      const twin = state.operations.some(
        o => o.outcome === 'running' && o.token === token && o.node === node && o.role === role,
      );
      if (twin) return refused('already-running');
      const steps = command.steps.map(name => ({ name, state: 'pending' as const, detail: '' }));
      const operation: Operation = {
        ...{ id: index, kind, service, role, node, token, steps },
        ...{ outcome: 'running', reason: '', openedAtMs: atMs, closedAtMs: 0 },
      };
      return { state: { ...state, operations: keepRecent([...state.operations, operation]) } };
    }
    case 'advance-operation': {
      const operation = state.operations.find(o => o.id === command.id);
      if (!operation) return refused('unknown-operation');
      if (operation.outcome !== 'running') return refused('already-ended');
      const { steps, outcome, reason } = command;
      const closedAtMs = outcome === 'running' ? 0 : command.atMs;
      const advanced: Operation = { ...operation, steps, outcome, reason, closedAtMs };
      return { state: { ...state, operations: state.operations.map(o => (o === operation ? advanced : o)) } };
    }
  }
}

function freeName(state: ClusterState, wanted: string): string {
  const taken = new Set(Object.values(state.nodes).map(node => node.name));
  let name = wanted;
  for (let n = 2; taken.has(name); n++) name = `${wanted.slice(0, nodeNameLengthMax - 6)}-${n}`;
  return name;
}

function keepRecent(operations: readonly Operation[]): readonly Operation[] {
  const ended = operations.filter(operation => operation.outcome !== 'running');
  const dropped = new Set(ended.slice(0, Math.max(0, ended.length - endedOperationsMax)));
  return dropped.size === 0 ? operations : operations.filter(operation => !dropped.has(operation));
}
