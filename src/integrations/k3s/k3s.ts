// Kubernetes (k3s) as an integration: what the agent is given. Puts the parts together and remembers the last reports.
import type { ClusterView, Grant, OperationView, ServiceReport } from '../cluster-view.ts';
import type { Counterparts } from '../counterparts.ts';
import { fenceIn } from '../fencing.ts';
import { textOf } from '../file-text.ts';
import type { Host } from '../host.ts';
import { hasJoined } from '../joins.ts';
import { type Integration, type Lane, type Retry, reconcile, Waiting } from '../reconciler.ts';
import { oneLine, type ServiceError, serviceErrorFrom } from '../service-error.ts';
import { beginsInMs } from '../sole-role.ts';
import { agentReconciler } from './agent.ts';
import { Attempts } from './attempts.ts';
import { authorityHash } from './authority.ts';
import { grantsOf, keeperGrant, nodeOf, reportOf } from './candidates.ts';
import { absence, k3sCapabilities } from './capabilities.ts';
import { CertificateWatch } from './certificates.ts';
import { essenceOf } from './config-file.ts';
import { decideK3s, evidence, forgetHarm, removalHarm } from './decide.ts';
import { Keeper, keeperReport } from './keeper.ts';
import type { OpenKube } from './kube.ts';
import { KubeDoor } from './kube-door.ts';
import { keepBusyMs, keepEveryMs } from './limits.ts';
import { isOf, readMark } from './mark.ts';
import { agentToken, caSecret, files, recoverParts, roles, serverToken, service } from './names.ts';
import { calleesOf, operatorAnswer, questionOf } from './operator.ts';
import type { Means } from './own-node.ts';
import { Recovering, recoveryUnderWay, restored } from './recovery.ts';
import { released, withdrawK3s } from './release.ts';
import { serverReconciler } from './server.ts';
import { settingsBook } from './settings-book.ts';
import { isRunning, stopK3s } from './unit.ts';
import { keepersWord, questions } from './words.ts';

export interface K3sOptions {
  /** Where the tokens of obeyed orders are kept; its folder exists. */
  readonly fencingFile: string;
  /** Where this machine remembers its part; its folder exists. */
  readonly markFile: string;
  readonly retry: Retry;
  /** This integration on other nodes, and here. */
  readonly counterparts: Counterparts;
  readonly openKube: OpenKube;
  /** Wall clock. */
  readonly wallMs: () => number;
}

