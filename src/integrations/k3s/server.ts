// The server role: k3s with the API and a member of etcd. The first one founds the cluster, and only it: a decision of the log says who,
// and the log knows the cluster's authority from then on. All others join it, one at a time.
import type { ClusterView, Grant } from '../cluster-view.ts';
import { textOf } from '../file-text.ts';
import type { Host } from '../host.ts';
import { hasJoined } from '../joins.ts';
import { type Reconciler, type Step, Waiting } from '../reconciler.ts';
import { ServiceError } from '../service-error.ts';
import { grantsOf, keeperGrant, leaveUnderWay, nodeOf, readyServers, reportOf } from './candidates.ts';
import { essenceOf, serverConfig, urlOf } from './config-file.ts';
import { resetDatastore, setAside } from './datastore.ts';
import { failureIn, mendedByKeeper } from './failures.ts';
import { FlannelWatch, flannelLost } from './flannel.ts';
import type { KubeNode } from './kube.ts';
import type { KubeDoor } from './kube-door.ts';
import { type Mark, type Traces, writeMark } from './mark.ts';
import { agentToken, caSecret, files, ports, roles, serverParts, serverToken, service } from './names.ts';
import {
  admissionAnew,
  fail,
  type Life,
  lacksNode,
  letIn,
  lookAtOwn,
  type Means,
  type OwnNode,
  type OwnStep,
  placeFrom,
  progressOf,
  start,
  stepsAfter,
  verdictOn,
  wait,
  whyUnfit,
  writeConfig,
  writeSecret,
} from './own-node.ts';
import { type K3sSettings, settingsOf } from './settings.ts';
import { isRunning, stopK3s } from './unit.ts';
import { questions } from './words.ts';

interface Desired {
  readonly view: ClusterView;
  readonly grant: Grant;
  readonly settings: K3sSettings;
  readonly serverToken: string;
  readonly agentToken: string;
  /** `found`, or the URL of a server to join; undefined while none is there. */
  readonly joins: string | undefined;
  readonly clusterId: string;
  /** It is this server's turn to be started anew for other settings. */
  readonly mayRestart: boolean;
}

interface Observed extends OwnNode {
  readonly serverToken: string | undefined;
  readonly agentToken: string | undefined;
  /** Why the API here does not answer as it should; empty when it does. */
  readonly trouble: string;
  readonly node: KubeNode | undefined;
}

type ServerStep = Step &
  (
    | OwnStep
    | { readonly kind: 'admit'; readonly desired: Desired; readonly anew: boolean }
    | { readonly kind: 'configure'; readonly text: string; readonly desired: Desired }
    | {
        readonly kind: 'start';
        readonly key: string;
        readonly desired: Desired;
        readonly mark: Mark | undefined;
      }
    | { readonly kind: 'restart'; readonly forFlannel?: true }
    | { readonly kind: 'begin-again' }
    | { readonly kind: 'reset'; readonly key: string }
  );

