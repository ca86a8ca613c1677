// WHAT WAS DECIDED: the state machine of the log. The same entries give the same state on every node, whatever its
// machine, time or version of this file's callers. Immutable: `applyCommand` returns a new state.
import {
  type Command,
  nodeNameFrom,
  type OperationKind,
  type OperationOutcome,
  type OperationStep,
  type RecoveredJob,
} from './command.ts';
import { endedOperationsMax, nodeNameLengthMax, recoveredJobsMax, votersWanted } from './limits.ts';
import { earlierOutcome, type Session, type Sessions, withOutcome } from './sessions.ts';
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
  /** Only one node has this role at a time. */
  readonly sole?: true;
  /** Who had it before, and by which grant; absent when nobody had. */
  readonly former?: { readonly node: string; readonly token: number };
}

export interface Operation {
  /** Log index of the entry that opened it. */
  readonly id: number;
  readonly kind: OperationKind;
  readonly service: string;
  readonly role: string;
  readonly node: string;
  readonly token: number;
  /** What it is done with, such as the name of a snapshot; absent when that needs no word. */
  readonly argument?: string;
  readonly steps: readonly OperationStep[];
  readonly outcome: OperationOutcome;
  readonly reason: string;
  /** Wall clock of the leader that opened it, for people only. */
  readonly openedAtMs: number;
  /** 0 while it runs. */
  readonly closedAtMs: number;
}

/** An operator wants no new work on a node. */
export interface Drain {
  /** For people. */
  readonly reason: string;
  /** From then on what still runs there is moved elsewhere, as far as it can be; wall clock; 0: never. */
  readonly requeueAtMs: number;
}

/** What an operator has set for a service. */
export interface ServiceSettings {
  /** Log index of the entry that decided them. */
  readonly version: number;
  readonly settings: Readonly<Record<string, unknown>>;
}

/** An operator made a new cluster of what one node of a former one knew. */
export interface Recovery {
  readonly formerId: string;
  /** The node. */
  readonly node: string;
  /** Where the new cluster's log begins. */
  readonly index: number;
  /** Wall clock of that node, for people only. */
  readonly atMs: number;
}

/** A job that was lost with the machine of its service, and what became of it. */
export interface KnownRecoveredJob extends RecoveredJob {
  readonly service: string;
  /** Wall clock of whoever found it, for people only. */
  readonly atMs: number;
}

export interface ClusterState {
  /** Commands up to this level may be decided; every admitted node knows them. */
  readonly level: number;
  readonly clusterId: string;
  readonly clusterName: string;
  readonly founder: string;
  readonly nodes: Readonly<Record<string, AdmittedNode>>;
  /** Id of a node that was taken out → log index of that. Such an id never comes back. */
  readonly removed: Readonly<Record<string, number>>;
  /** Clusters that this one has taken the place of, the last one last. */
  readonly recoveries: readonly Recovery[];
  readonly sessions: Sessions;
  readonly voting: {
    /** Voters aimed for; fewer while there are too few nodes. */
    readonly wanted: number;
    readonly wishes: Readonly<Record<string, Wish>>;
  };
  readonly grants: readonly Grant[];
  /** Grants of roles held alone, whose holders were removed and may not know it yet. */
  readonly vacant: readonly Grant[];
  /** By id of the node. */
  readonly drains: Readonly<Record<string, Drain>>;
  /** By service; none while its own defaults hold. */
  readonly settings: Readonly<Record<string, ServiceSettings>>;
  /** By service: index of the entry by which an operator has given up what it had stored, the last one; what is from before is not its. */
  readonly forgotten?: Readonly<Record<string, number>>;
  /** Ciphertext only: base64 of nonce and box. */
  readonly secrets: Readonly<Record<string, string>>;
  readonly operations: readonly Operation[];
  /** The last one last. */
  readonly recoveredJobs: readonly KnownRecoveredJob[];
}

/** What this program knows: commands of a higher level it would have to guess at. */
export const knownLevel = 2;

export const unborn: ClusterState = {
  level: 1,
  clusterId: '',
  clusterName: '',
  founder: '',
  nodes: {},
  removed: {},
  recoveries: [],
  sessions: [],
  voting: { wanted: votersWanted, wishes: {} },
  grants: [],
  vacant: [],
  drains: {},
  settings: {},
  secrets: {},
  operations: [],
  recoveredJobs: [],
};

/** True for what a snapshot of this version may hold; a look at the shape, the checksum vouches for the rest. */
export function isClusterState(value: unknown): value is ClusterState {
  if (typeof value !== 'object' || value === null) return false;
  const state = value as Record<string, unknown>;
  const isRecord = (each: unknown) => typeof each === 'object' && each !== null && !Array.isArray(each);
  return (
    [state.clusterId, state.clusterName, state.founder].every(each => typeof each === 'string') &&
    [state.nodes, state.removed, state.voting, state.drains, state.settings, state.secrets].every(isRecord) &&
    [
      state.grants,
      state.vacant,
      state.operations,
      state.recoveries,
      state.sessions,
      state.recoveredJobs,
    ].every(each => Array.isArray(each)) &&
    typeof state.level === 'number'
  );
}

