// What can be decided: the commands of the log, and their reading from what a disk or a peer holds.
// A command that this version does not know is refused, never guessed.
import { drainReasonLengthMax, nodeNameLengthMax, recoveredJobsMax } from './limits.ts';
import type { Configuration } from './quorum.ts';
import type { Session } from './sessions.ts';
import type { Wish } from './voters.ts';

export interface OperationStep {
  readonly name: string;
  readonly state: 'pending' | 'running' | 'done' | 'failed';
  readonly detail: string;
}

/**
 * `leave`: a role is taken from a node in order, what others must do for that first; `recover`: an operator has one node make the service
 * anew of what it has, or of a snapshot, and all others that had the role begin again.
 */
export type OperationKind = 'join' | 'leave' | 'recover';

export type OperationOutcome = 'running' | 'done' | 'failed';

export type Command =
  | {
      readonly kind: 'birth';
      readonly clusterId: string;
      readonly clusterName: string;
      readonly founder: string;
    }
  | {
      readonly kind: 'admit';
      readonly node: string;
      readonly name: string;
      /** Level 2. Id of a node that was this very machine before it was made anew: it is taken out, and its name goes over. */
      readonly replaces?: string;
    }
  /** An operator wants a node to vote, not to vote, or to leave that to the leader. */
  | { readonly kind: 'wish'; readonly node: string; readonly wish: Wish | 'none' }
  /** An operator wants so many voters: 1, 3 or 5. */
  | { readonly kind: 'want-voters'; readonly count: number }
  /** An operator takes a node out for good: its id never comes back. */
  | { readonly kind: 'remove'; readonly node: string; readonly atMs: number }
  /** An operator wants no new work on a node, and what runs there moved elsewhere from `requeueAtMs` on (wall clock; 0: never). */
  | { readonly kind: 'drain'; readonly node: string; readonly reason: string; readonly requeueAtMs: number }
  /** An operator takes that back. */
  | { readonly kind: 'resume'; readonly node: string }
  /** An operator brings back what a backup holds, but for who is who and what is granted. */
  | {
      readonly kind: 'restore';
      readonly wanted: number;
      readonly wishes: Readonly<Record<string, Wish>>;
      readonly secrets: Readonly<Record<string, string>>;
      /** Of services, by their name. */
      readonly settings: Readonly<Record<string, Readonly<Record<string, unknown>>>>;
    }
  /** From now on commands of this level may be decided; every node knows them. */
  | { readonly kind: 'raise-level'; readonly level: number }
  /** A secret that there is none of yet: of a service, or an operator's. */
  | { readonly kind: 'secret'; readonly name: string; readonly sealed: string }
  /** Whoever serves says which jobs were lost with the one before, and what became of them. */
  | {
      readonly kind: 'recovered-jobs';
      readonly service: string;
      readonly jobs: readonly RecoveredJob[];
      readonly atMs: number;
    }
  /** An operator has a secret replaced that is in use. */
  | { readonly kind: 'replace-secret'; readonly name: string; readonly sealed: string }
  /**
   * An operator's settings for a service, in place of those that entry `from` decided (0: none), so that two operators do not undo
   * each other's. What they mean, the service's integration knows.
   */
  | {
      readonly kind: 'configure';
      readonly service: string;
      readonly from: number;
      readonly settings: Readonly<Record<string, unknown>>;
    }
  | { readonly kind: 'grant'; readonly service: string; readonly role: string; readonly node: string }
  /** Level 2. Takes a role away that several nodes may have; only when the grant is still `token`. */
  | {
      readonly kind: 'revoke';
      readonly service: string;
      readonly role: string;
      readonly node: string;
      readonly token: number;
    }
  /** Level 2. An operator gives up what a service has stored: nobody has a role of it, its secrets are gone, and it begins from nothing. */
  | { readonly kind: 'forget-service'; readonly service: string; readonly atMs: number }
  /** Gives a role that only one node may have; only when the last grant of it, if any, is still `from` (else 0). */
  | {
      readonly kind: 'move';
      readonly service: string;
      readonly role: string;
      readonly node: string;
      readonly from: number;
    }
  | {
      readonly kind: 'open-operation';
      /** All but `join` from level 2 on. */
      readonly operation: OperationKind;
      readonly service: string;
      readonly role: string;
      readonly node: string;
      readonly token: number;
      readonly steps: readonly string[];
      /** What it is done with, such as the name of a snapshot. */
      readonly argument?: string;
      readonly atMs: number;
    }
  | {
      readonly kind: 'advance-operation';
      readonly id: number;
      readonly steps: readonly OperationStep[];
      readonly outcome: OperationOutcome;
      readonly reason: string;
      readonly atMs: number;
    };

