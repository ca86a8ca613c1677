// The agent role: k3s with a kubelet only. It is let in by the keeper, with a token for itself alone; after that its own certificate is
// what it is known by.
import type { ClusterView, Grant } from '../cluster-view.ts';
import { textOf } from '../file-text.ts';
import type { Host } from '../host.ts';
import { type Reconciler, type Step, Waiting } from '../reconciler.ts';
import { ServiceError } from '../service-error.ts';
import { leaveUnderWay, nodeOf, readyServers } from './candidates.ts';
import { agentConfig, essenceOf, urlOf } from './config-file.ts';
import { FlannelWatch, flannelLost } from './flannel.ts';
import { writeMark } from './mark.ts';
import { agentParts, caSecret, files, roles, service } from './names.ts';
import {
  admissionAnew,
  fail,
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
import { skewOf, versionOf } from './versions.ts';
import { keepersWord, type NodeWord, questions } from './words.ts';

interface Desired {
  readonly view: ClusterView;
  readonly grant: Grant;
  readonly settings: K3sSettings;
  /** URL of a server that answers; undefined while none does. */
  readonly server: string | undefined;
  /** Why the servers would not take it; empty when they would. */
  readonly skew: string;
}

interface Observed extends OwnNode {
  readonly hasToken: boolean;
  /** What the keeper says of its node; undefined when it says nothing, or nothing runs. */
  readonly word: NodeWord | undefined;
}

type AgentStep = Step &
  (
    | OwnStep
    | { readonly kind: 'admit'; readonly desired: Desired }
    | { readonly kind: 'configure'; readonly text: string; readonly ends: boolean }
    | { readonly kind: 'start'; readonly key: string; readonly desired: Desired }
    | { readonly kind: 'restart'; readonly forFlannel?: true }
  );

export function agentReconciler(means: Means): Reconciler<Desired, Observed, AgentStep> {
  const { counterparts, markFile, attempts } = means;
  const flannel = new FlannelWatch();
  let nowMs = 0;
  /** The keeper has said, since k3s was last started, that the node is ready. */
  let wasReady = false;
  return {
    ...{ service, role: roles.agent, parts: agentParts },

    desired(view, grant) {
      nowMs = view.wallMs;
      if (!view.secret(caSecret)) return new Waiting('admission', 'waiting for the first server');
      const [server] = readyServers(view);
      const own = nodeOf(view, view.self.id);
      return {
        ...{ view, grant, settings: settingsOf(view.settings[service]) },
        server: server && urlOf(server.ip),
        skew: own && server ? skewOf(versionOf(own), versionOf(server)) : '',
      };
    },

    async observe(host, { view, settings }) {
      const running = await isRunning(host, 'agent');
      await flannel.look(host, view, settings);
      const word = running ? await keepersWord(view, counterparts) : undefined;
      if (word?.ready) wasReady = true;
      return {
        ...(await lookAtOwn(host, view, markFile, { kind: 'agent', running, isReady: word?.ready === true })),
        hasToken: (await host.readFile(files.joinToken)) !== undefined,
        word,
      };
    },

    plan(desired, observed) {
      const { view, grant, server, settings } = desired;
      const { mark, traces, life } = observed;
      const unfit = whyUnfit(view, observed);
      if (unfit) return fail(unfit, 'configure');
      if (desired.skew !== '' && !life.running)
        return fail(new ServiceError('version-skew', true, desired.skew), 'configure');
      const place = placeFrom(view, observed.device);
      if (place instanceof ServiceError) return fail(place, 'configure');
      const isLeaving = leaveUnderWay(view, view.self.id) !== undefined;
      if (isLeaving && !life.running) return wait('ready', 'it has ended, and gives up this role');
      const isIn = mark?.token === grant.token && mark.kind === 'agent' && observed.hasToken;
      if (!isIn) {
        if (server === undefined) return wait('admission', 'waiting for a server that answers');
        const summary = 'ask the keeper of the cluster to be let in';
        return [{ kind: 'admit', desired, part: 'admission', summary }];
      }
      const joins = server ?? /^server: (\S+)$/m.exec(observed.config ?? '')?.[1];
      if (joins === undefined) return wait('configure', 'waiting for a server that answers');
      const text = agentConfig(place, settings, joins);
      const isSame = essenceOf(text) === essenceOf(observed.config ?? '');
      const isElsewhere = !traces.isNode && text !== observed.config;
      if (!isSame || isElsewhere) {
        const summary = `write ${files.config}`;
        // One that was never let in asks the one server that it was told of, for ever.
        return [{ kind: 'configure', text, ends: isElsewhere && life.running, part: 'configure', summary }];
      }
      const key = `${essenceOf(text)} ${grant.token} ${traces.isNode ? '' : joins}`;
      if (!life.running) return startOf(desired, observed, key);
      if (mark.startedWith !== '' && mark.startedWith !== essenceOf(text))
        return [{ kind: 'restart', part: 'start', summary: 'start k3s anew with other settings' }];
      if (isLeaving && !observed.word?.ready) return wait('ready', 'it gives up this role');
      return whileRunning(desired, observed, key);
    },

    async apply(host, step) {
      switch (step.kind) {
        case 'fail':
          throw step.error;
        case 'wait':
          return;
        case 'admit':
          await admit(host, step.desired);
          return;
        case 'configure':
          await writeConfig(host, step.text);
          if (!step.ends) return;
          await stopK3s(host, 'agent', { containers: false });
          attempts.mended();
          return;
        case 'start': {
          const { key, desired } = step;
          const { view, grant } = desired;
          const startedWith = essenceOf((await textOf(host, files.config)) ?? '');
          await writeMark(host, markFile, {
            ...{ clusterId: view.clusterId, kind: 'agent', token: grant.token, startedWith },
          });
          wasReady = false;
          await start(host, 'agent', attempts, { key, nowMs });
          return;
        }
        case 'restart':
          await stopK3s(host, 'agent', { containers: false });
          attempts.mended();
          if (step.forFlannel) flannel.tried();
      }
    },
  };

  function startOf(desired: Desired, { life }: Observed, key: string): readonly AgentStep[] {
    return stepsAfter<AgentStep>(verdictOn(life, attempts, key, nowMs), {
      start: () => [{ kind: 'start', key, desired, part: 'start', summary: 'start k3s as an agent' }],
      admit: summary => [{ kind: 'admit', desired, part: 'admission', summary }],
    });
  }

  /** An agent that is not let in says so again and again, and does not end by itself. */
  function whileRunning(desired: Desired, observed: Observed, key: string): AgentStep[] {
    const { life, word } = observed;
    if (word?.ready && flannel.isDue(desired.view, attempts, key))
      return [{ kind: 'restart', part: 'ready', forFlannel: true, summary: flannelLost }];
    if (word?.ready) return [];
    // While the keeper is away nobody knows better.
    if (!word && wasReady) return [];
    const verdict = verdictOn(life, attempts, key, nowMs);
    if (verdict.kind === 'admit')
      return [{ kind: 'admit', desired, part: 'admission', summary: admissionAnew(verdict.because) }];
    if (word && !word.isThere && lacksNode(life, attempts, key, nowMs))
      return [{ kind: 'restart', part: 'ready', summary: 'start k3s anew: its node was deleted' }];
    const why = word?.isThere ? `its node is not ready: ${word.why}` : 'its node is not registered yet';
    const summary = progressOf(
      life,
      attempts,
      nowMs,
      word ? why : 'the keeper of the cluster does not answer',
    );
    return wait('ready', summary);
  }

  async function admit(host: Host, { view, grant }: Desired): Promise<void> {
    const token = await letIn(view, counterparts, questions.admitAgent);
    await stopK3s(host, 'agent', { containers: false });
    attempts.mended();
    await writeSecret(host, files.joinToken, token);
    await writeMark(host, markFile, {
      ...{ clusterId: view.clusterId, kind: 'agent', token: grant.token, startedWith: '' },
    });
  }
}