interface Applied {
  readonly state: ClusterState;
  readonly refused?: string;
}

/** The state after a command, or why the command changes nothing. With a session it is done once. Deterministic. */
export function applyCommand(
  state: ClusterState,
  command: Command,
  index: number,
  session?: Session,
): Applied {
  if (!session) return applyAnew(state, command, index);
  const earlier = earlierOutcome(state.sessions, session);
  if (earlier !== undefined) return earlier === '' ? { state } : { state, refused: earlier };
  const { state: after, refused } = applyAnew(state, command, index);
  const sessions = withOutcome(after.sessions, session, index, refused ?? '');
  return { state: { ...after, sessions }, ...(refused === undefined ? {} : { refused }) };
}

function applyAnew(state: ClusterState, command: Command, index: number): Applied {
  const refused = (reason: string) => ({ state, refused: reason });
  switch (command.kind) {
    case 'birth': {
      if (state.clusterId !== '') return refused('already-born');
      const { clusterId, clusterName, founder } = command;
      return { state: { ...state, clusterId, clusterName, founder } };
    }
    case 'admit': {
      if (Object.hasOwn(state.nodes, command.node)) return refused('already-admitted');
      if (Object.hasOwn(state.removed, command.node)) return refused('removed');
      return { state: admitNode(state, command, index) };
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
    case 'remove':
      return removeNode(state, command.node, index, command.atMs);
    case 'drain': {
      const { node, reason, requeueAtMs } = command;
      if (!Object.hasOwn(state.nodes, node)) return refused('unknown-node');
      return { state: { ...state, drains: { ...state.drains, [node]: { reason, requeueAtMs } } } };
    }
    case 'resume': {
      const { [command.node]: drain, ...drains } = state.drains;
      return drain ? { state: { ...state, drains } } : refused('not-drained');
    }
    case 'restore': {
      const { wanted, secrets } = command;
      const brought = Object.entries(command.settings).map(([service, settings]) => [
        service,
        { version: index, settings },
      ]);
      const known = Object.entries(command.wishes).filter(([node]) => Object.hasOwn(state.nodes, node));
      const voting = { wanted, wishes: { ...state.voting.wishes, ...Object.fromEntries(known) } };
      const settings = { ...state.settings, ...Object.fromEntries(brought) };
      return { state: { ...state, voting, settings, secrets: { ...state.secrets, ...secrets } } };
    }
    case 'configure': {
      const { service, from, settings } = command;
      if ((state.settings[service]?.version ?? 0) !== from) return refused('settings-changed-meanwhile');
      return {
        state: { ...state, settings: { ...state.settings, [service]: { version: index, settings } } },
      };
    }
    case 'raise-level':
      if (command.level <= state.level) return refused('already-raised');
      return { state: { ...state, level: command.level } };
    case 'secret': {
      if (Object.hasOwn(state.secrets, command.name)) return refused('secret-exists');
      return { state: { ...state, secrets: { ...state.secrets, [command.name]: command.sealed } } };
    }
    case 'replace-secret': {
      if (!Object.hasOwn(state.secrets, command.name)) return refused('no-such-secret');
      return { state: { ...state, secrets: { ...state.secrets, [command.name]: command.sealed } } };
    }
    case 'recovered-jobs':
      return { state: { ...state, recoveredJobs: withRecovered(state.recoveredJobs, command) } };
    case 'move':
      return moveRole(state, command, index);
    case 'grant': {
      const { service, role, node } = command;
      if (!Object.hasOwn(state.nodes, node)) return refused('unknown-node');
      const others = state.grants.filter(g => g.service !== service || g.role !== role || g.node !== node);
      return { state: { ...state, grants: [...others, { service, role, node, token: index }] } };
    }
    case 'revoke': {
      const { service, role, node, token } = command;
      const isIt = (each: Grant) =>
        each.service === service && each.role === role && each.node === node && each.token === token;
      if (!state.grants.some(each => isIt(each) && !each.sole)) return refused('no-such-grant');
      return { state: { ...state, grants: state.grants.filter(each => !isIt(each)) } };
    }
    case 'forget-service':
      return { state: forgetService(state, command, index) };
    case 'open-operation': {
      const { operation: kind, service, role, node, token, atMs } = command;
      if (!Object.hasOwn(state.nodes, node)) return refused('unknown-node');
      const twin = state.operations.some(
        o =>
          o.outcome === 'running' &&
          o.kind === kind &&
          o.token === token &&
          o.node === node &&
          o.role === role &&
          o.argument === command.argument,
      );
      if (twin) return refused('already-running');
      const steps = command.steps.map(name => ({ name, state: 'pending' as const, detail: '' }));
      const operation: Operation = {
        ...{ id: index, kind, service, role, node, token, steps },
        ...{ outcome: 'running', reason: '', openedAtMs: atMs, closedAtMs: 0 },
        ...(command.argument === undefined ? {} : { argument: command.argument }),
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

/** With the name that it wants, or one like it; that of a node which it replaces is free again. */
function admitNode(
  state: ClusterState,
  { node: id, name: wanted, replaces }: Extract<Command, { readonly kind: 'admit' }>,
  index: number,
): ClusterState {
  const alone = { ...state, nodes: { ...state.nodes, [id]: { id, name: id, admittedAt: index } } };
  // Its operations were opened at the latest time that is known here.
  const lastMs = Math.max(0, ...state.operations.map(({ openedAtMs }) => openedAtMs));
  const rest = replaces === undefined ? alone : removeNode(alone, replaces, index, lastMs).state;
  const { [id]: _itself, ...others } = rest.nodes;
  const name = freeName({ nodes: others }, nodeNameFrom(wanted));
  return { ...rest, nodes: { ...others, [id]: { id, name, admittedAt: index } } };
}

/** Gives a role that only one node may have to `node`, when the holder is still the one whose token is `from`. */
function moveRole(
  state: ClusterState,
  { service, role, node, from }: Extract<Command, { readonly kind: 'move' }>,
  index: number,
): Applied {
  const isIt = (each: { readonly service: string; readonly role: string }) =>
    each.service === service && each.role === role;
  const present = state.grants.find(isIt);
  if (!Object.hasOwn(state.nodes, node)) return { state, refused: 'unknown-node' };
  if ((present?.token ?? 0) !== from) return { state, refused: 'moved-meanwhile' };
  if (present?.node === node) return { state, refused: 'holds-it-already' };
  const former = present ?? state.vacant.find(isIt);
  const grant: Grant = {
    ...{ service, role, node, token: index, sole: true },
    ...(former ? { former: { node: former.node, token: former.token } } : {}),
  };
  const grants = [...state.grants.filter(each => !isIt(each)), grant];
  return { state: { ...state, grants, vacant: state.vacant.filter(each => !isIt(each)) } };
}

function forgetService(
  state: ClusterState,
  { service, atMs }: Extract<Command, { readonly kind: 'forget-service' }>,
  index: number,
): ClusterState {
  const isIts = (each: { readonly service: string }) => each.service === service;
  const soles = state.grants.filter(each => isIts(each) && each.sole);
  const isTaken = (each: Grant) => soles.some(({ role }) => isIts(each) && each.role === role);
  const secrets = Object.entries(state.secrets).filter(([name]) => !name.startsWith(`${service}/`));
  const operations = state.operations.map(each =>
    isIts(each) && each.outcome === 'running'
      ? { ...each, outcome: 'failed' as const, reason: 'forgotten', closedAtMs: atMs }
      : each,
  );
  return {
    ...{ ...state, operations, secrets: Object.fromEntries(secrets) },
    grants: state.grants.filter(each => !isIts(each)),
    vacant: [...state.vacant.filter(each => !isTaken(each)), ...soles],
    forgotten: { ...state.forgotten, [service]: index },
  };
}

/** Takes a node out with all that it was granted. The last one stays: a cluster without nodes decides nothing. */
function removeNode(state: ClusterState, id: string, index: number, atMs: number): Applied {
  if (!Object.hasOwn(state.nodes, id)) return { state, refused: 'unknown-node' };
  const { [id]: _node, ...nodes } = state.nodes;
  if (Object.keys(nodes).length === 0) return { state, refused: 'last-node' };
  const { [id]: _wish, ...wishes } = state.voting.wishes;
  const { [id]: _drain, ...drains } = state.drains;
  const operations = state.operations.map(operation =>
    operation.node === id && operation.outcome === 'running'
      ? { ...operation, outcome: 'failed' as const, reason: 'node-removed', closedAtMs: atMs }
      : operation,
  );
  return {
    state: {
      ...{ ...state, nodes, operations, drains, removed: { ...state.removed, [id]: index } },
      voting: { ...state.voting, wishes },
      grants: state.grants.filter(({ node }) => node !== id),
      vacant: [...state.vacant, ...state.grants.filter(({ node, sole }) => node === id && sole)],
    },
  };
}

/** What is said of a job that is known already takes the place of what was said before. */
function withRecovered(
  known: readonly KnownRecoveredJob[],
  { service, jobs, atMs }: Extract<Command, { readonly kind: 'recovered-jobs' }>,
): readonly KnownRecoveredJob[] {
  const told = new Map(jobs.map(job => [job.formerId, job]));
  const others = known.filter(each => each.service !== service || !told.has(each.formerId));
  const found = [...told.values()].map(({ formerId, id, user, name, note }) => {
    return { service, formerId, id, user, name, note, atMs };
  });
  return [...others, ...found].slice(-recoveredJobsMax);
}

function freeName(state: Pick<ClusterState, 'nodes'>, wanted: string): string {
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
