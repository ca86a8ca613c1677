// The HTTP door: takes GET and HEAD of the pages it was given, and nothing else. Never reads a body, keeps no
// connection, and knows nothing of what the pages say.
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { mayConnect } from '../grpc/listener.ts';
import { httpConnectionsMax, httpHeaderBytesMax, httpRequestTimeoutMs } from '../limits.ts';
import { exitCode, StartError } from '../start-error.ts';
import { hostOf, portOf } from '../view.ts';

export interface Page {
  readonly status: number;
  /** Media type. */
  readonly type: string;
  readonly body: string;
}

export interface HttpListener {
  close(): void;
}

const plain = (status: number, body: string): Page => ({ status, type: 'text/plain; charset=utf-8', body });

/** A page of one line. */
export function linePage(status: number, line: string): Page {
  return plain(status, `${line}\n`);
}

/**
 * Serves `pages`, by their paths, on `bind` (HOST:PORT).
 * @throws StartError when the address cannot be had
 */
export async function listenHttp(
  bind: string,
  pages: Readonly<Record<string, () => Promise<Page>>>,
): Promise<HttpListener> {
  const server = createServer(
    {
      ...{ maxHeaderSize: httpHeaderBytesMax, headersTimeout: httpRequestTimeoutMs },
      ...{ requestTimeout: httpRequestTimeoutMs, connectionsCheckingInterval: httpRequestTimeoutMs },
    },
    (request, response) => {
      pageFor(request, pages).then(page => reply(response, page));
    },
  );
  server.maxConnections = httpConnectionsMax;
  server.timeout = httpRequestTimeoutMs;
  await new Promise<void>((resolve, reject) => {
    server.once('error', error => reject(bindError(error, bind)));
    server.listen({ host: hostOf(bind), port: portOf(bind) }, resolve);
  });
  const { address } = server.address() as AddressInfo;
  server.on('connection', socket => {
    if (!mayConnect(address, socket.remoteAddress ?? '')) socket.destroy();
  });
  return {
    close() {
      server.close();
      server.closeAllConnections();
    },
  };
}

async function pageFor(
  { method, url = '' }: IncomingMessage,
  pages: Readonly<Record<string, () => Promise<Page>>>,
): Promise<Page> {
  const [path = ''] = url.split('?', 1);
  const page = Object.hasOwn(pages, path) ? pages[path] : undefined;
  if (!page) return linePage(404, `there is ${Object.keys(pages).join(' and ')}`);
  if (method !== 'GET' && method !== 'HEAD') return linePage(405, 'only GET and HEAD');
  try {
    return await page();
  } catch (error) {
    return linePage(500, `this page failed: ${error instanceof Error ? error.message : error}`);
  }
}

function reply(response: ServerResponse, { status, type, body }: Page): void {
  response.writeHead(status, {
    'Content-Type': type,
    'Content-Length': Buffer.byteLength(body),
    'Cache-Control': 'no-store',
    // A scrape is rare; an idle connection would only be one more thing to limit.
    Connection: 'close',
    ...(status === 405 ? { Allow: 'GET, HEAD' } : {}),
  });
  response.end(body);
}

function bindError(error: NodeJS.ErrnoException, bind: string): StartError {
  const mend = 'choose another with --set http.bind=HOST:PORT, or none with --set http.enabled=false';
  switch (error.code) {
    case 'EADDRINUSE':
      return new StartError(`cannot serve HTTP on ${bind}: the port is in use; ${mend}`);
    case 'EADDRNOTAVAIL':
      return new StartError(`cannot serve HTTP on ${bind}: this machine does not have the address; ${mend}`);
    case 'EACCES':
      return new StartError(`cannot serve HTTP on ${bind}: not permitted; ${mend}`, exitCode.denied);
    default:
      return new StartError(`cannot serve HTTP on ${bind} (${error.message}): ${mend}`, exitCode.usage);
  }
}
