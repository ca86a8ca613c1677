// Asks Tailscale's API for a key that lets one machine into the tailnet: an OAuth client's credentials for an access token
// (RFC 6749, 4.4), the token for the key. Never keeps, prints or sends a secret elsewhere: redirects are not followed.
// Source: tailscale.com/kb/1215 (OAuth clients), the API's "create key"; error texts as tailscale's issues quote them.
import { z } from 'zod';
import {
  apiAnswerBytesMax,
  apiMessageLengthMax,
  apiTimeoutMs,
  authKeyLifeS,
  keyDescriptionLengthMax,
  retryAfterMaxMs,
} from './limits.ts';

export const tailscaleApi = 'https://api.tailscale.com';

/** Whether nobody on the way to `url` can read along. */
export function isPrivateWay(url: string): boolean {
  if (!URL.canParse(url)) return false;
  const { protocol, hostname } = new URL(url);
  return protocol === 'https:' || /^(localhost|127\.\d+\.\d+\.\d+|\[::1\])$/.test(hostname);
}

export interface OAuthClient {
  readonly id: string;
  readonly secret: string;
}

export interface AuthKey {
  /** Of the key, for the admin console; no secret. */
  readonly id: string;
  /** The secret itself: single-use. */
  readonly key: string;
}

export interface AuthKeyRequest {
  readonly client: OAuthClient;
  /** At least one: a node from an OAuth client belongs to tags, for it has no user. */
  readonly tags: readonly string[];
  /** For people who look at the list of keys: letters, digits, dashes and blanks. */
  readonly description: string;
  /** Seconds; {@link authKeyLifeS} unless told otherwise. */
  readonly lifeS?: number;
  /** Of the server; for tests, or for a control server that has the same API. */
  readonly apiUrl?: string;
  readonly signal?: AbortSignal;
}

export type AuthKeyRefusal =
  /** The API does not know this client or its secret. */
  | 'bad-client'
  /** The client may not create keys. */
  | 'missing-scope'
  /** The client may not give these tags, or the tailnet's policy does not have them. */
  | 'tag-not-owned'
  /** Refused for a reason that this version does not know. */
  | 'refused';
export type AuthKeyTrouble = 'unreachable' | 'slow' | 'rate-limited' | 'server-error' | 'garbage';

export class AuthKeyError extends Error {
  override readonly name = 'AuthKeyError';
  readonly reason: AuthKeyRefusal | AuthKeyTrouble;
  /** One line: what to do. */
  readonly mend: string;
  /** Whether the same question may have another answer soon. */
  readonly isTransient: boolean;
  /** How long the server wants to be left alone, ms; 0 when it did not say. */
  readonly retryAfterMs: number;

  constructor(reason: AuthKeyRefusal | AuthKeyTrouble, message: string, mend: string, retryAfterMs = 0) {
    super(message);
    this.reason = reason;
    this.mend = mend;
    this.isTransient = !['bad-client', 'missing-scope', 'tag-not-owned', 'refused'].includes(reason);
    this.retryAfterMs = retryAfterMs;
  }
}

const tokenShape = z.object({
  access_token: z.string().min(1),
  /** Blank-separated; what the client has, not what was asked for. */
  scope: z.string().default(''),
  tags: z.string().default(''),
});
const keyShape = z.object({ id: z.string().default(''), key: z.string().min(1) });
const complaintShape = z.object({ message: z.string().optional(), error: z.string().optional() });

/**
 * A key for one machine: single-use, pre-authorised, for a node that is not ephemeral and has these tags.
 * @throws AuthKeyError, whose message may hold words of the server
 */
export async function createAuthKey({
  client,
  tags,
  description,
  lifeS = authKeyLifeS,
  apiUrl = tailscaleApi,
  signal,
}: AuthKeyRequest): Promise<AuthKey> {
  const base = apiUrl.replace(/\/+$/, '');
  const token = await accessToken(base, client, signal);
  const answer = await ask(
    `${base}/api/v2/tailnet/-/keys`,
    {
      headers: { Authorization: `Bearer ${token.access_token}`, 'Content-Type': 'application/json' },
      body: JSON.stringify({
        capabilities: {
          devices: { create: { reusable: false, ephemeral: false, preauthorized: true, tags } },
        },
        expirySeconds: lifeS,
        description: description.slice(0, keyDescriptionLengthMax),
      }),
    },
    signal,
  );
  if (answer.status !== 200) throw keyRefusal(answer, tags, token);
  return parsed(keyShape, answer, 'a key');
}

async function accessToken(base: string, { id, secret }: OAuthClient, signal: AbortSignal | undefined) {
  const answer = await ask(
    `${base}/api/v2/oauth/token`,
    {
      headers: { 'Content-Type': 'application/x-www-form-urlencoded' },
      body: new URLSearchParams({
        client_id: id,
        client_secret: secret,
        grant_type: 'client_credentials',
      }).toString(),
    },
    signal,
  );
  if (answer.status !== 200)
    throw new AuthKeyError(
      'bad-client',
      `${answer.host} does not accept the OAuth client (${said(answer)})`,
      'make an OAuth client with the scope auth_keys in the admin console and put its id and secret into TAILSCALE_OAUTH_CLIENT_ID and TAILSCALE_OAUTH_CLIENT_SECRET',
    );
  return parsed(tokenShape, answer, 'an access token');
}

