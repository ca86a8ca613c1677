// SLURM as an integration: what the agent is given. Puts the parts together and remembers the last reports.
import type { ClusterView, Grant, ServiceReport } from '../cluster-view.ts';
import type { Copies } from '../copies.ts';
import type { Counterparts } from '../counterparts.ts';
import { fenceIn } from '../fencing.ts';
import type { Host } from '../host.ts';
import { hasJoined } from '../joins.ts';
import { jobsShownMax } from '../limits.ts';
import { type Integration, type Lane, type Retry, reconcile } from '../reconciler.ts';
import { oneLine, ServiceError } from '../service-error.ts';
import { Turn } from '../turn.ts';
import { absence } from './absence.ts';
import {
  AccountsKeeper,
  accountingReconciler,
  accountingRuns,
  endAccounting,
  endRecording,
  writeLastAccounts,
} from './accounting.ts';
import { controllerGrant, isServing } from './candidates.ts';
import { slurmCapabilities } from './capabilities.ts';
import { ConfRefusal } from './conf-check.ts';
import { controllerReconciler, endController, takenBy } from './controller.ts';
import { grantMark } from './database.ts';
import { decideSlurm } from './decide.ts';
import { renewFence } from './fence.ts';
import { ensureLocalUsers } from './local-users.ts';
import { settingsIn, unreadableSettings } from './machine-shape.ts';
import type { InTurn } from './munge.ts';
import { files, folders, mungeKey, service } from './names.ts';
import { applyNodeConf, confines, nodeConfText, observeNodeConf, planNodeConf } from './node-conf.ts';
import { jobsOn, keepNodes } from './node-upkeep.ts';
import { type OfferSettings, offerUnrecorded } from './offers.ts';
import { settingsBook } from './settings-book.ts';
import { standBy } from './standby.ts';
import { credentialFor, credentialQuestion, Trust } from './trust.ts';
import { QueueUsers, UserWatch, usersQuestion } from './users.ts';
import { withdrawSlurm } from './withdraw.ts';
import { workerReconciler } from './worker.ts';

export interface SlurmOptions {
  /** Where the tokens of obeyed orders are kept; its folder exists. */
  readonly fencingFile: string;
  readonly retry: Retry;
  /** Of the controller's state, among those that may be the controller. */
  readonly copies: Copies;
  /** This integration on other nodes. */
  readonly counterparts: Counterparts;
  /** Where it is remembered whose state this node has taken over; its folder exists. */
  readonly takenFile: string;
  /** Has the cluster remember jobs that were lost; those that it knows already are no news. Resolves with whether it knows all of them. */
  readonly remember: OfferSettings['remember'];
}