export function serverReconciler(
  means: Means & { readonly door: KubeDoor },
): Reconciler<Desired, Observed, ServerStep> {
  const { counterparts, markFile, attempts, door } = means;
  const flannel = new FlannelWatch();
  /** Of the copy that was made for a reset that has not gone through yet. */
  let asideLabel = '';
  let nowMs = 0;
  return {
    ...{ service, role: roles.server, parts: serverParts },

    desired(view, grant) {
      nowMs = view.wallMs;
      const [servers, agents] = [serverToken, agentToken].map(({ name }) => view.secret(name));
      if (!servers || !agents) return new Waiting('admission', 'waiting for the tokens of the cluster');
      const ca = view.secret(caSecret);
      const founder = keeperGrant(view);
      if (!ca && founder?.node !== view.self.id)
        return new Waiting('admission', 'waiting for the first server, which founds the cluster');
      return {
        ...{ view, grant, settings: settingsOf(view.settings[service]), clusterId: view.clusterId },
        serverToken: fullToken(servers, ca),
        agentToken: hex(agents),
        joins: ca ? joinUrl(view) : 'found',
        mayRestart: isOwnTurn(view),
      };
    },

    async observe(host, { view, settings }) {
      const running = await isRunning(host, 'server');
      await flannel.look(host, view, settings);
      const answers = running && (await host.accepts(view.self.ip, ports.api, 1000));
      const { trouble, node } = answers
        ? await lookAt(door, view.self.name)
        : { trouble: running ? 'its API does not take connections yet' : 'it does not run', node: undefined };
      return {
        ...(await lookAtOwn(host, view, markFile, {
          kind: 'server',
          running,
          isReady: node?.ready === true,
        })),
        serverToken: (await textOf(host, files.serverToken))?.trim(),
        agentToken: (await textOf(host, files.agentToken))?.trim(),
        ...{ trouble, node },
      };
    },

    plan(desired, observed) {
      const { view, grant } = desired;
      const { mark, traces, life } = observed;
      const unfit = whyUnfit(view, observed);
      if (unfit) return fail(unfit, 'configure');
      const place = placeFrom(view, observed.device);
      if (place instanceof ServiceError) return fail(place, 'configure');
      const founds = desired.joins === 'found';
      if (!founds && !traces.isMember && mark?.token !== grant.token) {
        const summary = 'ask the keeper of the cluster to be let in';
        return [{ kind: 'admit', desired, anew: false, part: 'admission', summary }];
      }
      // Once it is started again its datastore is set aside by k3s itself: what it would do then must be what was decided.
      if (traces.isRemoved && !founds) {
        if (leaveUnderWay(view, view.self.id)) return wait('admission', 'it gives up its role');
        const summary = 'ask the keeper to be let in anew: it was taken out of etcd';
        return [{ kind: 'admit', desired, anew: true, part: 'admission', summary }];
      }
      const present = joinLineOf(observed.config);
      // Without a datastore that line would have it found another cluster, or join where it once did.
      const joins = desired.joins ?? (traces.isMember ? present : undefined);
      if (joins === undefined) return wait('admission', 'waiting for a server that can be joined');
      const text = serverConfig(place, desired.settings, joins);
      const isSame = essenceOf(text) === essenceOf(observed.config ?? '');
      const tokensFit =
        desired.serverToken === observed.serverToken && desired.agentToken === observed.agentToken;
      // A founder that has lost its datastore must not found another cluster.
      const misleads = traces.isMember ? present === 'found' && joins !== 'found' : text !== observed.config;
      if (!isSame || !tokensFit || misleads)
        return [{ kind: 'configure', text, desired, part: 'configure', summary: `write ${files.config}` }];
      const key = `${essenceOf(text)} ${grant.token} ${traces.isMember ? '' : joins}`;
      if (!life.running) return startOf(desired, observed, key);
      // Until its turn has come it goes on as it is, and is well: the others wait for that.
      if (desired.mayRestart && mark && mark.startedWith !== '' && mark.startedWith !== essenceOf(text))
        return [{ kind: 'restart', part: 'start', summary: 'start k3s anew with other settings' }];
      const isLeaving = leaveUnderWay(view, view.self.id) !== undefined;
      if (observed.trouble !== '') {
        // It goes on and says so again and again.
        const code = failureIn(life.words)?.failure.code ?? '';
        if (!isLeaving && attempts.waitMs(key, nowMs) === 0) {
          if (code === 'address-changed' && isAlone(view)) return readdressed(key);
          if (mendsOf(view, traces).has(code)) {
            return [{ kind: 'admit', desired, anew: true, part: 'admission', summary: admissionAnew(code) }];
          }
        }
        return wait('answering', progressOf(life, attempts, nowMs, observed.trouble));
      }
      if (!observed.node && !isLeaving && lacksNode(life, attempts, key, nowMs))
        return [{ kind: 'restart', part: 'ready', summary: 'start k3s anew: its node was deleted' }];
      if (flannel.isDue(view, attempts, key))
        return [{ kind: 'restart', part: 'ready', forFlannel: true, summary: flannelLost }];
      const why = nodeTrouble(observed.node);
      return why === '' ? [] : wait('ready', progressOf(life, attempts, nowMs, why));
    },

    async apply(host, step) {
      switch (step.kind) {
        case 'fail':
          throw step.error;
        case 'wait':
          return;
        case 'admit':
          await admit(host, step.desired, step.anew);
          return;
        case 'configure': {
          const { desired, text } = step;
          await writeSecret(host, files.serverToken, desired.serverToken);
          await writeSecret(host, files.agentToken, desired.agentToken);
          await writeConfig(host, text);
          return;
        }
        case 'start': {
          const { desired, mark, key } = step;
          const startedWith = essenceOf((await textOf(host, files.config)) ?? '');
          // Before its first effect: a datastore without a mark is somebody else's.
          const { clusterId, grant } = desired;
          await writeMark(host, markFile, {
            ...{ clusterId, kind: 'server', startedWith },
            token: mark?.token ?? grant.token,
            ...(mark?.recovered === undefined ? {} : { recovered: mark.recovered }),
          });
          await start(host, 'server', attempts, { key, nowMs });
          return;
        }
        case 'reset':
          await stopK3s(host, 'server', { containers: false });
          // One that fails is not tried again at once, nor with a copy of its own each time.
          attempts.started(step.key, nowMs);
          asideLabel ||= `address-${nowMs}`;
          await resetDatastore(host, asideLabel, '');
          asideLabel = '';
          attempts.mended();
          return;
        case 'begin-again':
          await setAside(host, nowMs);
          attempts.mended();
          return;
        case 'restart':
          await stopK3s(host, 'server', { containers: false });
          attempts.mended();
          if (step.forFlannel) flannel.tried();
      }
    },
  };

  function startOf(desired: Desired, { life, mark, traces }: Observed, key: string): readonly ServerStep[] {
    const { view } = desired;
    const part = 'start';
    // Without a datastore it would join etcd anew, which is being told to forget it.
    if (!traces.isMember && leaveUnderWay(view, view.self.id)) return wait(part, 'it gives up its role');
    if (desired.joins === 'found' && !attempts.isMended && isUnborn(life)) {
      const summary = 'begin again: what was stored is not enough for others to join';
      return [{ kind: 'begin-again', part, summary }];
    }
    const hasEndedByIt = !attempts.isMended && attempts.sinceMs(nowMs) !== Number.POSITIVE_INFINITY;
    const isReaddressed = failureIn(life.words)?.failure.code === 'address-changed' && traces.isMember;
    if (isReaddressed && hasEndedByIt && isAlone(view) && attempts.waitMs(key, nowMs) === 0)
      return readdressed(key);
    const verdict = verdictOn(life, attempts, key, nowMs, mendsOf(view, traces));
    if (verdict.kind === 'admit' && leaveUnderWay(view, view.self.id))
      return wait(part, 'it is out of etcd, and gives up this role');
    return stepsAfter<ServerStep>(verdict, {
      start: () => [{ kind: 'start', key, desired, mark, part, summary: 'start k3s as a server' }],
      admit: summary => [{ kind: 'admit', desired, anew: true, part: 'admission', summary }],
    });
  }

  /** With `anew` what it was before is of no use any more: its datastore is set aside, never deleted. */
  async function admit(host: Host, { view, grant, clusterId }: Desired, anew: boolean): Promise<void> {
    await letIn(view, counterparts, questions.admitServer);
    if (anew) {
      await stopK3s(host, 'server', { containers: false });
      await setAside(host, nowMs);
      attempts.mended();
    }
    await writeMark(host, markFile, { clusterId, kind: 'server', token: grant.token, startedWith: '' });
  }
}

