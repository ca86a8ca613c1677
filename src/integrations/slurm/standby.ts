// A node that may have to go on as the controller: it keeps a copy of the holder's state, and runs nothing. One that was
// the controller before ends slurmctld first, and says that it has.
import type { ClusterView, Grant, ServiceReport } from '../cluster-view.ts';
import type { Host } from '../host.ts';
import { oneLine } from '../service-error.ts';
import type { Turn } from '../turn.ts';
import { endAccounting, endRecording, writeLastAccounts } from './accounting.ts';
import { diskFull, hasRoom } from './ailments.ts';
import { controllerCandidates } from './candidates.ts';
import { type ControllerSettings, slurmctld, takenBy } from './controller.ts';
import { stopDaemon } from './daemons.ts';
import { grantMark } from './database.ts';
import { dropFence } from './fence.ts';
import { files, folders, service } from './names.ts';
import { confMark } from './slurm-conf.ts';

/** One pass of a node that does not hold the role by `grant`. */
export async function standBy(
  host: Host,
  {
    copies,
    takenFile,
    accounting,
  }: Pick<ControllerSettings, 'copies' | 'takenFile'> & { readonly accounting: Turn },
  view: ClusterView,
  grant: Grant,
): Promise<readonly ServiceReport[]> {
  const report = (change: Partial<ServiceReport> & Pick<ServiceReport, 'role' | 'state'>): ServiceReport => ({
    ...{ service, token: grant.token, step: '', reason: '', detail: '' },
    ...change,
  });
  let lost = '';
  const wasHolder = grant.former?.node === view.self.id;
  try {
    if (await isOurs(host)) {
      await endRecording(host);
      // Asked to end it saves all that it knows; what it saved is the last state that others copy.
      await stopDaemon(host, slurmctld);
      lost = await writeLastAccounts(host, accounting, grantMark(view.clusterId, grant.former?.token ?? 0));
      await copies.release();
      await dropFence(host);
      await accounting.run(() => endAccounting(host));
    }
    if (wasHolder) await keepOwn(host, { copies, takenFile }, grant);
  } catch (error) {
    const detail = oneLine(error instanceof Error ? error.message : String(error));
    return [report({ role: 'controller', state: 'failing', step: 'release', reason: 'unexpected', detail })];
  }
  const released = wasHolder
    ? [report({ role: 'controller', state: 'released', detail: oneLine(lost) })]
    : [];
  const candidates = controllerCandidates(view);
  if (!candidates.some(({ id }) => id === view.self.id)) {
    copies.follow(undefined);
    return released;
  }
  const holder = candidates.find(({ id }) => id === grant.node);
  copies.follow(holder && { id: holder.id, address: holder.address });
  if (!(await hasRoom(host))) {
    const { reason, message } = diskFull();
    return [
      ...released,
      report({ role: 'standby', state: 'failing', step: 'copy', reason, detail: message }),
    ];
  }
  const has = copies.newest();
  const isWhole = has !== undefined && has.token >= grant.token;
  const detail = isWhole ? '' : `copying ${folders.state} from ${holder?.name ?? 'the controller'}`;
  const state = isWhole ? 'ready' : 'starting';
  return [...released, report({ role: 'standby', state, step: isWhole ? '' : 'copy', detail })];
}

/** What this machine had as the holder before, and no process of its agent has kept since, can be had by the next one. */
async function keepOwn(
  host: Host,
  { copies, takenFile }: Pick<ControllerSettings, 'copies' | 'takenFile'>,
  { former }: Grant,
): Promise<void> {
  if (!former || (copies.newest()?.token ?? 0) >= former.token) return;
  if ((await takenBy(host, takenFile)) !== former.token) return;
  await copies.hold(former.token, folders.state);
  await copies.release();
}

/** True when a slurmctld runs here that ClusterOS has set up. */
async function isOurs(host: Host): Promise<boolean> {
  if ((await host.runningPid(files.controllerPid, 'slurmctld')) === undefined) return false;
  const conf = new TextDecoder().decode(await host.readFile(files.controllerConf));
  return conf.startsWith(confMark);
}
