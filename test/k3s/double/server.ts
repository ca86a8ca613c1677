// The life of a server: what k3s does from its first line to "up and running", in its order. A server whose datastore does not
// come keeps its ports open and says why; one that may not go on ends with a fatal line.
import { existsSync, rmSync } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';
import { nodeAddressOf, nodeNameOf } from './addresses.ts';
import { RunningAgent } from './agent.ts';
import { bootstrapKey, encrypt, findBundle, readBundle } from './bootstrap-data.ts';
import { mustHaveTime } from './clock.ts';
import { control, controlBeside, passStart, tuning, watchControl } from './control.ts';
import { Controllers } from './controllers.ts';
import { criticalSettings } from './critical.ts';
import { Etcd } from './etcd.ts';
import { KubeStore } from './kube-store.ts';
import { error, fatal, info, textOf } from './log.ts';
import { passwordSecretName } from './node-passwords.ts';
import { type KubeObject, nodes, resources, secrets } from './objects.ts';
import { adminKubeconfig, loopback, serverPaths } from './paths.ts';
import { notifyReady } from './sd-notify.ts';
import { type Bootstrap, type BootstrapOptions, bootstrap, secretOf } from './server-bootstrap.ts';
import {
  ensureServerFiles,
  type Identity,
  writeAdminKubeconfig,
  writePasswords,
  writeTokens,
} from './server-files.ts';
import { resetCluster } from './server-reset.ts';
import { type Settings, secretOf as secretSetting } from './settings.ts';
import { type SnapshotRequest, Snapshots } from './snapshots.ts';
import { openSqlite, sqliteState } from './sqlite.ts';
import { type Cluster, Supervisor } from './supervisor.ts';
import { formatToken, normalizeToken, randomSecret } from './token.ts';
import { versionWithCommit } from './version.ts';

export async function runServer(settings: Settings): Promise<void> {
  controlBeside(settings.dataDir);
  mustHaveTime();
  mustBeValid(settings);
  const token = await secretSetting(settings, 'token');
  const agentToken = await secretSetting(settings, 'agent-token');
  info(`Starting k3s ${versionWithCommit()}`);
  await passStart();
  const paths = serverPaths(settings.dataDir);
  const critical = criticalSettings(settings);
  const bootstrapOptions: BootstrapOptions = {
    ...{ paths, token, agentToken, critical },
    joinUrl: settings.text('server'),
    hasClusterInit: settings.isOn('cluster-init'),
    isReset: settings.isOn('cluster-reset'),
  };
  let found: Bootstrap;
  let identity: Identity;
  let address: string;
  try {
    address = nodeAddressOf(settings);
    found = await bootstrap(bootstrapOptions).catch((thrown: unknown) => {
      throw new Error(`failed to bootstrap cluster data: ${textOf(thrown)}`);
    });
    const secret = token === undefined ? undefined : normalizeToken(token);
    const advertised = settings.text('advertise-address') ?? address;
    const names = [
      ...settings.list('tls-san'),
      ...settings.list('node-ip'),
      advertised,
      ...[settings.text('bind-address') ?? []].flat(),
    ];
    identity = await ensureServerFiles({ paths, token: secret, agentToken, names, address });
  } catch (thrown) {
    fatal(`Error: preparing server: ${textOf(thrown)}`);
  }
  const nodeName = nodeNameOf(settings);
  const etcdOptions = { paths, nodeName, address, exposesMetrics: settings.isOn('etcd-expose-metrics') };
  if (settings.isOn('cluster-reset')) return await resetCluster(settings, etcdOptions, bootstrapOptions);
  const port = Number(settings.text('https-listen-port') ?? 6443);
  const host = settings.text('bind-address') ?? loopback;
  const cluster: Cluster = {
    ...{
      paths,
      nodeName,
      passwords: identity,
      store: undefined,
      snapshot: undefined,
      rotateToken: undefined,
    },
    config: {
      ...critical,
      HTTPSPort: port,
      SupervisorPort: port,
      AdvertiseAddress: settings.text('advertise-address') ?? address,
    },
    members: undefined,
    bundle: undefined,
  };
  const supervisor = new Supervisor(cluster);
  await supervisor.listen(port, settings.text('bind-address')).catch((thrown: unknown) => {
    const where = `${settings.text('bind-address') ?? ''}:${port}`;
    const why = textOf(thrown).includes('EADDRINUSE')
      ? 'address already in use'
      : 'cannot assign requested address';
    fatal(`Error: preparing server: failed to start supervisor listener: listen tcp ${where}: bind: ${why}`);
  });
  announce(settings, cluster, identity, `https://${host}:${port}`);
  const agent = settings.isOn('disable-agent')
    ? undefined
    : ownAgent(settings, identity, paths, `https://${host}:${port}`);
  await agent?.prepare();
  const wasReset = existsSync(paths.resetFlag);
  if (wasReset) rmSync(paths.resetFlag);
  const datastore = found.hasEtcd ? await startEtcd(etcdOptions, found, cluster) : openSqlite(paths);
  const store = new KubeStore(datastore instanceof Etcd ? datastore.raft : datastore);
  if (!(datastore instanceof Etcd)) store.raft.start();
  watchControl(() => agent?.obey());
  const controllers = new Controllers(store);
  endOnSignals([supervisor, agent, controllers, datastore]);
  if (datastore instanceof Etcd) await untilReady(datastore);
  if (control().stillborn) process.kill(process.pid, 'SIGKILL');
  await saveBootstrap(store, cluster, bootstrapOptions);
  await ensureNamespaces(store);
  if (wasReset) await store.delete(secrets, 'kube-system', passwordSecretName(nodeName)).catch(() => {});
  supervisor.openKubernetes(store);
  controllers.start();
  if (datastore instanceof Etcd) {
    const snapshots = new Snapshots(settings.text('etcd-snapshot-dir') ?? paths.snapshots, nodeName, store);
    cluster.snapshot = request => snapshots.serve(request as SnapshotRequest);
  }
  info('Kube API server is now running');
  info('k3s is up and running');
  notifyReady();
  await agent?.run();
  await describeOwnNode(store, datastore, nodeName, address);
}

