// A role that this machine gives up: its k3s ends with all that it runs. A datastore is set aside, never deleted.
import type { ClusterView, ServiceReport } from '../cluster-view.ts';
import { textOf } from '../file-text.ts';
import type { Host } from '../host.ts';
import { oneLine, ServiceError, serviceErrorFrom } from '../service-error.ts';
import { leaveUnderWay } from './candidates.ts';
import { configMark } from './config-file.ts';
import { setAside } from './datastore.ts';
import { type Mark, readMark, tracesOf } from './mark.ts';
import { files, service } from './names.ts';
import { forgetUnit, isRunning, type Kind, stopK3s } from './unit.ts';

/**
 * Ends what `mark` tells of, if anything is left of it. Resolves with the report by which the leader knows that it is over: also of a role
 * that was taken away before anything was done for it. None when there is nothing to tell of.
 */
export async function released(
  host: Host,
  view: ClusterView,
  mark: Mark | undefined,
): Promise<ServiceReport | undefined> {
  const leave = leaveUnderWay(view, view.self.id);
  const { role, token } = leave ?? { role: mark?.kind ?? '', token: mark?.token ?? 0 };
  if (role === '') return undefined;
  const report: ServiceReport = {
    ...{ service, role, token, state: 'released', step: '', reason: '', detail: '' },
  };
  try {
    if (mark) await end(host, mark.kind, view.wallMs);
    return report;
  } catch (error) {
    const { reason, message } = serviceErrorFrom(error);
    return { ...report, state: 'failing', step: 'stop', reason, detail: oneLine(message) };
  }
}

async function end(host: Host, kind: Kind, nowMs: number): Promise<void> {
  const ours = (await textOf(host, files.config))?.startsWith(configMark) === true;
  const runs = await isRunning(host, kind);
  if (!ours && !runs) return;
  await stopK3s(host, kind, { containers: true });
  if (kind === 'server' && (await tracesOf(host)).isMember) await setAside(host, nowMs);
  // The settings last: by them it is known that there is something to take away.
  for (const path of [files.serverToken, files.agentToken, files.joinToken, files.config])
    await host.removeFile(path);
}

/** This node was taken out of the cluster for good. Resolves with what stayed, for people; empty when nothing did. */
export async function withdrawK3s(host: Host, markFile: string, nowMs: number): Promise<string> {
  let mark: Mark | undefined;
  try {
    mark = await readMark(host, markFile);
  } catch (error) {
    // Whose k3s it is nobody knows: it is not ended by a guess.
    if (!(error instanceof ServiceError)) throw error;
    return error.message;
  }
  if (!mark) return '';
  await end(host, mark.kind, nowMs);
  await forgetUnit(host, mark.kind);
  // Its node's password would have another cluster's servers refuse it; its certificates are of this one.
  await host.rename('/var/lib/rancher/k3s', `/var/lib/rancher/k3s.before-${nowMs}`);
  for (const path of [files.nodePassword, files.kubeconfig, markFile]) await host.removeFile(path);
  return `what k3s had stored is in /var/lib/rancher/k3s.before-${nowMs}`;
}
