// Makes one role of one service on this machine match what was decided: level-triggered, idempotent, one step at a time,
// looking again after each. Never decides who plays which role; that is in the log.
import pRetry from 'p-retry';
import type { ClusterView, Decision, Grant, ServiceReport } from './cluster-view.ts';
import type { Fence } from './fencing.ts';
import type { Host } from './host.ts';
import { attemptsMax, attemptWaitMs, stepsPerPassMax } from './limits.ts';
import { oneLine, ServiceError } from './service-error.ts';

/** One or more roles of a service on a node, one pass after the other. */
export interface Lane {
  readonly name: string;
  /** True while it wants another pass soon though its reports say that all is well. */
  isRestless?(): boolean;
  /** On every node: one pass over this node's roles. Resolves with a report for each; `onReport` tells of progress. */
  pass(
    host: Host,
    view: ClusterView,
    onReport: (report: ServiceReport) => void,
  ): Promise<readonly ServiceReport[]>;
}

/** A secret of random bytes. */
export interface SecretKey {
  /** As the log has it, such as `slurm/munge.key`. */
  readonly name: string;
  readonly bytes: number;
}

/** What an operator may set for a service. */
export interface SettingsBook {
  /** Those that hold, whole, when `decided` is what the log has. */
  inForce(decided: { readonly settings: unknown } | undefined): Readonly<Record<string, unknown>>;
  /** What `wanted` comes to, as far as can be told on this machine; or why it cannot be taken. */
  judge(host: Host, view: ClusterView, wanted: unknown): Promise<Judgement | { readonly refused: string }>;
}

export interface Judgement {
  /** Whole. */
  readonly settings: Readonly<Record<string, unknown>>;
  /** For people: what would be otherwise. */
  readonly changes: readonly string[];
  /** For people: what would be lost, such as running jobs. */
  readonly harms: readonly string[];
}

/** What a service brings to the agent. */
export interface Integration {
  readonly name: string;
  /** What this machine could do for the service, such as `slurm-worker`; gossiped. */
  capabilities(host: Host): Promise<string[]>;
  /** Its secrets in the log that may be replaced while everything runs. */
  readonly keys: readonly SecretKey[];
  readonly settings: SettingsBook;
  /** Names of its secrets in the log that go with what its machines have stored: a backup of the log does not bring them back. */
  readonly boundSecrets?: readonly string[];
  /** On the leader: what should be decided now. Pure, and nothing when all is decided. */
  decide(view: ClusterView): Decision[];
  /**
   * At once, and not in turn with the passes: ends here what only one node may do, because this one may not any more. Resolves
   * with whether there was anything to end.
   */
  lapse(host: Host): Promise<boolean>;
  /** This node may act in the roles it holds alone for `leftMs` from now; told again and again while it may. */
  renew(host: Host, leftMs: number): Promise<void>;
  /**
   * This node was taken out of the cluster for good: ends what runs here for the service, and takes its keys and settings away. No pass
   * is under way, and none will come. Resolves with what stayed, for people; empty when nothing did.
   */
  withdraw(host: Host): Promise<string>;
  /** What it says to itself on another node, `asker` (counterparts.ts). Rejects with an Error for people when it has no answer. */
  answer?(host: Host, question: string, asker: string): Promise<string>;
  /** Members (ids) that an operator may have do or tell `verb`, the best first, and what to ask them; undefined for no verb of this service. Pure. */
  callees?(
    view: ClusterView,
    verb: string,
    argument: string,
  ): { readonly nodes: readonly string[]; readonly question: string } | undefined;
  /** How one node would make the service anew of what it has: by which grant, in which steps; undefined when it cannot. Pure. */
  recoverable?(
    view: ClusterView,
    node: string,
  ): { readonly grant: Grant; readonly steps: readonly string[] } | undefined;
  /** Why what it has stored must not be given up as things are, for people; empty when it may. A service without this never forgets. Pure. */
  forgetHarm?(view: ClusterView): string;
  /** Why a member should not be taken out as things are, for people, with the mend; empty when nothing speaks against it. Pure. */
  removalHarm?(view: ClusterView, node: string): string;
  /** Roles that are brought about side by side: what one waits for does not hold up another. */
  readonly lanes: readonly Lane[];
}

