// The door for peers: accepts TCP from allowed addresses only, does the TLS handshake itself so that a refusal has a
// reason, and hands the connection to gRPC. Knows nothing of what is said inside.
import { type AddressInfo, BlockList, createServer as createTcpServer, isIPv6, type Socket } from 'node:net';
import { createServer as createTlsServer, type TLSSocket } from 'node:tls';
import type { Credentials } from '../certificates.ts';
import type { UnreachableReason } from '../environment.ts';
import { handshakeBusyTimeoutMs, handshakeTimeoutMs } from '../limits.ts';
import { exitCode, StartError } from '../start-error.ts';
import { Admission } from './admission.ts';

interface Refusal {
  readonly reason: UnreachableReason;
  readonly detail: string;
}

export interface Listener {
  /** Connections closed before the handshake because too many came at once. */
  readonly shed: number;
  /** Certificates for handshakes from now on. */
  renew(credentials: Credentials): void;
  close(): void;
}

/** The tailnet's own ranges (Tailscale: CGNAT 100.64.0.0/10 and its ULA). */
const tailnet = new BlockList();
tailnet.addSubnet('100.64.0.0', 10, 'ipv4');
tailnet.addSubnet('fd7a:115c:a1e0::', 48, 'ipv6');
const loopback = new BlockList();
loopback.addSubnet('127.0.0.0', 8, 'ipv4');
loopback.addAddress('::1', 'ipv6');

const within = (ranges: BlockList, ip: string) => ranges.check(ip, isIPv6(ip) ? 'ipv6' : 'ipv4');

/** True for an address of a tailnet. */
export function isTailnetAddress(ip: string): boolean {
  return within(tailnet, ip);
}

/** Whether a peer at `ip` may speak to an agent bound to `boundIp`: tailnet to tailnet, loopback to loopback; elsewhere the operator chose, so anyone. */
export function mayConnect(boundIp: string, ip: string): boolean {
  for (const ranges of [tailnet, loopback]) if (within(ranges, boundIp)) return within(ranges, ip);
  return true;
}

/**
 * Listens on `host`:`port`.
 * @throws StartError when the address cannot be had
 */
export async function listen(options: {
  readonly host: string;
  readonly port: number;
  readonly credentials: Credentials;
  readonly nowMs: () => number;
  /** Why nobody at an IP address may be a peer; empty when one may. */
  readonly refusalOf: (ip: string) => Promise<string>;
  readonly onConnection: (socket: TLSSocket) => void;
  readonly onTurnedAway: (address: string, reason: UnreachableReason, detail: string) => void;
}): Promise<Listener> {
  const { host, port, onConnection, onTurnedAway } = options;
  const sockets = new Set<Socket>();
  const admission = new Admission(options.nowMs);
  let credentials = options.credentials;
  // A host may be given by name; what counts is the address it stands for.
  let boundIp = host;
  const tcp = createTcpServer(socket => {
    sockets.add(socket);
    socket.on('close', () => sockets.delete(socket));
    socket.on('error', () => socket.destroy());
    const remote = `${socket.remoteAddress ?? 'unknown'}:${socket.remotePort ?? 0}`;
    if (!mayConnect(boundIp, socket.remoteAddress ?? '')) {
      onTurnedAway(remote, 'protocol', `it is outside the network that ${boundIp} belongs to`);
      socket.destroy();
      return;
    }
    // One who only knocks says nothing and costs nothing; the handshake begins with the first word.
    const patience = setTimeout(() => socket.destroy(), handshakeTimeoutMs);
    socket.once('close', () => clearTimeout(patience));
    socket.once('readable', () => {
      clearTimeout(patience);
      if (socket.readableLength === 0) {
        socket.destroy();
        return;
      }
      if (!admission.begin()) {
        socket.destroy();
        return;
      }
      let ended = false;
      const end = () => {
        if (!ended) admission.end();
        ended = true;
      };
      socket.once('close', end);
      const welcome = (secure: TLSSocket) => {
        end();
        onConnection(secure);
      };
      options.refusalOf(socket.remoteAddress ?? '').then(refusal => {
        if (socket.destroyed) return;
        if (refusal !== '') {
          onTurnedAway(remote, 'device', refusal);
          socket.destroy();
          return;
        }
        shakeHands(socket, credentials, welcome, ({ reason, detail }) =>
          onTurnedAway(remote, reason, detail),
        );
      });
    });
  });
  await new Promise<void>((resolve, reject) => {
    tcp.once('error', error => reject(listenError(error, host, port)));
    tcp.listen({ host, port }, resolve);
  });
  boundIp = (tcp.address() as AddressInfo).address;
  return {
    get shed() {
      return admission.shed;
    },
    renew(renewed) {
      credentials = renewed;
    },
    close() {
      tcp.close();
      for (const socket of sockets) socket.destroy();
    },
  };
}

