// A credential for an administrator of the cluster: a certificate of its own, signed by the authority for clients that every server of
// k3s has, with an end that the asker chooses. The one that k3s keeps for itself is given to nobody.
import 'reflect-metadata';
import { createPrivateKey, webcrypto } from 'node:crypto';
import {
  BasicConstraintsExtension,
  ExtendedKeyUsage,
  ExtendedKeyUsageExtension,
  KeyUsageFlags,
  KeyUsagesExtension,
  X509Certificate,
  X509CertificateGenerator,
} from '@peculiar/x509';
import { stringify } from 'yaml';
import { textOf } from '../file-text.ts';
import type { Host } from '../host.ts';
import { ServiceError } from '../service-error.ts';
import { credentialBackdateMs, credentialLifeMaxMs } from './limits.ts';
import { files, folders } from './names.ts';

const curve = { name: 'ECDSA', namedCurve: 'P-256' };
const signing = { name: 'ECDSA', hash: 'SHA-256' };

/**
 * A kubeconfig for `server` (a URL) with a new credential, good for `lifeMs` from `nowMs`; its context, cluster and user are called
 * `name`. @throws ServiceError while this machine has no authority
 */
export async function kubeconfig(
  host: Host,
  {
    name,
    server,
    lifeMs,
    nowMs,
  }: { readonly name: string; readonly server: string; readonly lifeMs: number; readonly nowMs: number },
): Promise<string> {
  const tls = `${folders.data}/server/tls`;
  const [serverCa, clientCa, clientKey] = await Promise.all(
    [files.authority, `${tls}/client-ca.crt`, `${tls}/client-ca.key`].map(path => textOf(host, path)),
  );
  if (!serverCa || !clientCa || !clientKey)
    throw new ServiceError('no-authority', false, 'this member is no server of Kubernetes: ask one that is');
  const keys = await webcrypto.subtle.generateKey(curve, true, ['sign', 'verify']);
  const issuer = new X509Certificate(clientCa);
  const serial = Buffer.from(webcrypto.getRandomValues(new Uint8Array(16)));
  // The sign bit of an ASN.1 integer stays clear.
  serial[0] = (serial[0] ?? 0) & 0x7f;
  const certificate = await X509CertificateGenerator.create({
    serialNumber: serial.toString('hex'),
    // The group that the API server takes for administrators (kubernetes.io, RBAC, system:masters).
    subject: 'O=system:masters, CN=clusteros:admin',
    issuer: issuer.subject,
    notBefore: new Date(nowMs - credentialBackdateMs),
    notAfter: new Date(nowMs + Math.min(lifeMs, credentialLifeMaxMs)),
    publicKey: keys.publicKey,
    signingKey: await signingKey(clientKey),
    signingAlgorithm: signing,
    extensions: [
      new BasicConstraintsExtension(false, undefined, true),
      new KeyUsagesExtension(KeyUsageFlags.digitalSignature | KeyUsageFlags.keyEncipherment, true),
      new ExtendedKeyUsageExtension([ExtendedKeyUsage.clientAuth]),
    ],
  });
  const key = Buffer.from(await webcrypto.subtle.exportKey('pkcs8', keys.privateKey)).toString('base64');
  const pem = `-----BEGIN PRIVATE KEY-----\n${key.replace(/(.{64})/g, '$1\n').trimEnd()}\n-----END PRIVATE KEY-----\n`;
  const base64 = (text: string) => Buffer.from(text).toString('base64');
  return stringify({
    apiVersion: 'v1',
    kind: 'Config',
    clusters: [{ name, cluster: { server, 'certificate-authority-data': base64(serverCa) } }],
    users: [
      {
        name,
        user: {
          'client-certificate-data': base64(`${certificate.toString('pem')}\n`),
          'client-key-data': base64(pem),
        },
      },
    ],
    contexts: [{ name, context: { cluster: name, user: name } }],
    'current-context': name,
  });
}

async function signingKey(pem: string): Promise<webcrypto.CryptoKey> {
  const key = createPrivateKey(pem).export({ format: 'der', type: 'pkcs8' });
  return webcrypto.subtle.importKey('pkcs8', new Uint8Array(key), curve, false, ['sign']);
}