export function slurmIntegration(options: SlurmOptions): Integration {
  const { fencingFile, retry, copies, counterparts, takenFile, remember } = options;
  const fence = fenceIn(fencingFile);
  // Both lanes set up munge: one at a time, and the second finds it done.
  const mungeTurn = new Turn();
  const inTurn: InTurn = run => mungeTurn.run(run);
  const accountingTurn = new Turn();
  const refusal = new ConfRefusal();
  const controller = controllerReconciler({ copies, takenFile, inTurn, refusal });
  const worker = workerReconciler(inTurn);
  const trust = new Trust(counterparts, inTurn);
  const queueUsers = new QueueUsers();
  const userWatch = new UserWatch(counterparts);
  const own = (view: ClusterView, role: string) =>
    view.grants.find(each => each.service === service && each.role === role && each.node === view.self.id);
  let lastOfController: ServiceReport | undefined;
  let lastOfWorker: ServiceReport | undefined;
  const controllerLane: Lane = {
    name: 'controller',
    async pass(host, view, onReport) {
      const holder = controllerGrant(view);
      const grant = own(view, 'controller');
      if (!grant && holder && worksFor(view)) {
        try {
          // At once, before anything that waits: commands of people ask whoever the file names first.
          const serves = { part: 'slurmd', serves: isServing(view) };
          const [step] = planNodeConf(nodeConfText(view), await observeNodeConf(host), serves);
          if (step) await inTurn(() => applyNodeConf(host, step));
        } catch (error) {
          if (!(error instanceof ServiceError)) throw error;
          const { reason, message: detail } = error;
          const { token } = holder;
          return [{ service, role: 'standby', token, state: 'failing', step: 'slurmd', reason, detail }];
        }
      }
      if (!grant)
        return holder ? standBy(host, { copies, takenFile, accounting: accountingTurn }, view, holder) : [];
      const context = { host, view, grant, fence, retry, before: lastOfController, onReport };
      lastOfController = await reconcile(controller, context);
      if (lastOfController.state !== 'ready') return [lastOfController];
      await copies.hold(grant.token, folders.state);
      const settled = withSettings(view, refusal, lastOfController);
      const kept = await withNodesKept(host, view, await withLocalUsers(host, view, inTurn, settled));
      const serving = await withUsers(queueUsers, { host, view }, kept);
      return [withKeyId(view, await withJobsOffered(host, { nowMs: view.wallMs, remember }, serving))];
    },
  };
  const workerLane: Lane = {
    name: 'worker',
    async pass(host, view, onReport) {
      const grant = own(view, 'worker');
      if (!grant) return absence(host, view);
      const context = { host, view, grant, fence, retry, before: lastOfWorker, onReport };
      lastOfWorker = await reconcile(worker, context);
      const report = await trust.explained(
        host,
        view,
        await withLocalUsers(host, view, inTurn, lastOfWorker),
      );
      const drained = await whileDrained(host, view, report);
      const watched = await withUsers(userWatch, { host, view }, drained);
      return [withKeyId(view, withConfinement(view, watched))];
    },
  };
  const accounting = accountingReconciler(host => takenBy(host, takenFile), accountingTurn);
  const accounts = new AccountsKeeper(accountingTurn);
  let lastOfAccounting: ServiceReport | undefined;
  const accountingLane: Lane = {
    name: 'accounting',
    async pass(host, view, onReport) {
      const controllers = own(view, 'controller');
      // What cannot be read may well be wanted.
      if (controllers && unreadableSettings(view) !== '') return [];
      const { enabled } = settingsIn(view).accounting;
      if (!controllers || !enabled) return withoutAccounting(host, view, controllers, accountingTurn);
      const grant = { ...controllers, role: accounting.role };
      const context = { host, view, grant, fence, retry, before: lastOfAccounting, onReport };
      lastOfAccounting = await reconcile(accounting, context);
      return [await withAccountsKept(accounts, { host, view }, lastOfAccounting)];
    },
  };
  return {
    name: service,
    keys: [mungeKey],
    settings: settingsBook,
    capabilities: slurmCapabilities,
    decide: decideSlurm,
    lapse: endController,
    withdraw: withdrawSlurm,
    async renew(host, leftMs) {
      await renewFence(host, leftMs);
    },
    async answer(host, question) {
      if (question === credentialQuestion) return credentialFor(host);
      if (question === usersQuestion) return queueUsers.text;
      throw new Error(`slurm has no answer to "${question}": is the asker newer?`);
    },
    lanes: [controllerLane, workerLane, accountingLane],
  };
}

/** What runs here was looked at: it uses the key that was decided when the pass began. */
function withKeyId({ secretId }: ClusterView, report: ServiceReport): ServiceReport {
  return hasJoined(report) ? { ...report, keyId: secretId(mungeKey.name) } : report;
}

/** By which settings it serves; other ones than were decided when slurmctld does not take those. */
function withSettings(view: ClusterView, { text, why }: ConfRefusal, report: ServiceReport): ServiceReport {
  if (text === '') return { ...report, settingsVersion: view.settings[service]?.version ?? 0 };
  const detail = `it does not serve by its latest settings, which slurmctld does not take (${why}): "clusterctl service configure slurm" sets others`;
  return { ...report, detail: oneLine(detail) };
}

/** It serves all the same when it does not take what it should think of the nodes. */
async function withNodesKept(host: Host, view: ClusterView, report: ServiceReport): Promise<ServiceReport> {
  try {
    await keepNodes(host, view);
    return report;
  } catch (error) {
    if (!(error instanceof ServiceError)) throw error;
    return { ...report, detail: oneLine(`some nodes are not as they should be in SLURM: ${error.message}`) };
  }
}

/** What runs for accounting ends, when operators want none, or slurmctld is not here any more; before that it is ended in order with it. */
async function withoutAccounting(
  host: Host,
  { clusterId }: ClusterView,
  grant: Grant | undefined,
  turn: Turn,
): Promise<readonly ServiceReport[]> {
  if (!(await accountingRuns(host))) return [];
  if (!grant && (await host.runningPid(files.controllerPid, 'slurmctld')) !== undefined) return [];
  const failing = (detail: string): ServiceReport => ({
    ...{ service, role: 'accounting', token: grant?.token ?? 0, state: 'failing', step: 'slurmdbd' },
    ...{ reason: 'unexpected', detail: oneLine(detail) },
  });
  try {
    if (grant) await endRecording(host);
    const lost = grant ? await writeLastAccounts(host, turn, grantMark(clusterId, grant.token)) : '';
    await turn.run(() => endAccounting(host));
    return lost === '' ? [] : [failing(lost)];
  } catch (error) {
    return [failing(error instanceof Error ? error.message : String(error))];
  }
}

