// `node-agent start`: puts the daemon together from its real parts and runs it until it is told to stop.
import { randomBytes } from 'node:crypto';
import { rm } from 'node:fs/promises';
import { flushCompileCache } from 'node:module';
import { join } from 'node:path';
import { setImmediate as nextTurn } from 'node:timers/promises';
import { operatorCommandFrom } from '../../election/command.ts';
import { realHost } from '../../integrations/host.ts';
import { k3sIntegration } from '../../integrations/k3s/k3s.ts';
import { openKube } from '../../integrations/k3s/kube-client.ts';
import { type Integration, retryWithBackoff } from '../../integrations/reconciler.ts';
import { type SlurmOptions, slurmIntegration } from '../../integrations/slurm/slurm.ts';
import { Agent } from '../agent.ts';
import { authorityOf } from '../certificates.ts';
import { readClusterKey } from '../cluster-key.ts';
import { birthPolicyFrom, type Config } from '../config.ts';
import { ensureDataFolder, openStores } from '../data-folder.ts';
import { readIfThere, writeDurably } from '../durable-file.ts';
import type { Environment } from '../environment.ts';
import { clearAdminSocket, serveAdmin } from '../grpc/admin-service.ts';
import { PeerCalls } from '../grpc/peer-calls.ts';
import { GrpcPeerTransport } from '../grpc/peer-transport.ts';
import { GrpcStateLink } from '../grpc/state-link.ts';
import { openHttp } from '../http/http.ts';
import { loadIdentity, raiseEpoch } from '../identity.ts';
import { peerPort, stopTimeoutMs } from '../limits.ts';
import { logEvent, openLog } from '../log.ts';
import { logDiskOf, makeRoom } from '../log-disk.ts';
import { lookAt } from '../look.ts';
import { MemberDevices } from '../member-devices.ts';
import { followTailnet } from '../on-tailnet.ts';
import { openGate } from '../peer-gate.ts';
import { recordSealOf } from '../record-seal.ts';
import { rememberJobs } from '../recovered-jobs.ts';
import { rehearse } from '../rehearsal.ts';
import { sealerFrom } from '../sealing.ts';
import { exitCode, IdentityConflict, StartError } from '../start-error.ts';
import { StateCopies } from '../state-copies.ts';
import { supervisorFrom } from '../supervisor.ts';
import { TagBook, type Tags } from '../tags.ts';
import { placeOn, tailnetOf } from '../tailnet-of.ts';
import { version } from '../version.ts';
import { addressOf, hostOf, portOf } from '../view.ts';
import { findings } from './doctor.ts';
import { foundingMarker } from './init.ts';

