// The cluster's certificate authority, derived from the cluster key, and the certificates that a node issues itself.
// One TLS 1.3 handshake then proves both: knows the cluster key, and is this node. Never touches a network or a disk.
import 'reflect-metadata';
import { createHash, createPublicKey, hkdfSync, type KeyObject, webcrypto } from 'node:crypto';
import {
  BasicConstraintsExtension,
  KeyUsageFlags,
  KeyUsagesExtension,
  X509CertificateGenerator,
} from '@peculiar/x509';
import { type Identity, privateKeyFrom } from './identity.ts';
import { certificateBackdateMs, certificateLifeMs } from './limits.ts';

const algorithm = { name: 'Ed25519' };
// The authority never expires by itself: it lives as long as the key, and machines may boot with a clock of 1970.
const authorityFrom = new Date('1970-01-01T00:00:00Z');
const authorityUntil = new Date('9999-12-31T23:59:59Z');

export interface Authority {
  /** PEM. Equal on every node that holds the same key. */
  readonly certificate: string;
  readonly subject: string;
  readonly privateKey: webcrypto.CryptoKey;
  readonly publicKey: webcrypto.CryptoKey;
}

/** The authority that `clusterKey` (32 bytes) stands for. */
export async function authorityOf(clusterKey: Uint8Array): Promise<Authority> {
  const seed = new Uint8Array(hkdfSync('sha256', clusterKey, 'clusteros/ca/v1', 'ed25519', 32));
  const secret = privateKeyFrom(seed);
  const keys = await pairOf(secret, createPublicKey(secret));
  // A hash of the public key in the name lets OpenSSL tell two clusters apart by name, not by a broken signature.
  const spki = createPublicKey(secret).export({ format: 'der', type: 'spki' });
  const subject = `CN=clusteros ${createHash('sha256').update(spki).digest('hex').slice(0, 16)}`;
  const certificate = await X509CertificateGenerator.createSelfSigned({
    ...{ serialNumber: '01', name: subject, notBefore: authorityFrom, notAfter: authorityUntil, keys },
    signingAlgorithm: algorithm,
    extensions: [
      new BasicConstraintsExtension(true, 0, true),
      new KeyUsagesExtension(KeyUsageFlags.keyCertSign | KeyUsageFlags.cRLSign, true),
    ],
  });
  return { certificate: certificate.toString('pem'), subject, ...keys };
}

/** What a node shows in a handshake. */
export interface Credentials {
  /** PEM of its certificate, for its identity key. */
  readonly certificate: string;
  readonly privateKeyPem: string;
  readonly authority: string;
  readonly issuedAtMs: number;
}

/** A certificate for `identity`, signed by the authority, valid around `wallMs`. */
export async function issueCredentials(
  authority: Authority,
  identity: Identity,
  wallMs: number,
): Promise<Credentials> {
  const { publicKey } = await pairOf(identity.privateKey, identity.publicKey);
  const serial = createHash('sha256').update(`${identity.id}/${wallMs}`).digest('hex').slice(0, 30);
  const certificate = await X509CertificateGenerator.create({
    ...{ serialNumber: `01${serial}`, subject: `CN=${identity.id}`, issuer: authority.subject },
    notBefore: new Date(wallMs - certificateBackdateMs),
    notAfter: new Date(wallMs + certificateLifeMs),
    publicKey,
    signingKey: authority.privateKey,
    signingAlgorithm: algorithm,
    extensions: [
      new BasicConstraintsExtension(false, undefined, true),
      new KeyUsagesExtension(KeyUsageFlags.digitalSignature, true),
    ],
  });
  return {
    certificate: certificate.toString('pem'),
    privateKeyPem: identity.privateKey.export({ format: 'pem', type: 'pkcs8' }).toString(),
    authority: authority.certificate,
    issuedAtMs: wallMs,
  };
}

async function pairOf(secret: KeyObject, open: KeyObject): Promise<webcrypto.CryptoKeyPair> {
  const privateKey = await webcrypto.subtle.importKey(
    'pkcs8',
    bytesOf(secret.export({ format: 'der', type: 'pkcs8' })),
    algorithm,
    true,
    ['sign'],
  );
  const publicKey = await webcrypto.subtle.importKey(
    'spki',
    bytesOf(open.export({ format: 'der', type: 'spki' })),
    algorithm,
    true,
    ['verify'],
  );
  return { privateKey, publicKey };
}

function bytesOf(buffer: Buffer): Uint8Array<ArrayBuffer> {
  return new Uint8Array(buffer);
}
