// A gRPC client for one peer's address, inside the cluster's mTLS. Tells whose key the other side has shown.
import { X509Certificate } from 'node:crypto';
import { credentials as channelCredentials } from '@grpc/grpc-js';
import { v1 } from '../../api/proto.ts';
import type { Credentials } from '../certificates.ts';
import { idOf } from '../identity.ts';

export type PeerClient = InstanceType<typeof v1.PeerService>;

/**
 * A client for the agent at `address` (HOST:PORT); nothing is sent before the first call.
 * @param onIdentity told the id that the handshake has proved; an Error it returns refuses the peer
 */
export function peerClient(
  { authority, certificate, privateKeyPem }: Credentials,
  address: string,
  onIdentity: (id: string) => Error | undefined,
): PeerClient {
  const secure = channelCredentials.createSsl(
    Buffer.from(authority),
    Buffer.from(privateKeyPem),
    Buffer.from(certificate),
    { checkServerIdentity: (_name, peer) => onIdentity(idOf(new X509Certificate(peer.raw).publicKey)) },
  );
  return new v1.PeerService(address, secure, {
    // Node refuses an IP address as a TLS server name; the name is not what we check.
    'grpc.ssl_target_name_override': 'peer.clusteros.internal',
    'grpc.use_local_subchannel_pool': 1,
    'grpc.enable_retries': 0,
  });
}
