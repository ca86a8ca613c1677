// `node-agent start`: puts the daemon together from its real parts and runs it until it is told to stop.
import { randomBytes } from 'node:crypto';
import { rm } from 'node:fs/promises';
import { join } from 'node:path';
import { realHost } from '../../integrations/host.ts';
import { type Integration, retryWithBackoff } from '../../integrations/reconciler.ts';
import { slurmIntegration } from '../../integrations/slurm/slurm.ts';
import { Agent } from '../agent.ts';
import { authorityOf } from '../certificates.ts';
import { readClusterKey } from '../cluster-key.ts';
import { birthPolicyFrom, type Config } from '../config.ts';
import { ensureDataFolder, openStores } from '../data-folder.ts';
import type { Environment } from '../environment.ts';
import { clearAdminSocket, serveAdmin } from '../grpc/admin-service.ts';
import { GrpcPeerTransport } from '../grpc/peer-transport.ts';
import { loadIdentity, raiseEpoch } from '../identity.ts';
import { stopTimeoutMs } from '../limits.ts';
import { logEvent, openLog } from '../log.ts';
import { sealerFrom } from '../sealing.ts';
import { exitCode, StartError } from '../start-error.ts';
import { version } from '../version.ts';
import { hostOf } from '../view.ts';
import { foundingMarker } from './init.ts';

/** Runs the agent. Resolves with the exit code when it has been told to stop, or could not go on. */
export async function start({ values }: Config): Promise<number> {
  const { name, clusterName, bind, peers, dataDir } = values;
  const clusterKey = await readClusterKey(values.clusterKey);
  await ensureDataFolder(dataDir);
  const identity = await loadIdentity(dataDir);
  const log = openLog(name);
  const { logStore, tableStore } = await openStores(dataDir, movedTo =>
    log.warn(
      { event: 'table.rebuilt' },
      `the member table was damaged and has been moved to ${movedTo}; it fills again by itself`,
    ),
  );
  await clearAdminSocket(values['admin.socket']);
  const marker = await foundingMarker(dataDir);
  const host = realHost();
  const nowMs = () => performance.now();
  const wallMs = () => Date.now();
  const transport = new GrpcPeerTransport({
    ...{ identity, authority: await authorityOf(clusterKey), nowMs, wallMs },
    ...{ host: hostOf(bind), port: Number(bind.slice(bind.lastIndexOf(':') + 1)) },
  });
  const environment: Environment = {
    ...{ nowMs, wallMs, transport, logStore, tableStore, host },
    random: () => randomBytes(6).readUIntBE(0, 6) / 2 ** 48,
    secretBytes: count => new Uint8Array(randomBytes(count)),
    setTimer: (delayMs, run) => {
      const timer = setTimeout(run, delayMs);
      return () => clearTimeout(timer);
    },
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
  // No packet before the epoch is on the disk.
  const epoch = await raiseEpoch(dataDir);
  const agent = await Agent.start(
    {
      ...{ id: identity.id, epoch, name, clusterName, version, address: bind, peers },
      bootstrap: marker ? { kind: 'found' } : birthPolicyFrom(values.bootstrap),
      integrations: await integrationsOf(values, dataDir),
      sealer: sealerFrom(clusterKey, environment.secretBytes),
      onFatal: error => fail(error),
    },
    environment,
  );
  for (const event of agent.events.recent()) logEvent(log, event);
  agent.events.listen(event => {
    logEvent(log, event);
    if (event.event === 'agent.ready' && marker) rm(marker, { force: true }).catch(fail);
  });
  const admin = await serveAdmin(agent, values['admin.socket']);
  log.info(
    { event: 'agent.started', id: identity.id, epoch, address: bind, version },
    `listening on ${bind}`,
  );
  try {
    await Promise.race([signal, failed]);
  } catch (error) {
    admin.close();
    await transport.close();
    throw error;
  }
  const limit = setTimeout(() => process.exit(exitCode.failed), stopTimeoutMs);
  // Who watches hears of the farewell, too.
  await agent.stop();
  admin.close();
  clearTimeout(limit);
  return exitCode.done;
}

/** The integrations that are switched on, or that `auto` finds a use for. */
async function integrationsOf(values: Config['values'], dataDir: string): Promise<Integration[]> {
  const enabled = values['integrations.slurm.enabled'];
  if (enabled === false) return [];
  const slurm = slurmIntegration({ fencingFile: join(dataDir, 'fencing.json'), retry: retryWithBackoff });
  if (enabled === 'auto') return [slurm];
  const found = await slurm.capabilities(realHost());
  if (found.some(capability => capability.startsWith('slurm-'))) return [slurm];
  throw new StartError(
    'setting integrations.slurm.enabled is true, but neither slurmctld nor slurmd is installed: ' +
      'run "apt-get install slurm-wlm munge", or set it to auto',
    exitCode.usage,
  );
}