function mustBeValid(settings: Settings): void {
  if (settings.text('cluster-reset-restore-path') !== undefined && !settings.isOn('cluster-reset'))
    fatal('Error: invalid flag use; --cluster-reset required with --cluster-reset-restore-path');
  if (settings.isOn('disable-etcd') && settings.text('server') === undefined)
    fatal('Error: invalid flag use; --server is required with --disable-etcd');
}

function ownAgent(
  settings: Settings,
  identity: Identity,
  paths: Cluster['paths'],
  serverUrl: string,
): RunningAgent {
  const token = formatToken(`node:${identity.agentSecret}`, readBundleCa(paths));
  try {
    return new RunningAgent({ settings, token, serverUrl, isInServer: true });
  } catch (thrown) {
    fatal(`Error: ${textOf(thrown)}`);
  }
}

function readBundleCa(paths: Cluster['paths']): string {
  return Buffer.from(readBundle(paths)['tls/server-ca.crt']?.Content ?? '', 'base64').toString();
}

/** Writes tokens and kubeconfig, and how an agent would join. */
function announce(settings: Settings, cluster: Cluster, identity: Identity, url: string): void {
  const { paths } = cluster;
  writeTokens(paths, identity);
  const mode = Number.parseInt(settings.text('write-kubeconfig-mode') ?? '600', 8);
  const file = settings.text('write-kubeconfig') ?? adminKubeconfig;
  writeAdminKubeconfig({ file, url, paths, mode });
  info(`Server node token is available at ${paths.token}`);
  info(`To join server node to cluster: k3s server -s ${url} -t \${SERVER_NODE_TOKEN}`);
  info(`Agent node token is available at ${paths.agentToken}`);
  info(`To join agent node to cluster: k3s agent -s ${url} -t \${AGENT_NODE_TOKEN}`);
  info(`Wrote kubeconfig ${file}`);
  info('Run: k3s kubectl');
  cluster.bundle = () => undefined;
  cluster.rotateToken = async given => {
    const { store } = cluster;
    if (store === undefined) throw new Error('apiserver not ready');
    const serverSecret = given === '' ? randomSecret() : given;
    const agentSecret = identity.agentSecret === identity.serverSecret ? serverSecret : identity.agentSecret;
    const next = { serverSecret, agentSecret };
    writePasswords(paths, next);
    writeTokens(paths, next);
    await store.raft.propose({ kind: 'delete', key: bootstrapKey(cluster.passwords.serverSecret) });
    const value = encrypt(serverSecret, readBundle(paths));
    await store.raft.propose({ kind: 'put', key: bootstrapKey(serverSecret), value });
    cluster.passwords = next;
  };
}