export function k3sIntegration(options: K3sOptions): Integration {
  const { fencingFile, markFile, retry, counterparts, openKube, wallMs } = options;
  const fence = fenceIn(fencingFile);
  const door = new KubeDoor(openKube);
  const keeper = new Keeper(door);
  const means: Means = { counterparts, markFile, attempts: new Attempts() };
  const server = serverReconciler({ ...means, door });
  const agent = agentReconciler(means);
  const own = (view: ClusterView, role: string) =>
    grantsOf(view, role).find(({ node }) => node === view.self.id);

  const recovering = new Recovering(markFile);
  let last: ServiceReport | undefined;
  let lastView: ClusterView | undefined;
  const nodeLane: Lane = {
    name: 'node',
    async pass(host, view, onReport) {
      lastView = view;
      const asServer = own(view, roles.server);
      const grant = asServer ?? own(view, roles.agent);
      const recovery = recoveryUnderWay(view);
      try {
        let mark = await readMark(host, markFile);
        if (mark && mark.token < (view.forgotten[service] ?? 0)) {
          // Of a cluster that an operator has given up: it ends, and what it had is kept aside.
          await withdrawK3s(host, markFile, view.wallMs);
          mark = undefined;
        }
        if (!grant) {
          last = undefined;
          const over = await released(host, view, isOf(view, mark) ? mark : undefined);
          return over ? [over] : await absence(host, view, markFile);
        }
        // What it was before ends before what it is now begins.
        const former = asServer ? 'agent' : 'server';
        if (mark?.kind === former && (await isRunning(host, former)))
          await stopK3s(host, former, { containers: true });
        if (asServer && recovery?.node === view.self.id && mark?.recovered !== recovery.id) {
          await fence.admit(host, asServer);
          const meanwhile = await recovering.pass(host, view, recovery, mark);
          if (meanwhile) return [{ ...starting(asServer), ...meanwhile }];
        }
      } catch (error) {
        if (error instanceof Waiting && grant)
          return [{ ...starting(grant), step: error.part, detail: oneLine(error.detail) }];
        return [failing(grant, serviceErrorFrom(error), recovery)];
      }
      const context = { host, view, grant, fence, retry, before: last, onReport };
      last = asServer ? await reconcile(server, context) : await reconcile(agent, context);
      const report = asServer ? await withEvidence(host, view, last) : last;
      if (asServer) last = report;
      return [await withCertificates(host, view, await whileDrained(view, counterparts, report))];
    },
  };

  let kept: { readonly report: ServiceReport; readonly atMs: number } | undefined;
  let busy = false;
  const keeperLane: Lane = {
    name: 'keeper',
    isRestless: () => busy,
    async pass(host, view, onReport) {
      const grant = own(view, roles.keeper);
      busy = grant !== undefined && isBusy(view);
      if (!grant) {
        kept = undefined;
        keeper.rest();
        return [];
      }
      if (beginsInMs(view, grant) > 0) {
        const detail = 'waiting until the former keeper has certainly ended';
        return [keeperReport(grant.token, { state: 'starting', step: 'answering', detail })];
      }
      keeper.heed(view);
      const waitMs = busy ? keepBusyMs : keepEveryMs;
      if (
        kept?.report.token === grant.token &&
        kept.report.state === 'ready' &&
        Math.abs(wallMs() - kept.atMs) < waitMs
      )
        return [kept.report];
      const report = await keep(host, view, grant, onReport);
      kept = { report, atMs: wallMs() };
      return [report];
    },
  };

  /** The first server tells the leader which authority it has made, one that has made the datastore anew that it has; all tell by which settings they go. */
  async function withEvidence(host: Host, view: ClusterView, report: ServiceReport): Promise<ServiceReport> {
    if (report.state !== 'ready') return report;
    const hash = await authorityHash(host);
    const { recovered, startedWith } = (await readMark(host, markFile)) ?? {};
    const words = [
      ...(hash === undefined ? [] : [evidence.ca(hash)]),
      ...(recovered === undefined ? [] : [restored(recovered)]),
    ];
    const told = { ...report, evidence: words };
    if (startedWith === essenceOf((await textOf(host, files.config)) ?? ''))
      return { ...told, settingsVersion: view.settings[service]?.version ?? 0 };
    return { ...told, detail: 'waiting for its turn to be started anew with other settings' };
  }

  const certificates = new CertificateWatch();
  /** It works all the same until they end. */
  async function withCertificates(
    host: Host,
    view: ClusterView,
    report: ServiceReport,
  ): Promise<ServiceReport> {
    if (report.state !== 'ready' || report.detail !== '') return report;
    const unit = report.role === roles.server ? 'k3s' : 'k3s-agent';
    const detail = await certificates.trouble(host, unit, view.wallMs);
    return detail === '' ? report : { ...report, reason: 'certificates-end', detail: oneLine(detail) };
  }

  async function keep(
    host: Host,
    view: ClusterView,
    grant: Grant,
    onReport: (report: ServiceReport) => void,
  ): Promise<ServiceReport> {
    try {
      await fence.admit(host, grant);
      const serverGrant = own(view, roles.server);
      const ownReport = serverGrant && reportOf(nodeOf(view, view.self.id), serverGrant);
      if (!hasJoined(ownReport)) {
        const detail = 'waiting for the server on this machine';
        return keeperReport(grant.token, { state: 'starting', step: 'answering', detail });
      }
      const onStep = (detail: string) => {
        if (kept?.report.state !== 'ready')
          onReport(keeperReport(grant.token, { state: 'starting', step: 'answering', detail }));
      };
      const seen = await keeper.keep(view, onStep);
      return keeperReport(grant.token, { ...seen, ...followed(view) });
    } catch (error) {
      const { reason, message: detail } = serviceErrorFrom(error);
      return keeperReport(grant.token, { state: 'failing', step: 'answering', reason, detail });
    }
  }

  return {
    name: service,
    keys: [],
    // A datastore opens with its own token only, and another authority would stop every server of this one.
    boundSecrets: [serverToken.name, agentToken.name, caSecret],
    settings: settingsBook,
    capabilities: host => k3sCapabilities(host, markFile),
    decide: decideK3s,
    removalHarm,
    forgetHarm,
    callees(view, verb, argument) {
      const nodes = calleesOf(view, verb);
      return nodes && { nodes, question: questionOf(verb, argument) };
    },
    recoverable(view, node) {
      const grant = grantsOf(view, roles.server).find(each => each.node === node);
      return grant && { grant, steps: recoverParts };
    },
    async lapse() {
      // What runs is held together by etcd's own majority; only who sees to it changes.
      keeper.rest();
      return false;
    },
    async renew() {},
    withdraw: host => withdrawK3s(host, markFile, wallMs()),
    async answer(host, question, asker) {
      switch (question) {
        case questions.node:
          return JSON.stringify(await keeper.wordOn(asker, wallMs()));
        case questions.admitServer:
          return JSON.stringify(await keeper.admit(host, asker, 'server'));
        case questions.admitAgent:
          return JSON.stringify(await keeper.admit(host, asker, 'agent'));
        default: {
          const said = await operatorAnswer(host, question, { view: lastView, wallMs: wallMs() });
          if (said !== undefined) return said;
          throw new Error(`k3s has no answer to "${question}": is the asker newer?`);
        }
      }
    },
    lanes: [nodeLane, keeperLane],
  };
}