/** A step towards the desired state. */
export interface Step {
  /** The part of the join it belongs to, as operations show it. */
  readonly part: string;
  /** One line for `--dry-run` and for people. */
  readonly summary: string;
  /** Nothing to do but wait for others, and nobody's fault; the pass ends here. */
  readonly waits?: true;
}

export interface Reconciler<Desired, Observed, Taken extends Step> {
  readonly service: string;
  readonly role: string;
  /** The parts of a join, in order. */
  readonly parts: readonly string[];
  /** What should be; or why this must wait, with the part that waits. */
  desired(view: ClusterView, grant: Grant): Desired | Waiting;
  observe(host: Host, desired: Desired): Promise<Observed>;
  /** The steps from here to there; none when they match. Pure. */
  plan(desired: Desired, observed: Observed): readonly Taken[];
  /** Takes a step. Throws a ServiceError, or Waiting; anything else counts as passing trouble. */
  apply(host: Host, step: Taken): Promise<void>;
}

/** Nothing can be done yet, and it is nobody's fault: what should be is not known, or (thrown by a step) others must do something first. */
export class Waiting extends Error {
  override readonly name = 'Waiting';
  readonly part: string;
  readonly detail: string;

  constructor(part: string, detail: string) {
    super(detail);
    this.part = part;
    this.detail = detail;
  }
}

/** Tries `attempt` again while `again` says so, a bounded number of times. The simulator's has no timers. */
export type Retry = (attempt: () => Promise<void>, again: (error: unknown) => boolean) => Promise<void>;

/** By p-retry: exponential back-off, bounded. */
export const retryWithBackoff: Retry = (attempt, again) =>
  pRetry(attempt, {
    ...{ retries: attemptsMax - 1, minTimeout: attemptWaitMs, factor: 2, randomize: true },
    shouldRetry: ({ error }) => again(error),
  });

/**
 * One pass for one role that was granted to this node. Resolves with how it ended; never rejects for trouble of the
 * service. `before` is the last report: trouble that goes on is not announced as a new start.
 */
export async function reconcile<Desired, Observed, Taken extends Step>(
  reconciler: Reconciler<Desired, Observed, Taken>,
  context: {
    readonly host: Host;
    readonly view: ClusterView;
    readonly grant: Grant;
    readonly fence: Fence;
    readonly retry: Retry;
    readonly before: ServiceReport | undefined;
    readonly onReport: (report: ServiceReport) => void;
  },
): Promise<ServiceReport> {
  const { host, view, grant, fence, retry, before, onReport } = context;
  const { service, role } = reconciler;
  const report = (change: Partial<ServiceReport>): ServiceReport => ({
    ...{ service, role, token: grant.token, state: 'starting', step: '', reason: '', detail: '' },
    ...change,
  });
  const [first = ''] = reconciler.parts;
  let part = '';
  try {
    await fence.admit(host, grant);
    const desired = reconciler.desired(view, grant);
    if (desired instanceof Waiting) return report({ step: desired.part, detail: oneLine(desired.detail) });
    for (let taken = 0; taken < stepsPerPassMax; taken++) {
      const [step] = reconciler.plan(desired, await reconciler.observe(host, desired));
      if (!step) return report({ state: 'ready' });
      if (step.waits) return report({ step: step.part, detail: oneLine(step.summary) });
      // What goes on failing, or waiting for others, is not told of as if it began: each time would be an entry of the log.
      const goesOn =
        before?.token === grant.token &&
        (before.state === 'failing' || before.state === 'starting') &&
        before.step === step.part;
      if (!goesOn && step.part !== part) onReport(report({ step: step.part, detail: step.summary }));
      part = step.part;
      await retry(
        () => reconciler.apply(host, step),
        error =>
          !(error instanceof Waiting) &&
          !(error instanceof ServiceError && (error.permanent || error.patient)),
      );
    }
    return report({ step: part, detail: `still at it after ${stepsPerPassMax} steps` });
  } catch (error) {
    if (error instanceof Waiting) return report({ step: error.part, detail: oneLine(error.detail) });
    if (error instanceof ServiceError)
      return report({ state: 'failing', step: part || first, reason: error.reason, detail: error.message });
    const detail = oneLine(error instanceof Error ? error.message : String(error));
    return report({ state: 'failing', step: part || first, reason: 'unexpected', detail });
  }
}