function keyRefusal(
  answer: Answer,
  tags: readonly string[],
  token: z.infer<typeof tokenShape>,
): AuthKeyError {
  const { status } = answer;
  const what = `${answer.host} gives no key (${said(answer)})`;
  if (/\btags?\b/i.test(answer.text)) {
    const has = token.tags === '' ? '' : `; this client has ${token.tags}`;
    return new AuthKeyError(
      'tag-not-owned',
      what,
      `give the OAuth client exactly ${tags.join(', ')}, or a tag that owns it, in the admin console, and name it in tagOwners of the tailnet's policy${has}`,
    );
  }
  if (status === 401 || status === 403) {
    const has = token.scope === '' ? '' : `; it has ${token.scope}`;
    return new AuthKeyError(
      'missing-scope',
      what,
      `give the OAuth client the scope auth_keys (write) in the admin console${has}`,
    );
  }
  return new AuthKeyError(
    'refused',
    what,
    'see what it says; "tailscale-auth --dry-run" shows what was asked for',
  );
}

interface Answer {
  readonly host: string;
  readonly status: number;
  readonly text: string;
}

/** Posts, and reads the answer as a whole. @throws AuthKeyError for what may pass: network, deadline, 429, 5xx */
async function ask(
  url: string,
  init: { readonly headers: Record<string, string>; readonly body: string },
  signal: AbortSignal | undefined,
): Promise<Answer> {
  const { host } = new URL(url);
  const deadline = AbortSignal.timeout(apiTimeoutMs);
  let response: Response;
  let text: string;
  try {
    response = await fetch(url, {
      ...init,
      method: 'POST',
      redirect: 'error',
      signal: signal ? AbortSignal.any([signal, deadline]) : deadline,
    });
    text = await bounded(response);
  } catch (error) {
    signal?.throwIfAborted();
    if (error instanceof RangeError)
      throw new AuthKeyError('garbage', `${host} answers with ${error.message}`, notTheApi);
    if (deadline.aborted)
      throw new AuthKeyError(
        'slow',
        `${host} did not answer within ${apiTimeoutMs / 1000} s`,
        'see whether this machine has a way out: "tailscale netcheck"',
      );
    throw unreachable(host, error as Error);
  }
  const { status } = response;
  if (status === 429 || status >= 500) {
    const wait = retryAfterMs(response.headers.get('retry-after'));
    const answer = { host, status, text };
    throw status === 429
      ? new AuthKeyError('rate-limited', `${host} wants fewer questions (${said(answer)})`, 'wait', wait)
      : new AuthKeyError('server-error', `${host} has trouble of its own (${said(answer)})`, 'wait', wait);
  }
  return { host, status, text };
}

const notTheApi =
  'see who answers there: a captive portal or a proxy may be in the way, or the URL is not that of the API';

function unreachable(host: string, error: Error): AuthKeyError {
  const { code = '', message } = (error.cause ?? error) as NodeJS.ErrnoException;
  const mend = /CERT_NOT_YET_VALID|CERT_HAS_EXPIRED/.test(code)
    ? `see whether the clock of this machine is right (it says ${new Date().toISOString()})`
    : code === 'ENOTFOUND' || code === 'EAI_AGAIN'
      ? 'see whether this machine has a network and a name server'
      : 'see whether this machine has a way out: "tailscale netcheck"';
  return new AuthKeyError('unreachable', `${host} cannot be reached (${code || message})`, mend);
}

/** @throws RangeError when it is longer than an answer of the API */
async function bounded(response: Response): Promise<string> {
  const decoder = new TextDecoder();
  let text = '';
  for await (const piece of response.body ?? []) {
    text += decoder.decode(piece as Uint8Array, { stream: true });
    if (text.length > apiAnswerBytesMax) throw new RangeError(`more than ${apiAnswerBytesMax} bytes`);
  }
  return text;
}

function parsed<T extends z.ZodType>(shape: T, { host, text }: Answer, what: string): z.infer<T> {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {}
  const result = shape.safeParse(value);
  // What it holds is not shown: it may be a secret in another shape than is known here.
  if (!result.success)
    throw new AuthKeyError(
      'garbage',
      `${host} answers with ${text.length} bytes that are not ${what}`,
      notTheApi,
    );
  return result.data;
}

/** The server's own words. */
function said({ status, text }: Answer): string {
  let words = '';
  try {
    const { message, error } = complaintShape.parse(JSON.parse(text));
    words = message ?? error ?? '';
  } catch {}
  words = words.replace(/\s+/g, ' ').slice(0, apiMessageLengthMax);
  return words === '' ? `HTTP ${status}` : `HTTP ${status}: ${words}`;
}

/** RFC 9110, 10.2.3: seconds, or a date. */
function retryAfterMs(header: string | null): number {
  if (header === null) return 0;
  const ms = /^\d+$/.test(header.trim()) ? Number(header) * 1000 : Date.parse(header) - Date.now();
  return ms > 0 ? Math.min(ms, retryAfterMaxMs) : 0;
}