/** Runs the agent. Resolves with the exit code when it has been told to stop, or could not go on. */
export async function start(config: Config): Promise<number> {
  const { values, sources } = config;
  const { name, clusterName, peers, dataDir } = values;
  const clusterKey = await readClusterKey(values.clusterKey);
  await ensureDataFolder(dataDir);
  await refuseAfterConflict(dataDir);
  const tagBook = await TagBook.open(dataDir, values.tags);
  const identity = await loadIdentity(dataDir);
  const log = openLog(name);
  const logDisk = logDiskOf(dataDir);
  await makeRoom(logDisk, dataDir);
  const { logStore, tableStore } = await openStores(dataDir, what =>
    log.warn({ event: 'table.rebuilt' }, what),
  );
  await clearAdminSocket(values['admin.socket']);
  const marker = await foundingMarker(dataDir);
  const host = realHost();
  const nowMs = () => performance.now();
  const wallMs = () => Date.now();
  const supervisor = supervisorFrom(process.env, why => log.warn({ event: 'supervisor.silent' }, why));
  const tailnet = await tailnetOf(config, host, { nowMs, wallMs, setTimer });
  tailnet?.start();
  const follows = tailnet !== undefined && sources.bind === 'default';
  const bind = follows
    ? addressOf(await placeOn(tailnet, log, text => supervisor.status(text)), peerPort)
    : values.bind;
  const seal = recordSealOf(identity);
  const devices = new MemberDevices(seal);
  const transport = new GrpcPeerTransport({
    ...{ identity, authority: await authorityOf(clusterKey), nowMs, wallMs, gate: tailnet ?? openGate },
    ...{ host: hostOf(bind), port: portOf(bind), devices },
  });
  const environment: Environment = {
    ...{ nowMs, wallMs, transport, logStore, logDisk, tableStore, host, setTimer },
    seal,
    random: () => randomBytes(6).readUIntBE(0, 6) / 2 ** 48,
    secretBytes: count => new Uint8Array(randomBytes(count)),
  };
  let fail: (error: unknown) => void = () => {};
  const failed = new Promise<never>((_resolve, reject) => {
    fail = reject;
  });
  failed.catch(() => {});
  // From the first packet on a signal means a farewell.
  const signal = new Promise<NodeJS.Signals>(resolve => {
    for (const each of ['SIGTERM', 'SIGINT'] as const) process.once(each, resolve);
  });
  const calls = new PeerCalls(transport);
  let admits: (id: string) => boolean = () => false;
  // No pass of an integration comes before there is an agent that is a member.
  let remember: SlurmOptions['remember'] = async () => false;
  const copies = await openCopies(dataDir, transport, environment, id => admits(id));
  transport.serveState(copies);
  const http = await openHttp(values, why => log.warn({ event: 'http.failed' }, why));
  const integrations: readonly Integration[] = await integrationsOf(values, dataDir, copies, {
    calls,
    remember: jobs => remember(jobs),
    self: identity.id,
    answerHere: async (service, question) =>
      integrations.find(({ name }) => name === service)?.answer?.(host, question, identity.id),
  });
  // No packet before the epoch is on the disk.
  const epoch = await raiseEpoch(dataDir);
  const agent = await Agent.start(
    {
      ...{ id: identity.id, epoch, name, clusterName, version, address: bind, peers },
      tags: tagBook.tags(),
      bootstrap: marker ? { kind: 'found' } : birthPolicyFrom(values.bootstrap),
      integrations,
      sealer: sealerFrom(clusterKey, environment.secretBytes),
      onFatal: error => fail(error),
    },
    environment,
  );
  devices.follow(identity.id, id => agent.record(id));
  admits = id => Object.hasOwn(agent.state.nodes, id);
  for (const event of agent.events.recent()) logEvent(log, event);
  agent.events.listen(event => {
    logEvent(log, event);
    if (event.event !== 'agent.ready') return;
    rehearse(nextTurn, values['admin.socket']).catch(error =>
      log.warn({ event: 'agent.unrehearsed' }, `a change of leader will be slow here: ${error}`),
    );
    if (marker) rm(marker, { force: true }).catch(fail);
  });
  if (tailnet) followTailnet(tailnet, agent, { follows, port: portOf(bind), setTimer });
  const tag = async (set: Tags, remove: readonly string[]) => {
    const tags = await tagBook.change(set, remove);
    agent.describe({ tags });
    return tags;
  };
  transport.answer({
    look: ({ subjects }) => ({ looks: subjects.map(subject => lookAt(agent, subject)) }),
    tag: async ({ set, remove }) => ({ tags: await tag(set, remove) }),
    confirm: () => agent.readIndex(),
    handOver: async target => (await agent.handOver(target)) ?? '',
    decide: async (bytes, { client, seq }) => {
      const command = operatorCommandFrom(bytes);
      return command === undefined
        ? 'unknown-command'
        : ((await agent.decide(command, { client, seq })) ?? '');
    },
    counterpart: async (service, question, asker) => {
      const asked = integrations.find(({ name }) => name === service);
      if (!asked?.answer) throw new Error(`${service} is not driven here, or is asked nothing`);
      return asked.answer(host, question, asker);
    },
  });
  const administered = { agent, host, peers: calls, tag, copies, diagnose: () => findings(config, host) };
  remember = jobs => rememberJobs(administered, 'slurm', jobs);
  const admin = await serveAdmin(administered, values['admin.socket']);
  http?.serve({ agent, transport, copies });
  // What was compiled for this start is there for the next one, however this one ends.
  flushCompileCache();
  log.info(
    { event: 'agent.started', id: identity.id, epoch, address: bind, version },
    `listening on ${bind}`,
  );
  supervisor.ready();
  supervisor.status(`listening on ${bind}`);
  try {
    await Promise.race([signal, failed]);
  } catch (error) {
    admin.close();
    http?.close();
    // Whatever restarts this program must not bring the conflict back.
    if (error instanceof IdentityConflict) await writeDurably(conflictMarker(dataDir), `${error.message}\n`);
    await transport.close();
    throw error;
  }
  tailnet?.close();
  supervisor.close();
  const limit = setTimeout(() => process.exit(exitCode.failed), stopTimeoutMs);
  // Who watches hears of the farewell, too.
  await agent.stop();
  copies.close();
  calls.close();
  admin.close();
  http?.close();
  clearTimeout(limit);
  return exitCode.done;
}