/** Accounts are kept all the same while they cannot be written down for another machine. */
async function withAccountsKept(
  accounts: AccountsKeeper,
  { host, view }: { readonly host: Host; readonly view: ClusterView },
  report: ServiceReport,
): Promise<ServiceReport> {
  if (report.state !== 'ready') return report;
  try {
    await accounts.keep(host, view, report.token);
    return report;
  } catch (error) {
    const why = error instanceof Error ? error.message : String(error);
    const reason = error instanceof ServiceError ? error.reason : 'unexpected';
    return { ...report, reason, detail: oneLine(`a fail-over would lose accounts: ${why}`) };
  }
}

/** It is ready all the same while a user could not be made. */
async function withLocalUsers(
  host: Host,
  view: ClusterView,
  inTurn: InTurn,
  report: ServiceReport,
): Promise<ServiceReport> {
  if (report.state !== 'ready') return report;
  try {
    // Two roles of one machine would make one user twice.
    await inTurn(() => ensureLocalUsers(host, view));
    return report;
  } catch (error) {
    if (!(error instanceof ServiceError)) throw error;
    return { ...report, reason: error.reason, detail: error.message };
  }
}

/** A role that has something to say already says that; it is ready all the same when its users cannot be looked at. */
async function withUsers(
  users: QueueUsers | UserWatch,
  { host, view }: { readonly host: Host; readonly view: ClusterView },
  report: ServiceReport,
): Promise<ServiceReport> {
  if (report.detail !== '') return report;
  try {
    return await users.examined(host, view, report);
  } catch (error) {
    if (!(error instanceof ServiceError)) throw error;
    return { ...report, detail: oneLine(`it is not known whether users are the same: ${error.message}`) };
  }
}

/** It serves all the same while jobs that were lost with the former controller are not offered again yet. */
async function withJobsOffered(
  host: Host,
  settings: OfferSettings,
  report: ServiceReport,
): Promise<ServiceReport> {
  try {
    const trouble = await offerUnrecorded(host, settings);
    return trouble === ''
      ? report
      : { ...report, detail: oneLine([report.detail, trouble].filter(Boolean).join('; ')) };
  } catch (error) {
    const why = error instanceof Error ? error.message : String(error);
    return { ...report, detail: oneLine(`jobs that were lost are not offered again yet: ${why}`) };
  }
}

/** A worker that is as it should be says when it cannot hold jobs to what they asked for. */
function withConfinement(view: ClusterView, report: ServiceReport): ServiceReport {
  if (report.state !== 'ready' || report.detail !== '' || confines(view)) return report;
  return { ...report, detail: 'jobs are not held to the memory they asked for: no systemd with cgroup v2' };
}

/** A worker that is as it should be, and that an operator drains: what still runs here. */
async function whileDrained(
  host: Host,
  { nodes, self }: ClusterView,
  report: ServiceReport,
): Promise<ServiceReport> {
  const drains = nodes.find(({ id }) => id === self.id)?.drain !== undefined;
  if (!drains || report.state !== 'ready') return report;
  try {
    const jobs = await jobsOn(host, self.name);
    if (jobs.length === 0) return { ...report, state: 'drained' };
    const shown = jobs.slice(0, jobsShownMax).map(({ id, user }) => `${id} (${user})`);
    const more = jobs.length > shown.length ? ` and ${jobs.length - shown.length} more` : '';
    return { ...report, state: 'draining', detail: `still runs: ${shown.join(', ')}${more}` };
  } catch (error) {
    if (!(error instanceof ServiceError)) throw error;
    return { ...report, state: 'draining', detail: oneLine(`it is not known what runs: ${error.message}`) };
  }
}

/** True when this machine has anything of SLURM to configure. */
function worksFor({ nodes, self }: ClusterView): boolean {
  const { capabilities = [] } = nodes.find(({ id }) => id === self.id) ?? {};
  return capabilities.some(each => each === 'slurm-controller' || each === 'slurm-worker');
}