const starting = ({ role, token }: Grant): ServiceReport => ({
  ...{ service, role, token, state: 'starting', step: '', reason: '', detail: '' },
});

function failing(
  grant: Grant | undefined,
  { reason, message: detail }: ServiceError,
  recovery: OperationView | undefined,
): ServiceReport {
  const { role = roles.agent, token = 0 } = grant ?? {};
  const under = recovery?.steps.find(({ state }) => state !== 'done');
  const step = recovery && recovery.node === grant?.node ? (under?.name ?? 'reset') : 'configure';
  return { service, role, token, state: 'failing', step, reason, detail };
}

/** A role that is as it should be, on a member that an operator drains: what still runs there. */
async function whileDrained(
  view: ClusterView,
  counterparts: Counterparts,
  report: ServiceReport,
): Promise<ServiceReport> {
  if (report.state !== 'ready' || !nodeOf(view, view.self.id)?.drain) return report;
  const word = await keepersWord(view, counterparts);
  if (!word)
    return { ...report, state: 'draining', detail: 'it is not known what runs: the keeper does not answer' };
  if (!word.isCordoned) return { ...report, state: 'draining', detail: 'work is not kept from it yet' };
  if (word.podsLeft.length === 0) return { ...report, state: 'drained' };
  return { ...report, state: 'draining', detail: oneLine(`still runs: ${word.podsLeft.join(', ')}`) };
}

/** By which settings all servers go; nothing while some do not go by the latest. */
function followed(view: ClusterView): Pick<ServiceReport, 'settingsVersion'> {
  const settingsVersion = view.settings[service]?.version ?? 0;
  const all = grantsOf(view, roles.server).every(
    grant => reportOf(nodeOf(view, grant.node), grant)?.settingsVersion === settingsVersion,
  );
  return all ? { settingsVersion } : {};
}

/** Somebody waits for what the keeper sees. */
function isBusy(view: ClusterView): boolean {
  const roleGrants = [...grantsOf(view, roles.server), ...grantsOf(view, roles.agent)];
  return (
    view.operations.some(each => each.service === service && each.outcome === 'running') ||
    roleGrants.some(grant => {
      const member = nodeOf(view, grant.node);
      return member?.drain !== undefined || reportOf(member, grant)?.state !== 'ready';
    }) ||
    keeperGrant(view) === undefined
  );
}
