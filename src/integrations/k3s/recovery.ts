// Kubernetes has lost its majority of servers, or shall be as it was: an operator has one server make the datastore anew, of its own or of
// a snapshot. All other servers give up their role first, as far as they can be reached, since etcd's former members would have it back
// (k3s#7841); whoever comes back later has no role any more, and joins anew. What the leader decides of it is pure; what the one server
// does is here too. Nothing is deleted: each datastore is kept beside the one in use.
import type { ClusterView, Decision, Grant, OperationView } from '../cluster-view.ts';
import type { Host } from '../host.ts';
import { Waiting } from '../reconciler.ts';
import { ServiceError } from '../service-error.ts';
import { grantsOf, isHere, nodeOf, reportOf } from './candidates.ts';
import { errorFrom } from './failures.ts';
import { copyTimeoutMs, resetTimeoutMs } from './limits.ts';
import { files, folders, recoverParts, roles, service } from './names.ts';
import { writeConfig } from './own-node.ts';
import { isRunning, stopK3s } from './unit.ts';

/** The one that an operator has asked for last. */
export function recoveryUnderWay({ operations }: Pick<ClusterView, 'operations'>): OperationView | undefined {
  return operations.findLast(
    each => each.service === service && each.kind === 'recover' && each.outcome === 'running',
  );
}

/** Word of the server's report once it has done so. */
export const restored = (operation: number) => `restored=${operation}`;

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
  const others = grantsOf(view, roles.server).filter(each => each.node !== node);
  const revoked = others.map(
    (each): Decision => ({ kind: 'revoke', service, role: each.role, node: each.node, token: each.token }),
  );
  const moved: Decision[] =
    keeper?.node === node
      ? []
      : [{ kind: 'move', service, role: roles.keeper, node, from: keeper?.token ?? 0 }];
  const isFenced = others.length === 0 && stillServing(view, node).length === 0;
  const hasRestored = reportOf(nodeOf(view, node), own)?.evidence?.includes(restored(id)) === true;
  const done = [isFenced || hasRestored, hasRestored];
  const at = done.indexOf(false);
  const states = recoverParts.map((name, i) => ({
    name,
    state: at < 0 || i < at ? ('done' as const) : i === at ? ('running' as const) : ('pending' as const),
    detail: '',
  }));
  const isNews = at < 0 || states.some(({ state }, i) => state !== steps[i]?.state);
  const progress: Decision[] = isNews
    ? [{ kind: 'advance-operation', id, steps: states, outcome: at < 0 ? 'done' : 'running', reason: '' }]
    : [];
  return [...earlier, ...revoked, ...moved, ...progress];
}

/** Names of members that can be reached and have not said yet that no server runs there. */
function stillServing(view: ClusterView, except: string): readonly string[] {
  return view.nodes
    .filter(
      node =>
        node.id !== except &&
        isHere(node) &&
        node.reports.some(
          each => each.service === service && each.role === roles.server && each.state !== 'released',
        ),
    )
    .map(({ name }) => name);
}

/** On the one server: makes the datastore anew, once all others have ended. Again after a crash it goes on where it was. @throws Waiting, ServiceError */
export async function makeAnew(host: Host, view: ClusterView, recovery: OperationView): Promise<void> {
  if (await isRunning(host, 'server')) await stopK3s(host, 'server', { containers: false });
  if (recovery.steps[0]?.state !== 'done') {
    const names = stillServing(view, view.self.id);
    const whom = names.length === 0 ? 'the leader' : names.join(', ');
    throw new Waiting('fence', `waiting for ${whom}: no other server may run`);
  }
  await resetDatastore(host, `recovery-${recovery.id}`, recovery.argument ?? '');
}

/**
 * Has the datastore here know this server alone, at the address that it has now; of what it holds, or of the snapshot of that name. A copy
 * of it is kept as `db.before-LABEL`; again with the same label after a crash it goes on. k3s must not run. @throws ServiceError
 */
export async function resetDatastore(host: Host, label: string, snapshot: string): Promise<void> {
  const aside = `${folders.database}.before-${label}`;
  await copyOnce(host, folders.database, aside);
  // Of an earlier try that went through: k3s takes no second one before it was started (k3s, pkg/cluster/managed.go).
  if ((await host.readFile(`${folders.database}/reset-flag`)) !== undefined) return;
  // k3s resets nothing while it is told to join somebody (pkg/cli/server).
  const config = new TextDecoder().decode(await host.readFile(files.config));
  await writeConfig(host, config.replace(/^server: .*$/m, 'cluster-init: true'));
  const restore = snapshot === '' ? [] : [`--cluster-reset-restore-path=${aside}/snapshots/${snapshot}`];
  const { exitCode, stdout, stderr } = await host.run('k3s', ['server', '--cluster-reset', ...restore], {
    timeoutMs: resetTimeoutMs,
  });
  const said = `${stdout}${stderr}`;
  if (exitCode !== 0 || !/membership has been reset|cluster-reset was successfully performed/i.test(said))
    throw errorFrom('k3s server --cluster-reset', said);
}

/** Whole or not at all. */
async function copyOnce(host: Host, from: string, to: string): Promise<void> {
  if ((await host.listFolder(to)).length > 0) return;
  const unfinished = `${to}.unfinished`;
  for (const [program, ...args] of [
    ['rm', '-rf', '--', unfinished],
    ['cp', '--archive', '--reflink=auto', '--', from, unfinished],
    ['sync', '--file-system', unfinished],
  ] as const) {
    const { exitCode, stderr } = await host.run(program, args, { timeoutMs: copyTimeoutMs });
    if (exitCode !== 0)
      throw new ServiceError(
        'backup-failed',
        false,
        `the datastore could not be copied to ${to}: ${stderr}`,
        true,
      );
  }
  await host.rename(unfinished, to);
}