async function startEtcd(options: Etcd['options'], { access }: Bootstrap, cluster: Cluster): Promise<Etcd> {
  const { paths } = options;
  try {
    Etcd.obeyTombstone(paths);
    let etcd: Etcd;
    if (Etcd.isInitialized(paths)) etcd = Etcd.reopen(options);
    else if (access !== undefined) etcd = await Etcd.join(options, access);
    else etcd = Etcd.found(options, sqliteState(paths));
    cluster.members = () => etcd.members();
    await etcd.start();
    return etcd;
  } catch (thrown) {
    error(`Shutdown request received: ${JSON.stringify(`etcd cluster join failed: ${textOf(thrown)}`)}`);
    process.exit(1);
  }
}

async function untilReady(etcd: Etcd): Promise<void> {
  for (;;) {
    await etcd.publish().catch(() => {});
    const problem = await etcd.test();
    if (problem === undefined) return info('Connection to etcd is ready');
    info(`Failed to test etcd connection: ${problem}`);
    await sleep(tuning().etcdTestMs);
  }
}

/** Puts the shared files into the datastore under the token, unless they are there; under another token is the end. */
async function saveBootstrap(store: KubeStore, cluster: Cluster, options: BootstrapOptions): Promise<void> {
  const { paths } = cluster;
  const secret = secretOf(options);
  try {
    await store.catchUp();
    if (findBundle(store.raft.state, secret) === undefined) {
      const value = encrypt(secret, readBundle(paths));
      await store.raft.propose({ kind: 'put', key: bootstrapKey(secret), value, expect: 0 });
    }
    cluster.bundle = () => findBundle(store.raft.state, cluster.passwords.serverSecret);
  } catch (thrown) {
    error(`Shutdown request received: ${JSON.stringify(`failed to save bootstrap data: ${textOf(thrown)}`)}`);
    process.exit(1);
  }
}

async function ensureNamespaces(store: KubeStore): Promise<void> {
  const of = resources.find(each => each.plural === 'namespaces');
  if (of === undefined) return;
  for (const name of ['default', 'kube-system', 'kube-public', 'kube-node-lease']) {
    if (store.peek(of, '', name) !== undefined) continue;
    const object = { apiVersion: 'v1', kind: 'Namespace', metadata: { name }, status: { phase: 'Active' } };
    await store.create(of, '', object).catch(() => {});
  }
}

/** The labels and annotations that a server gives its own node, again whenever the node is there without them. */
async function describeOwnNode(
  store: KubeStore,
  datastore: unknown,
  nodeName: string,
  address: string,
): Promise<void> {
  const change = (node: KubeObject): KubeObject => {
    node.metadata.labels = { ...node.metadata.labels, 'node-role.kubernetes.io/control-plane': 'true' };
    if (datastore instanceof Etcd) {
      node.metadata.labels['node-role.kubernetes.io/etcd'] = 'true';
      node.metadata.annotations = {
        ...node.metadata.annotations,
        'etcd.k3s.cattle.io/node-name': datastore.name,
        'etcd.k3s.cattle.io/node-address': address,
      };
    }
    return node;
  };
  for (;;) {
    const isMember =
      !(datastore instanceof Etcd) || (!datastore.isRemoved && store.raft.state.members.has(store.raft.id));
    const node = store.peek(nodes, '', nodeName);
    if (
      node !== undefined &&
      isMember &&
      JSON.stringify(change(structuredClone(node))) !== JSON.stringify(node)
    )
      await store.update(nodes, '', nodeName, change).catch(() => {});
    await sleep(tuning().controllerMs);
  }
}

function endOnSignals(parts: readonly ({ stop?(): void; close?(): void } | undefined)[]): void {
  for (const signal of ['SIGTERM', 'SIGINT'] as const)
    process.once(signal, () => {
      for (const part of parts) {
        part?.stop?.();
        part?.close?.();
      }
      process.exit(0);
    });
}