/** A first server that was ended before it had stored what others join by; nobody has joined it, and it starts no more (k3s, pkg/cluster). */
function isUnborn({ words }: Life): boolean {
  return failureIn(words)?.failure.code === 'bootstrap-incomplete';
}

const readdressed = (key: string): ServerStep[] => [
  {
    ...{ kind: 'reset', key, part: 'answering' },
    summary: 'have etcd know this server, the only one, by the address that it has now',
  },
];

/** It is the only server, so that nobody else has a word in etcd. */
const isAlone = (view: ClusterView) =>
  grantsOf(view, roles.server).every(({ node }) => node === view.self.id);

/** What the keeper can put right: of one that has a datastore only what etcd itself says of it; and nobody lets the keeper itself in. */
function mendsOf(view: ClusterView, { isMember }: Traces): ReadonlySet<string> {
  if (keeperGrant(view)?.node === view.self.id) return new Set();
  return isMember ? new Set(['etcd-member-removed', 'address-changed']) : mendedByKeeper;
}

async function lookAt(
  door: KubeDoor,
  name: string,
): Promise<{ readonly trouble: string; readonly node: KubeNode | undefined }> {
  try {
    return await door.through(async kube => {
      const trouble = await kube.readyz();
      return { trouble, node: trouble === '' ? await kube.node(name) : undefined };
    });
  } catch (error) {
    if (!(error instanceof ServiceError)) throw error;
    return { trouble: error.message, node: undefined };
  }
}

function nodeTrouble(node: KubeNode | undefined): string {
  if (!node) return 'its node is not registered yet';
  return node.ready ? '' : `its node is not ready: ${node.why}`;
}

/** The first server can only take the secret alone: there is no authority yet whose hash could be in it (docs.k3s.io, cli/token). */
function fullToken(secret: Uint8Array, ca: Uint8Array | undefined): string {
  return ca ? `K10${new TextDecoder().decode(ca)}::server:${hex(secret)}` : hex(secret);
}

const hex = (bytes: Uint8Array) => bytes.toHex();

/** Of another server that answers. */
function joinUrl(view: ClusterView): string | undefined {
  const other = readyServers(view).find(({ id }) => id !== view.self.id);
  return other && urlOf(other.ip);
}

/** Where this server once joined; once it is a member that line is of no account, and no other is needed. */
function joinLineOf(config: string | undefined): string | undefined {
  if (config === undefined) return undefined;
  if (/^cluster-init: true$/m.test(config)) return 'found';
  return /^server: (\S+)$/m.exec(config)?.[1];
}

/** Servers are started anew one after the other, by their ids: each only when all before it go by the latest settings, and all others are well. */
function isOwnTurn(view: ClusterView): boolean {
  const version = view.settings[service]?.version ?? 0;
  return grantsOf(view, roles.server).every(grant => {
    if (grant.node === view.self.id) return true;
    const report = reportOf(nodeOf(view, grant.node), grant);
    return hasJoined(report) && (grant.node > view.self.id || report?.settingsVersion === version);
  });
}
