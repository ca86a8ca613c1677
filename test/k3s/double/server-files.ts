// The secrets and certificates of a server on its disk, as k3s' control/deps makes them: authorities that the cluster shares,
// leaves of this server's own, the password file, the tokens. Makes what is missing and renews what is about to end.
import { X509Certificate } from 'node:crypto';
import { existsSync, mkdirSync, readFileSync, rmSync, statSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { certificateRenewDays } from './limits.ts';
import { info } from './log.ts';
import { adminKubeconfig, loopback, type ServerPaths } from './paths.ts';
import { formatToken, randomSecret } from './token.ts';

/** Files that all servers of a cluster share: what is in its datastore under the server token. */
export function sharedFiles(paths: ServerPaths): readonly string[] {
  const { tls, etcdTls, cred } = paths;
  const pair = (folder: string, name: string) => [join(folder, `${name}.crt`), join(folder, `${name}.key`)];
  return [
    ...pair(tls, 'server-ca'),
    ...pair(tls, 'client-ca'),
    ...pair(tls, 'request-header-ca'),
    ...pair(etcdTls, 'server-ca'),
    ...pair(etcdTls, 'peer-ca'),
    join(tls, 'service.key'),
    join(cred, 'ipsec.psk'),
    paths.passwd,
  ];
}

export interface Identity {
  readonly serverSecret: string;
  /** The secret of agents; that of servers unless one of its own was set. */
  readonly agentSecret: string;
}

interface Options {
  readonly paths: ServerPaths;
  readonly token: string | undefined;
  readonly agentToken: string | undefined;
  /** Names and addresses of this server. */
  readonly names: readonly string[];
  readonly address: string;
}

/** Makes all that is missing. @returns the secrets that are good here */
export async function ensureServerFiles(options: Options): Promise<Identity> {
  const { paths } = options;
  for (const folder of [paths.tls, paths.etcdTls, paths.cred, paths.manifests, join(paths.server, 'etc')])
    mkdirSync(folder, { recursive: true, mode: 0o700 });
  await ensureAuthorities(paths);
  await ensureLeaves(options);
  for (const [file, bytes] of [
    [join(paths.cred, 'ipsec.psk'), 48],
    [join(paths.tls, 'service.key'), 32],
  ] as const)
    if (!existsSync(file)) writeFileSync(file, `${randomSecret(bytes)}\n`, { mode: 0o600 });
  const known = readPasswords(paths);
  const serverSecret = options.token ?? known.get('server') ?? randomSecret();
  const agentSecret = options.agentToken ?? serverSecret;
  writePasswords(paths, { serverSecret, agentSecret });
  return { serverSecret, agentSecret };
}

export function readPasswords(paths: ServerPaths): Map<string, string> {
  if (!existsSync(paths.passwd)) return new Map();
  const rows = readFileSync(paths.passwd, 'utf8').split('\n').filter(Boolean);
  return new Map(rows.map(row => row.split(',')).map(([password = '', user = '']) => [user, password]));
}

export function writePasswords(paths: ServerPaths, { serverSecret, agentSecret }: Identity): void {
  const text = `${agentSecret},node,node,k3s:agent\n${serverSecret},server,server,k3s:server\n`;
  if (existsSync(paths.passwd) && readFileSync(paths.passwd, 'utf8') === text) return;
  writeFileSync(paths.passwd, text, { mode: 0o600 });
}

/** The files that tell tokens: the server's, and that of agents, a link where it is the same. */
export function writeTokens(paths: ServerPaths, { serverSecret, agentSecret }: Identity): void {
  const ca = readFileSync(paths.serverCa, 'utf8');
  writeFileSync(paths.token, `${formatToken(`server:${serverSecret}`, ca)}\n`, { mode: 0o600 });
  for (const link of [paths.nodeToken, paths.agentToken]) rmSync(link, { force: true });
  symlinkSync(paths.token, paths.nodeToken);
  if (agentSecret === serverSecret) symlinkSync(paths.token, paths.agentToken);
  else writeFileSync(paths.agentToken, `${formatToken(`node:${agentSecret}`, ca)}\n`, { mode: 0o600 });
}

export interface KubeconfigOptions {
  readonly file?: string | undefined;
  readonly url: string;
  readonly paths: ServerPaths;
  readonly mode: number;
}

/** A kubeconfig for the administrator with all in it; at /etc/rancher/k3s/k3s.yaml unless it was told elsewhere. */
export function writeAdminKubeconfig({ file = adminKubeconfig, url, paths, mode }: KubeconfigOptions): void {
  const data = (path: string) => readFileSync(path).toString('base64');
  const text = `apiVersion: v1
clusters:
- cluster:
    certificate-authority-data: ${data(paths.serverCa)}
    server: ${url}
  name: default
contexts:
- context:
    cluster: default
    user: default
  name: default
current-context: default
kind: Config
preferences: {}
users:
- name: default
  user:
    client-certificate-data: ${data(join(paths.tls, 'client-admin.crt'))}
    client-key-data: ${data(join(paths.tls, 'client-admin.key'))}
`;
  mkdirSync(join(file, '..'), { recursive: true });
  rmSync(file, { force: true });
  writeFileSync(file, text, { mode });
}

async function ensureAuthorities(paths: ServerPaths): Promise<void> {
  const authorities: readonly (readonly [string, string, string])[] = [
    [paths.tls, 'server-ca', 'k3s-server-ca'],
    [paths.tls, 'client-ca', 'k3s-client-ca'],
    [paths.tls, 'request-header-ca', 'k3s-request-header-ca'],
    [paths.etcdTls, 'server-ca', 'etcd-server-ca'],
    [paths.etcdTls, 'peer-ca', 'etcd-peer-ca'],
  ];
  for (const [folder, file, name] of authorities) {
    if (existsSync(join(folder, `${file}.crt`)) && existsSync(join(folder, `${file}.key`))) continue;
    const { makeAuthority } = await import('./certificates.ts');
    const made = await makeAuthority(name);
    writeFileSync(join(folder, `${file}.crt`), made.certificate, { mode: 0o600 });
    writeFileSync(join(folder, `${file}.key`), made.key, { mode: 0o600 });
  }
}

type Leaf = readonly [
  folder: string,
  file: string,
  authority: string,
  commonName: string,
  organization?: string,
];

async function ensureLeaves({ paths, names, address }: Options): Promise<void> {
  const { tls, etcdTls } = paths;
  const clients: readonly Leaf[] = [
    [tls, 'client-admin', 'client-ca', 'system:admin', 'system:masters'],
    [tls, 'client-supervisor', 'client-ca', 'system:k3s-supervisor', 'system:masters'],
    [tls, 'client-controller', 'client-ca', 'system:kube-controller-manager'],
    [tls, 'client-scheduler', 'client-ca', 'system:kube-scheduler'],
    [tls, 'client-kube-apiserver', 'client-ca', 'system:apiserver', 'system:masters'],
    [tls, 'client-kube-proxy', 'client-ca', 'system:kube-proxy'],
    [tls, 'client-k3s-controller', 'client-ca', 'system:k3s-controller'],
    [tls, 'client-k3s-cloud-controller', 'client-ca', 'k3s-cloud-controller-manager'],
    [etcdTls, 'client', 'server-ca', 'etcd-client'],
  ];
  const serving: readonly Leaf[] = [
    [tls, 'serving-kube-apiserver', 'server-ca', 'k3s', 'k3s'],
    [etcdTls, 'server-client', 'server-ca', 'etcd-server'],
    [etcdTls, 'peer-server-client', 'peer-ca', 'etcd-peer'],
  ];
  const own = [
    ...names,
    address,
    loopback,
    '127.0.0.1',
    '::1',
    'localhost',
    'kubernetes',
    'kubernetes.default',
  ];
  const all = [...own, 'kubernetes.default.svc', 'kubernetes.default.svc.cluster.local', '10.43.0.1'];
  for (const leaf of clients) await ensureLeaf(leaf, ['client'], []);
  for (const leaf of serving) await ensureLeaf(leaf, ['client', 'server'], all);
}

async function ensureLeaf(
  [folder, file, authority, commonName, organization]: Leaf,
  uses: readonly ('client' | 'server')[],
  names: readonly string[],
): Promise<void> {
  const [certificate, key] = [join(folder, `${file}.crt`), join(folder, `${file}.key`)];
  const ca = readFileSync(join(folder, `${authority}.crt`), 'utf8');
  if (existsSync(certificate) && existsSync(key) && isGood(readFileSync(certificate, 'utf8'), ca, names))
    return;
  if (existsSync(certificate)) info(`certificate ${commonName} signed by ${authority}: renewed`);
  const { issue } = await import('./certificates.ts');
  const signer = { certificate: ca, key: readFileSync(join(folder, `${authority}.key`), 'utf8') };
  const made = await issue(signer, { commonName, uses, names, ...(organization ? { organization } : {}) });
  writeFileSync(certificate, made.certificate + ca, { mode: 0o600 });
  writeFileSync(key, made.key, { mode: 0o600 });
}

/** Of this authority, for these names, and not about to end. */
function isGood(pem: string, ca: string, names: readonly string[]): boolean {
  const certificate = new X509Certificate(pem);
  const leftMs = Date.parse(certificate.validTo) - Date.now();
  const said = certificate.subjectAltName ?? '';
  return (
    certificate.verify(new X509Certificate(ca).publicKey) &&
    leftMs > certificateRenewDays * 86_400_000 &&
    names.every(name => said.includes(`:${name}`) || name === '::1')
  );
}

/** When a file was written, in whole seconds: what decides whether the disk or the datastore is newer. */
export function writtenAt(file: string): number {
  return Math.floor(statSync(file).mtimeMs / 1000);
}