/** As the environment has it. */
function setTimer(delayMs: number, run: () => void): () => void {
  let immediate: NodeJS.Immediate | undefined;
  // Between the timers and the immediates of one turn Node reads its sockets.
  const timer = setTimeout(() => {
    immediate = setImmediate(run);
  }, delayMs);
  return () => {
    clearTimeout(timer);
    clearImmediate(immediate);
  };
}

const conflictMarker = (dataDir: string) => join(dataDir, 'identity-conflict');

/** Refuses to start where another process was seen with this identity, until an operator has decided. */
async function refuseAfterConflict(dataDir: string): Promise<void> {
  const marker = conflictMarker(dataDir);
  const text = await readIfThere(marker);
  if (text === undefined) return;
  const [what] = text.split('\n');
  throw new StartError(
    `${what} - when the other machine is gone for good, remove ${marker} and start this one again`,
    exitCode.denied,
  );
}

/** The copies of the controller's state: here, and those of others. */
function openCopies(
  dataDir: string,
  transport: GrpcPeerTransport,
  { nowMs, wallMs, setTimer }: Pick<Environment, 'nowMs' | 'wallMs' | 'setTimer'>,
  admits: (id: string) => boolean,
): Promise<StateCopies> {
  const names = { service: 'slurm', role: 'controller' };
  return StateCopies.open({
    ...{ ...names, folder: join(dataDir, 'copies', 'slurm-controller'), nowMs, wallMs, setTimer, admits },
    // SLURM's half-written files, and the mark of a controller that lives.
    rules: { excluded: name => name.endsWith('.new') || name === 'heartbeat', formerSuffix: '.old' },
    link: peer => new GrpcStateLink(transport, peer, { ...names, setTimer }),
  });
}

/** The integrations that are switched on, or that `auto` finds a use for. */
async function integrationsOf(
  values: Config['values'],
  dataDir: string,
  copies: StateCopies,
  {
    calls,
    remember,
    self,
    answerHere,
  }: {
    readonly calls: PeerCalls;
    readonly remember: SlurmOptions['remember'];
    /** Id of this node. */
    readonly self: string;
    /** What an integration of this node answers itself. */
    readonly answerHere: (service: string, question: string) => Promise<string | undefined>;
  },
): Promise<Integration[]> {
  const fencingFile = join(dataDir, 'fencing.json');
  const chosen: Integration[] = [];
  const slurm = slurmIntegration({
    ...{ fencingFile, takenFile: join(dataDir, 'slurm-taken') },
    ...{ retry: retryWithBackoff, copies, remember },
    counterparts: { ask: (peer, question) => calls.counterpart(peer, 'slurm', question) },
  });
  const k3s = k3sIntegration({
    ...{ fencingFile: join(dataDir, 'fencing-k3s.json'), markFile: join(dataDir, 'k3s.json') },
    ...{ retry: retryWithBackoff, openKube, wallMs: Date.now },
    counterparts: {
      ask: (peer, question) =>
        peer.id === self ? answerHere('k3s', question) : calls.counterpart(peer, 'k3s', question),
    },
  });
  const known = [
    ['slurm', slurm],
    ['k3s', k3s],
  ] as const;
  for (const [name, integration] of known) {
    const enabled = values[`integrations.${name}.enabled`];
    if (enabled === false) continue;
    if (enabled === true) await refuseWithout(integration, missingTexts[name]);
    chosen.push(integration);
  }
  return chosen;
}

const missingTexts = {
  slurm:
    'setting integrations.slurm.enabled is true, but neither slurmctld nor slurmd is installed: ' +
    'run "apt-get install slurm-wlm munge", or set it to auto',
  k3s:
    'setting integrations.k3s.enabled is true, but this machine has no k3s that ClusterOS may use: ' +
    'put its binary into /usr/local/bin, or set it to auto',
};

async function refuseWithout({ name, capabilities }: Integration, text: string): Promise<void> {
  const found = await capabilities(realHost());
  if (!found.some(capability => capability.startsWith(`${name}-`)))
    throw new StartError(text, exitCode.usage);
}
