// Kubernetes has lost its majority of servers, or shall be as it was: an operator has one server make the datastore anew, of its own or of
// a snapshot. All other servers give up their role first, as far as they can be reached, since etcd's former members would have it back
// (k3s#7841); whoever comes back later has no role any more, and joins anew. What the leader decides of it is pure; what the one server
// does is here too. Nothing is deleted: each datastore is kept beside the one in use.
import type { ClusterView, Decision, Grant, OperationView, ServiceReport } from '../cluster-view.ts';
import type { Host } from '../host.ts';
import { Waiting } from '../reconciler.ts';
import { ServiceError } from '../service-error.ts';
import { Attempts } from './attempts.ts';
import { grantsOf, nodeOf, reportOf } from './candidates.ts';
import { resetDatastore } from './datastore.ts';
import { isOf, type Mark, tracesOf, writeMark } from './mark.ts';
import { folders, roles, service } from './names.ts';
import { advanced } from './progress.ts';
import { isRunning, stopK3s } from './unit.ts';

/** The one that an operator has asked for last. */
export function recoveryUnderWay({ operations }: Pick<ClusterView, 'operations'>): OperationView | undefined {
  return operations.findLast(
    each => each.service === service && each.kind === 'recover' && each.outcome === 'running',
  );
}

/** Word of the server's report once it has found that it can: until then nobody gives anything up for it. */
const able = (operation: number) => `able=${operation}`;
/** Word of the server's report once it has done so. */
export const restored = (operation: number) => `restored=${operation}`;
/** Reasons why it cannot. */
const unable = ['no-datastore', 'no-snapshot'];

/** What is due while it is under way: nobody else is a server, the one is the keeper, and the steps are told of. */
export function recoveryDecisions(
  view: ClusterView,
  keeper: Grant | undefined,
  recovery: OperationView,
): Decision[] {
  const { id, node, steps } = recovery;
  const earlier = view.operations
    .filter(
      each =>
        each.service === service && each.kind === 'recover' && each.outcome === 'running' && each.id !== id,
    )
    .map(
      (each): Decision => ({
        ...{ kind: 'advance-operation', id: each.id, steps: each.steps },
        ...{ outcome: 'failed', reason: 'asked-anew' },
      }),
    );
  const own = grantsOf(view, roles.server).find(each => each.node === node);
  if (!own) {
    const failed = { outcome: 'failed' as const, reason: 'no-server' };
    return [...earlier, { kind: 'advance-operation', id, steps, ...failed }];
  }
  const report = reportOf(nodeOf(view, node), own);
  if (report?.state === 'failing' && report.step === 'check' && unable.includes(report.reason))
    return [...earlier, { kind: 'advance-operation', id, steps, outcome: 'failed', reason: report.reason }];
  const hasRestored = report?.evidence?.includes(restored(id)) === true;
  const isAble = hasRestored || steps[0]?.state === 'done' || report?.evidence?.includes(able(id)) === true;
  const others = grantsOf(view, roles.server).filter(each => each.node !== node);
  const revoked = (isAble ? others : []).map(
    (each): Decision => ({ kind: 'revoke', service, role: each.role, node: each.node, token: each.token }),
  );
  const moved: Decision[] =
    !isAble || keeper?.node === node
      ? []
      : [{ kind: 'move', service, role: roles.keeper, node, from: keeper?.token ?? 0 }];
  const isFenced = isAble && others.length === 0 && stillServing(view, node).length === 0;
  const done = [isAble, isFenced || hasRestored, hasRestored];
  return [...earlier, ...revoked, ...moved, ...advanced(recovery, done)];
}

/** Names of members that have not said yet that no server runs there, but for those that are gone: one that is silent for a moment is not. */
function stillServing(view: ClusterView, except: string): readonly string[] {
  return view.nodes
    .filter(
      node =>
        node.id !== except &&
        node.state !== 'dead' &&
        node.state !== 'left' &&
        node.reports.some(
          each => each.service === service && each.role === roles.server && each.state !== 'released',
        ),
    )
    .map(({ name }) => name);
}

/**
 * On the one server, step by step: looks whether it can, ends its k3s, waits until all others have ended theirs, and makes the datastore anew.
 * One that fails is tried again at growing distances: each try reads all of it.
 */
export class Recovering {
  readonly #markFile: string;
  readonly #tries = new Attempts();
  #failure: ServiceError | undefined;

  constructor(markFile: string) {
    this.#markFile = markFile;
  }

  /** Resolves with what there is to report meanwhile; undefined when it has done it. After a crash it goes on where it was. @throws Waiting, ServiceError */
  async pass(
    host: Host,
    view: ClusterView,
    recovery: OperationView,
    mark: Mark | undefined,
  ): Promise<Pick<ServiceReport, 'step' | 'detail' | 'evidence'> | undefined> {
    const { id, steps, argument = '' } = recovery;
    if (mark?.recovered === id) return undefined;
    if (steps[0]?.state !== 'done') {
      await assertAble(host, view, mark, argument);
      return { step: 'check', detail: 'it can: the others are told', evidence: [able(id)] };
    }
    if (!mark) throw new ServiceError('no-datastore', true, nothingHere, true);
    if (await isRunning(host, 'server')) await stopK3s(host, 'server', { containers: false });
    if (steps[1]?.state !== 'done') {
      const names = stillServing(view, view.self.id);
      const whom = names.length === 0 ? 'the leader' : names.join(', ');
      throw new Waiting('fence', `waiting for ${whom}: no other server may run`);
    }
    if (this.#failure && this.#tries.waitMs(`${id}`, view.wallMs) > 0) throw this.#failure;
    try {
      this.#tries.started(`${id}`, view.wallMs);
      await resetDatastore(host, `recovery-${id}`, argument);
      await writeMark(host, this.#markFile, { ...mark, recovered: id });
    } catch (error) {
      if (error instanceof ServiceError) this.#failure = error;
      throw error;
    }
    return undefined;
  }
}

const nothingHere = 'this server has no datastore of the cluster: choose another ("clusterctl k3s recover")';

/** @throws ServiceError when there is nothing here to make it of */
async function assertAble(
  host: Host,
  view: ClusterView,
  mark: Mark | undefined,
  snapshot: string,
): Promise<void> {
  const { isMember } = await tracesOf(host);
  if (!isMember || !isOf(view, mark)) throw new ServiceError('no-datastore', true, nothingHere, true);
  if (snapshot === '' || (await host.listFolder(`${folders.database}/snapshots`)).includes(snapshot)) return;
  const detail = `there is no snapshot ${snapshot} on this server: see "clusterctl k3s snapshot list"`;
  throw new ServiceError('no-snapshot', true, detail, true);
}
