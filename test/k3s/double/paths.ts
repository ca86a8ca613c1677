// Where k3s keeps its files. In a test that is not root everything below /etc and /run moves below $K3S_DOUBLE_ROOT, and
// what k3s opens on 127.0.0.1 opens on $K3S_DOUBLE_LOOPBACK, so that several "machines" share one loopback.
import { existsSync } from 'node:fs';
import { join } from 'node:path';

const root = process.env.K3S_DOUBLE_ROOT ?? '';

export const loopback = process.env.K3S_DOUBLE_LOOPBACK ?? '127.0.0.1';
export const configFile = `${root}/etc/rancher/k3s/config.yaml`;
export const adminKubeconfig = `${root}/etc/rancher/k3s/k3s.yaml`;
export const nodeFolder = `${root}/etc/rancher/node`;
export const passwordFile = `${nodeFolder}/password`;
export const runFolder = `${root}/run`;
export const defaultDataDir = `${root}/var/lib/rancher/k3s`;

/** The files of a server below its data folder; names as in k3s pkg/daemons/control/deps. */
export function serverPaths(dataDir: string) {
  const server = join(dataDir, 'server');
  const tls = join(server, 'tls');
  const etcdTls = join(tls, 'etcd');
  const db = join(server, 'db');
  const etcd = join(db, 'etcd');
  return {
    server,
    tls,
    etcdTls,
    db,
    etcd,
    token: join(server, 'token'),
    nodeToken: join(server, 'node-token'),
    agentToken: join(server, 'agent-token'),
    cred: join(server, 'cred'),
    passwd: join(server, 'cred/passwd'),
    manifests: join(server, 'manifests'),
    serverCa: join(tls, 'server-ca.crt'),
    clientCa: join(tls, 'client-ca.crt'),
    walFolder: join(etcd, 'member/wal'),
    wal: join(etcd, 'member/wal/0000000000000000-0000000000000000.wal'),
    snapFolder: join(etcd, 'member/snap'),
    name: join(etcd, 'name'),
    etcdConfig: join(etcd, 'config'),
    tombstone: join(etcd, 'tombstone'),
    snapshots: join(db, 'snapshots'),
    resetFlag: join(db, 'reset-flag'),
    sqlite: join(db, 'state.db'),
  };
}

export type ServerPaths = ReturnType<typeof serverPaths>;

/** The files of an agent below its data folder. */
export function agentPaths(dataDir: string) {
  const agent = join(dataDir, 'agent');
  return {
    agent,
    clientCert: join(agent, 'client-kubelet.crt'),
    clientKey: join(agent, 'client-kubelet.key'),
    servingCert: join(agent, 'serving-kubelet.crt'),
    servingKey: join(agent, 'serving-kubelet.key'),
    serverCa: join(agent, 'server-ca.crt'),
    clientCa: join(agent, 'client-ca.crt'),
    kubeconfig: join(agent, 'kubelet.kubeconfig'),
    supervisorServers: join(agent, 'etc/k3s-agent-load-balancer.json'),
    apiServers: join(agent, 'etc/k3s-api-server-agent-load-balancer.json'),
  };
}

/** A name with the second in it, as k3s puts a folder aside; the next second that is free, so that a test may be quick. */
export function asideName(folder: string, why: string): string {
  let seconds = Math.floor(Date.now() / 1000);
  while (existsSync(`${folder}-${why}-${seconds}`)) seconds += 1;
  return `${folder}-${why}-${seconds}`;
}
