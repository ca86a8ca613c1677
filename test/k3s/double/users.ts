// Who asks: by certificate, by a bootstrap token, or by the passwords of nodes and servers; and what a user may do to objects.
import { timingSafeEqual } from 'node:crypto';
import type { IncomingMessage } from 'node:http';
import type { TLSSocket } from 'node:tls';
import type { KubeStore } from './kube-store.ts';
import { type KubeObject, type Resource, secrets } from './objects.ts';

export interface User {
  readonly name: string;
  readonly groups: readonly string[];
}

export const agentGroup = 'k3s:agent';
export const serverGroup = 'k3s:server';
export const nodesGroup = 'system:nodes';
export const mastersGroup = 'system:masters';
export const bootstrappersGroup = 'system:bootstrappers';

export interface Passwords {
  readonly serverSecret: string;
  readonly agentSecret: string;
}

/**
 * Who a request is from: the certificate first, then what the header says, as k3s joins its authenticators.
 * @returns undefined when it shows nothing, 'invalid' when what it shows is no good
 */
export function authenticate(
  request: IncomingMessage,
  passwords: Passwords,
  store: KubeStore | undefined,
): User | 'invalid' | undefined {
  const certified = certifiedUser(request.socket as TLSSocket);
  if (certified !== undefined && certified !== 'invalid') return certified;
  const { authorization } = request.headers;
  if (authorization === undefined) return certified;
  const [scheme = '', value = ''] = authorization.split(' ');
  if (scheme === 'Bearer') return bootstrapUser(value, store) ?? 'invalid';
  const [user = '', ...rest] = Buffer.from(value, 'base64').toString().split(':');
  const password = rest.join(':');
  if (user === 'node' && isSame(password, passwords.agentSecret))
    return { name: 'node', groups: [agentGroup] };
  if (user === 'server' && isSame(password, passwords.serverSecret))
    return { name: 'server', groups: [serverGroup] };
  return 'invalid';
}

function certifiedUser(socket: TLSSocket): User | 'invalid' | undefined {
  const { subject } = socket.getPeerCertificate();
  if (subject === undefined) return undefined;
  // A certificate of an authority that is not this cluster's is no identity here.
  if (!socket.authorized) return 'invalid';
  return { name: String(subject.CN), groups: [subject.O ?? []].flat().map(String) };
}

/** The name of the node that a user is, if it is one. */
export function nodeNameOf(user: User): string | undefined {
  return user.groups.includes(nodesGroup) ? /^system:node:(.+)$/.exec(user.name)?.[1] : undefined;
}

/** Whether a user may do that; nodes may care for themselves, administrators for all. */
export function mayDo(user: User, verb: string, of: Resource, name: string, object?: KubeObject): boolean {
  if (user.groups.includes(mastersGroup) || user.name.startsWith('system:k3s-')) return true;
  const isRead = ['get', 'list', 'watch'].includes(verb);
  if (user.name === 'system:kube-proxy') return isRead && of.plural !== 'secrets';
  const node = nodeNameOf(user);
  if (node === undefined) return false;
  if (of.plural === 'nodes') {
    if (isRead) return true;
    return verb !== 'delete' && (name || object?.metadata.name) === node;
  }
  if (of.plural === 'leases') return isRead || (name || object?.metadata.name) === node;
  if (of.plural === 'secrets') return verb === 'get';
  return isRead || ['pods', 'events'].includes(of.plural);
}

function bootstrapUser(token: string, store: KubeStore | undefined): User | undefined {
  const [id = '', secret = ''] = token.split('.');
  const data = store?.peek(secrets, 'kube-system', `bootstrap-token-${id}`)?.data as
    | Record<string, string>
    | undefined;
  const field = (name: string) => Buffer.from(data?.[name] ?? '', 'base64').toString();
  if (data === undefined || !isSame(secret, field('token-secret'))) return undefined;
  if (field('usage-bootstrap-authentication') !== 'true') return undefined;
  const expires = field('expiration');
  if (expires !== '' && Date.parse(expires) <= Date.now()) return undefined;
  const extra = field('auth-extra-groups').split(',').filter(Boolean);
  return { name: `system:bootstrap:${id}`, groups: [bootstrappersGroup, ...extra] };
}

function isSame(one: string, other: string): boolean {
  const [a, b] = [Buffer.from(one), Buffer.from(other)];
  return other !== '' && a.length === b.length && timingSafeEqual(a, b);
}