/**
 * Does the handshake on one connection. A TLS server of its own for each costs about a millisecond and ties every
 * failure to its connection: Node has torn down the socket, address and all, by the time it reports one.
 */
function shakeHands(
  socket: Socket,
  { authority, certificate, privateKeyPem }: Credentials,
  onConnection: (socket: TLSSocket) => void,
  onRefused: (refusal: Refusal) => void,
): void {
  const tls = createTlsServer({
    ...{ ca: authority, cert: certificate, key: privateKeyPem, minVersion: 'TLSv1.3', ALPNProtocols: ['h2'] },
    // Node would drop an unauthorised peer without a word; here it is dropped below, with the reason.
    ...{ requestCert: true, rejectUnauthorized: false, handshakeTimeout: handshakeBusyTimeoutMs },
  });
  tls.on('secureConnection', secure => {
    if (secure.authorized) {
      onConnection(secure);
      return;
    }
    onRefused(
      reasonOf(authorizationErrorOf(secure)) ?? { reason: 'protocol', detail: 'it was not authorised' },
    );
    secure.destroy();
  });
  tls.on('tlsClientError', error => {
    const refusal = reasonOf(error);
    if (refusal) onRefused(refusal);
    // Node's TLS client breaks off without an alert when it does not accept our certificate. One that came and went
    // without a word is no news.
    else if (socket.bytesRead > 0 && socket.bytesWritten > 0) onRefused(brokenOff);
  });
  tls.emit('connection', socket);
}

const brokenOff: Refusal = {
  reason: 'key-refused',
  detail: 'it broke off when it saw our certificate, as a node with another cluster key does',
};

/** Why OpenSSL did not accept a peer's certificate. Node types it as an Error and hands out a code. */
function authorizationErrorOf(socket: TLSSocket): Error {
  const why: unknown = socket.authorizationError;
  const codes: Readonly<Record<string, string>> = {
    CERT_HAS_EXPIRED: 'expired',
    CERT_NOT_YET_VALID: 'not yet valid',
  };
  const code = why instanceof Error ? why.message : String(why ?? 'no certificate');
  return new Error(
    codes[code] ?? (socket.getPeerX509Certificate() ? `unable to verify (${code})` : 'certificate required'),
  );
}

/** Why a handshake failed, for people; undefined when the other side merely went away. */
export function reasonOf(error: Error): Refusal | undefined {
  const { message } = error;
  if (/expired|not yet valid/i.test(message)) {
    return {
      reason: 'clock',
      detail: 'its certificate is not valid now: the clock of one of the two is wrong',
    };
  }
  if (
    /unknown ca|self-signed|self signed|unable to (verify|get)|signature failure|bad certificate|decrypt error/i.test(
      message,
    )
  ) {
    return {
      reason: 'key-refused',
      detail: 'its certificate is not of this cluster: it holds another cluster key',
    };
  }
  if (/certificate required|did not return a certificate/i.test(message)) {
    return { reason: 'key-refused', detail: 'it showed no certificate: it is no agent of this cluster' };
  }
  if (
    /http request|wrong version|unsupported protocol|no shared|no application protocol|packet length/i.test(
      message,
    )
  ) {
    return { reason: 'protocol', detail: `it does not speak this protocol (${message})` };
  }
  if (
    /ECONNRESET|EPIPE|socket hang up|disconnected before/i.test(
      `${message} ${(error as NodeJS.ErrnoException).code}`,
    )
  )
    return undefined;
  return { reason: 'protocol', detail: message };
}

function listenError(error: NodeJS.ErrnoException, host: string, port: number): StartError {
  const where = `${host}:${port}`;
  switch (error.code) {
    case 'EADDRINUSE':
      return new StartError(
        `cannot listen on ${where}: the port is in use; is another agent running ("node-agent status")? choose another with --bind`,
        exitCode.failed,
      );
    case 'EADDRNOTAVAIL':
      return new StartError(
        `cannot listen on ${where}: this machine does not have the address; is the tailnet up? choose another with --bind`,
      );
    case 'EACCES':
      return new StartError(
        `cannot listen on ${where}: not permitted; choose a port above 1023 with --bind`,
        exitCode.denied,
      );
    default:
      return new StartError(
        `cannot listen on ${where} (${error.message}): choose another address with --bind HOST:PORT`,
        exitCode.usage,
      );
  }
}