/** A job that a service had acknowledged and not saved when its machine died. */
export interface RecoveredJob {
  readonly formerId: number;
  /** Under which it is offered again; 0 when it is not. */
  readonly id: number;
  /** Empty when nobody knows. */
  readonly user: string;
  readonly name: string;
  /** For people, one line; empty when there is nothing to say. */
  readonly note: string;
}

/** The level of the cluster from which on a command may be decided: programs that know only less would refuse the entry, and end. */
export function levelOf(command: Command): number {
  switch (command.kind) {
    case 'revoke':
    case 'forget-service':
      return 2;
    case 'open-operation':
      return command.operation === 'join' ? 1 : 2;
    case 'admit':
      return command.replaces === undefined ? 1 : 2;
    default:
      return 1;
  }
}

/** Commands that come from an operator or from another member; all others are the leader's own. */
export type OperatorCommand = Extract<Command, { readonly kind: (typeof operatorCommandKinds)[number] }>;
const operatorCommandKinds = [
  ...([
    'wish',
    'want-voters',
    'remove',
    'drain',
    'resume',
    'restore',
    'move',
    'secret',
    'replace-secret',
    'configure',
    'forget-service',
    'open-operation',
  ] as const),
  'recovered-jobs',
] as const;

/** The operator's command in `bytes` (JSON), or undefined when there is none. */
export function operatorCommandFrom(bytes: Uint8Array): OperatorCommand | undefined {
  let command: unknown;
  try {
    command = JSON.parse(Buffer.from(bytes).toString('utf8'));
  } catch {
    return undefined;
  }
  const payload = payloadFrom({ kind: 'command', command });
  if ('refused' in payload || payload.kind !== 'command') return undefined;
  const { command: given } = payload;
  // All other operations the leader opens.
  if (given.kind === 'open-operation' && given.operation !== 'recover') return undefined;
  return operatorCommandKinds.some(kind => kind === given.kind) ? (given as OperatorCommand) : undefined;
}

export type Payload =
  /** First entry of a leader's term (Raft, section 8). */
  | { readonly kind: 'noop' }
  | { readonly kind: 'configuration'; readonly configuration: Configuration }
  /** With a session it is done once, however often it is in the log. */
  | { readonly kind: 'command'; readonly command: Command; readonly session?: Session };

export interface Entry {
  readonly index: number;
  readonly term: number;
  readonly payload: Payload;
}

type Shape = Readonly<Record<string, (value: unknown) => boolean>>;

const text = (value: unknown) => typeof value === 'string';
const count = (value: unknown) => Number.isSafeInteger(value) && Number(value) >= 0;
const texts = (value: unknown) => Array.isArray(value) && value.every(text);
const recordOf = (test: (value: unknown) => boolean) => (value: unknown) =>
  isObject(value) && !Array.isArray(value) && Object.values(value).every(test);
