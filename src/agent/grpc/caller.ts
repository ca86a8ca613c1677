// Who calls: the certificate's own key is the caller's identity, whatever name it bears.
import { X509Certificate } from 'node:crypto';
import { idOf } from '../identity.ts';

/** Id of the member that calls; undefined when it shows no certificate. */
export function callerOf(call: {
  getAuthContext(): { readonly sslPeerCertificate?: { readonly raw: Buffer } };
}): string | undefined {
  const { sslPeerCertificate } = call.getAuthContext();
  return sslPeerCertificate && idOf(new X509Certificate(sslPeerCertificate.raw).publicKey);
}
