// Join tokens, as in k3s' clientaccess: their forms, the hash of the cluster's authority in them, and the order of the
// handshake, in which nobody gets a credential before the server has shown the right authority.
import { createHash, randomBytes, X509Certificate } from 'node:crypto';
import { warn } from './log.ts';
import { type Answer, type RequestOptions, send, statusText } from './request.ts';

const prefix = 'K10';
const hashLength = 64;
const bootstrapPattern = /^[a-z0-9]{6}\.[a-z0-9]{16}$/;

export interface Token {
  /** Hex; empty in the short forms. */
  readonly caHash: string;
  readonly username: string;
  readonly password: string;
  /** Set in place of the two: "id.secret". */
  readonly bootstrap?: string;
}

export function isBootstrapToken(text: string): boolean {
  return bootstrapPattern.test(text);
}

/** @throws Error in the words of k3s */
export function parseToken(text: string): Token {
  if (text === '') throw new Error('token must not be empty');
  let rest = text;
  if (!rest.startsWith(prefix)) rest = `${prefix}${isBootstrapToken(rest) ? '::' : ':::'}${rest}`;
  rest = rest.slice(prefix.length);
  let caHash = '';
  const at = rest.indexOf('::');
  if (at >= 0) {
    caHash = rest.slice(0, at);
    rest = rest.slice(at + 2);
    if (caHash.length > 0 && caHash.length !== hashLength) throw new Error('invalid token CA hash length');
  }
  if (isBootstrapToken(rest)) return { caHash, username: '', password: '', bootstrap: rest };
  const colon = rest.indexOf(':');
  if (colon < 0 || colon === rest.length - 1) throw new Error('invalid token format');
  return { caHash, username: rest.slice(0, colon), password: rest.slice(colon + 1) };
}

/** The secret of a server token, whichever its form. @throws Error in the words of k3s */
export function normalizeToken(text: string): string {
  try {
    const { bootstrap, password } = parseToken(text);
    if (bootstrap === undefined) return password;
  } catch {
    // The one text for all of it.
  }
  throw new Error(
    'failed to normalize token; must be in format K10<CA-HASH>::<USERNAME>:<PASSWORD> or <PASSWORD>',
  );
}

/** Of one certificate the hash of the file, of a bundle that of its root's DER. */
export function hashAuthority(pem: string): string {
  const certificates = pem.match(/-----BEGIN CERTIFICATE-----[\s\S]+?-----END CERTIFICATE-----/g) ?? [];
  const root = certificates.map(each => new X509Certificate(each)).find(each => each.checkIssued(each));
  const bytes = certificates.length > 1 && root !== undefined ? root.raw : pem;
  return createHash('sha256').update(bytes).digest('hex');
}

export function formatToken(credentials: string, caPem: string): string {
  return `${prefix}${hashAuthority(caPem)}::${credentials}`;
}

/** A random secret in lower-case hex, as util.Random makes it. */
export function randomSecret(bytes = 16): string {
  return randomBytes(bytes).toString('hex');
}

/** A server that was believed, and with what one speaks to it. */
export interface ClusterAccess {
  readonly url: string;
  readonly ca: string;
  readonly token: Token;
}

/**
 * The handshake: asks whoever answers for the authority, compares it, and asks again under that authority.
 * @param username in place of the token's, which names only whom it was written for
 * @throws Error in the words of k3s
 */
export async function validateToken(url: string, text: string, username: string): Promise<ClusterAccess> {
  const parsed = parseToken(text);
  if (!url.startsWith('https://'))
    throw new Error(`only https:// URLs are supported, invalid scheme: ${url}`);
  const base = url.replace(/\/+$/, '');
  let ca: string;
  try {
    ca = bodyOf(`${base}/cacerts`, await send(`${base}/cacerts`));
  } catch (thrown) {
    throw new Error(`failed to get CA certs: ${(thrown as Error).message}`);
  }
  try {
    bodyOf(`${base}/cacerts`, await send(`${base}/cacerts`, { ca }));
  } catch (thrown) {
    throw new Error(`CA cert validation failed: ${(thrown as Error).message}`);
  }
  if (parsed.caHash === '')
    warn(
      'Cluster CA certificate is not trusted by the host CA bundle, but the token does not include a CA hash. ' +
        "Use the full token from the server's node-token file to enable Cluster CA validation.",
    );
  else if (parsed.caHash !== hashAuthority(ca))
    throw new Error(
      `token CA hash does not match the Cluster CA certificate hash: ${parsed.caHash} != ${hashAuthority(ca)}`,
    );
  const token = parsed.bootstrap === undefined ? { ...parsed, username } : parsed;
  return { url: base, ca, token };
}

export function authorization(token: Token): string {
  if (token.bootstrap !== undefined) return `Bearer ${token.bootstrap}`;
  return `Basic ${Buffer.from(`${token.username}:${token.password}`).toString('base64')}`;
}

/** Asks the supervisor with the token. @throws Error "URL: 401 Unauthorized", or Go's words */
export async function askSupervisor(
  access: ClusterAccess,
  path: string,
  options: RequestOptions = {},
): Promise<string> {
  const url = `${access.url}${path}`;
  const headers = { authorization: authorization(access.token), ...options.headers };
  return bodyOf(url, await send(url, { ca: access.ca, ...options, headers }));
}

function bodyOf(url: string, answer: Answer): string {
  if (answer.status < 200 || answer.status > 299) throw new Error(`${url}: ${statusText(answer.status)}`);
  return answer.body;
}