/** One line that a program's argument can hold. */
const drainReason = (value: unknown) =>
  typeof value === 'string' && /^[^\p{Cc}"]+$/u.test(value) && value.length <= drainReasonLengthMax;
const voterCount = (value: unknown) => [1, 3, 5].includes(Number(value));
const oneOf =
  (...allowed: string[]) =>
  (value: unknown) =>
    allowed.includes(String(value));
const stepShape: Shape = { name: text, state: oneOf('pending', 'running', 'done', 'failed'), detail: text };
const jobShape: Shape = { formerId: count, id: count, user: text, name: text, note: text };
const jobs = (value: unknown) =>
  Array.isArray(value) && value.length <= recoveredJobsMax && value.every(job => fits(job, jobShape));
const steps = (value: unknown) => Array.isArray(value) && value.every(step => fits(step, stepShape));

const commandShapes: Readonly<Record<Command['kind'], Shape>> = {
  birth: { clusterId: text, clusterName: text, founder: text },
  admit: { node: text, name: text, replaces: value => value === undefined || text(value) },
  wish: { node: text, wish: oneOf('always', 'never', 'none') },
  'want-voters': { count: voterCount },
  remove: { node: text, atMs: count },
  drain: { node: text, reason: drainReason, requeueAtMs: count },
  resume: { node: text },
  restore: {
    wanted: voterCount,
    wishes: recordOf(oneOf('always', 'never')),
    secrets: recordOf(text),
    settings: recordOf(recordOf(() => true)),
  },
  'raise-level': { level: count },
  secret: { name: text, sealed: text },
  'recovered-jobs': { service: text, jobs, atMs: count },
  'replace-secret': { name: text, sealed: text },
  configure: { service: text, from: count, settings: recordOf(() => true) },
  grant: { service: text, role: text, node: text },
  revoke: { service: text, role: text, node: text, token: count },
  'forget-service': { service: text, atMs: count },
  move: { service: text, role: text, node: text, from: count },
  'open-operation': {
    operation: oneOf('join', 'leave', 'recover'),
    argument: value => value === undefined || text(value),
    service: text,
    role: text,
    node: text,
    token: count,
    steps: texts,
    atMs: count,
  },
  'advance-operation': {
    id: count,
    steps,
    outcome: oneOf('running', 'done', 'failed'),
    reason: text,
    atMs: count,
  },
};

const sessionShape: Shape = { client: text, seq: count };
const configurationShape: Shape = { voters: texts, outgoing: texts, learners: texts };

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null;
}

function fits(value: unknown, shape: Shape): boolean {
  return isObject(value) && Object.entries(shape).every(([key, test]) => test(value[key]));
}

/** The configuration in `value`; undefined when there is none. */
export function configurationFrom(value: unknown): Configuration | undefined {
  return fits(value, configurationShape) ? (value as Configuration) : undefined;
}

/** The payload in `value`, or why it is not one that this version understands. */
export function payloadFrom(value: unknown): Payload | { readonly refused: string } {
  if (!isObject(value)) return { refused: 'an entry of the log is not an object' };
  if (value.kind === 'noop') return { kind: 'noop' };
  if (value.kind === 'configuration') {
    return fits(value.configuration, configurationShape)
      ? (value as Payload)
      : { refused: 'a configuration is malformed' };
  }
  if (value.kind !== 'command' || !isObject(value.command))
    return { refused: `unknown entry kind ${String(value.kind)}` };
  const { kind } = value.command;
  if (typeof kind !== 'string' || !Object.hasOwn(commandShapes, kind))
    return { refused: `unknown command ${String(kind)}` };
  if (value.session !== undefined && !fits(value.session, sessionShape))
    return { refused: 'the session of a command is malformed' };
  const shape = commandShapes[kind as Command['kind']];
  return fits(value.command, shape) ? (value as Payload) : { refused: `the command ${kind} is malformed` };
}

/** A name that can be a host name, from what a machine calls itself; `node` when nothing of it can be kept. */
export function nodeNameFrom(name: string): string {
  const label = name
    .toLowerCase()
    .replace(/[^a-z0-9-]+/g, '-')
    .replace(/^-+/, '')
    .slice(0, nodeNameLengthMax)
    .replace(/-+$/, '');
  return label === '' ? 'node' : label;
}
