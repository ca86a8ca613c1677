// One HTTPS request, and its failures in the words of Go's net/http, since those are what k3s writes into the journal.
import type { ClientRequest, IncomingHttpHeaders } from 'node:http';
import { type Agent, request as httpsRequest } from 'node:https';
import { isIP } from 'node:net';
import { checkServerIdentity } from 'node:tls';
import { supervisorTimeoutMs } from './limits.ts';
import { loopback } from './paths.ts';

export interface RequestOptions {
  readonly method?: string;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: string;
  /** PEM of the authorities that the server must be signed by; without it any server is believed. */
  readonly ca?: string;
  readonly cert?: string;
  readonly key?: string;
  readonly timeoutMs?: number;
  readonly agent?: Agent;
  /** False: the name of the server is not compared, only its authority. */
  readonly checksName?: boolean;
}

export interface Answer {
  readonly status: number;
  readonly body: string;
  readonly headers: IncomingHttpHeaders;
}

const reasons: Readonly<Record<number, string>> = {
  400: 'Bad Request',
  401: 'Unauthorized',
  403: 'Forbidden',
  404: 'Not Found',
  409: 'Conflict',
  429: 'Too Many Requests',
  500: 'Internal Server Error',
  502: 'Bad Gateway',
  503: 'Service Unavailable',
  504: 'Gateway Timeout',
};

/** As Go says a status: "401 Unauthorized". */
export function statusText(status: number): string {
  return `${status} ${reasons[status] ?? ''}`.trim();
}

/** @throws Error with Go's words when there is no answer */
export async function send(url: string, options: RequestOptions = {}): Promise<Answer> {
  const target = new URL(url);
  const method = options.method ?? 'GET';
  const timeoutMs = options.timeoutMs ?? supervisorTimeoutMs;
  return await new Promise<Answer>((resolve, reject) => {
    const fail = (thrown: unknown) =>
      reject(new Error(`${goVerb(method)} "${url}": ${goError(thrown, target, isConnected)}`));
    let isConnected = false;
    const request: ClientRequest = httpsRequest(
      target,
      {
        method,
        headers: {
          ...options.headers,
          ...(options.body === undefined ? {} : { 'content-length': Buffer.byteLength(options.body) }),
        },
        agent: options.agent ?? false,
        rejectUnauthorized: options.ca !== undefined,
        ...(isIP(target.hostname) === 0 ? { servername: target.hostname } : {}),
        checkServerIdentity: (name, certificate) => {
          if (options.checksName === false) return undefined;
          // Where a test has another loopback, certificates are still for the usual one.
          return checkServerIdentity(name === loopback ? '127.0.0.1' : name, certificate);
        },
        ...(options.ca === undefined ? {} : { ca: options.ca }),
        ...(options.cert === undefined ? {} : { cert: options.cert }),
        ...(options.key === undefined ? {} : { key: options.key }),
      },
      response => {
        const chunks: Buffer[] = [];
        response.on('data', (chunk: Buffer) => chunks.push(chunk));
        response.once('error', fail);
        response.once('end', () => {
          clearTimeout(timer);
          resolve({
            status: response.statusCode ?? 0,
            body: Buffer.concat(chunks).toString('utf8'),
            headers: response.headers,
          });
        });
      },
    );
    const timer = setTimeout(() => request.destroy(new Error('timeout')), timeoutMs);
    request.once('socket', socket => {
      if (!socket.connecting) isConnected = true;
      else socket.once('connect', () => (isConnected = true));
    });
    request.once('error', thrown => {
      clearTimeout(timer);
      fail(thrown);
    });
    request.end(options.body);
  });
}

function goVerb(method: string): string {
  return method[0] + method.slice(1).toLowerCase();
}

function goError(thrown: unknown, target: URL, isConnected: boolean): string {
  const { code = '', message } = thrown as NodeJS.ErrnoException;
  const dial = `dial tcp ${target.hostname}:${target.port || 443}`;
  if (message === 'timeout')
    return isConnected
      ? 'context deadline exceeded (Client.Timeout exceeded while awaiting headers)'
      : `${dial}: i/o timeout`;
  if (code === 'ECONNREFUSED') return `${dial}: connect: connection refused`;
  if (code === 'ETIMEDOUT') return `${dial}: i/o timeout`;
  if (code === 'EHOSTUNREACH') return `${dial}: connect: no route to host`;
  if (code === 'ENETUNREACH') return `${dial}: connect: network is unreachable`;
  if (code === 'ENOTFOUND' || code === 'EAI_AGAIN')
    return `dial tcp: lookup ${target.hostname}: no such host`;
  if (code === 'ECONNRESET' && message.includes('hang up')) return 'EOF';
  if (code === 'ECONNRESET') return `read tcp ${target.host}: read: connection reset by peer`;
  if (code === 'CERT_HAS_EXPIRED' || code === 'CERT_NOT_YET_VALID')
    return 'tls: failed to verify certificate: x509: certificate has expired or is not yet valid';
  if (code === 'ERR_TLS_CERT_ALTNAME_INVALID')
    return `tls: failed to verify certificate: x509: certificate is not valid for ${target.hostname}`;
  if (/CERT|ISSUER|SIGNATURE/.test(code))
    return 'tls: failed to verify certificate: x509: certificate signed by unknown authority';
  return message;
}
