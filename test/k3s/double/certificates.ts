// X.509 as k3s makes it: self-signed authorities and what they sign, all ECDSA P-256. Never reads or writes a file.
import 'reflect-metadata';
import { randomBytes, webcrypto, X509Certificate } from 'node:crypto';
import { isIP } from 'node:net';
import {
  BasicConstraintsExtension,
  ExtendedKeyUsage,
  ExtendedKeyUsageExtension,
  type JsonGeneralName,
  KeyUsageFlags,
  KeyUsagesExtension,
  SubjectAlternativeNameExtension,
  SubjectKeyIdentifierExtension,
  X509CertificateGenerator,
} from '@peculiar/x509';
import { authorityDays, certificateDays } from './limits.ts';

const algorithm = { name: 'ECDSA', namedCurve: 'P-256', hash: 'SHA-256' };
const dayMs = 86_400_000;

export interface Pair {
  readonly certificate: string;
  readonly key: string;
}

export interface Leaf {
  readonly commonName: string;
  readonly organization?: string;
  /** Names and addresses that it is valid for. */
  readonly names?: readonly string[];
  readonly uses: readonly ('client' | 'server')[];
  readonly days?: number;
}

/** A new authority. k3s calls each by what it is for and when it was made. */
export async function makeAuthority(name: string): Promise<Pair> {
  const keys = await webcrypto.subtle.generateKey(algorithm, true, ['sign', 'verify']);
  const nowMs = Date.now();
  const certificate = await X509CertificateGenerator.createSelfSigned({
    serialNumber: '00',
    name: `CN=${name}@${Math.floor(nowMs / 1000)}`,
    notBefore: new Date(nowMs - 1000),
    notAfter: new Date(nowMs + authorityDays * dayMs),
    keys,
    signingAlgorithm: algorithm,
    extensions: [
      new KeyUsagesExtension(
        KeyUsageFlags.digitalSignature | KeyUsageFlags.keyEncipherment | KeyUsageFlags.keyCertSign,
        true,
      ),
      new BasicConstraintsExtension(true, undefined, true),
      await SubjectKeyIdentifierExtension.create(keys.publicKey),
    ],
  });
  return { certificate: pem(certificate.toString('pem')), key: await keyPem(keys.privateKey) };
}

/** A certificate signed by `authority`, with a key of its own. */
export async function issue(authority: Pair, leaf: Leaf): Promise<Pair> {
  const keys = await webcrypto.subtle.generateKey(algorithm, true, ['sign', 'verify']);
  const nowMs = Date.now();
  const names = [...new Set(leaf.names ?? [])].map(
    (value): JsonGeneralName => ({ type: isIP(value) === 0 ? 'dns' : 'ip', value }),
  );
  const organization = leaf.organization === undefined ? '' : `O=${leaf.organization}, `;
  const uses = { client: ExtendedKeyUsage.clientAuth, server: ExtendedKeyUsage.serverAuth };
  const certificate = await X509CertificateGenerator.create({
    serialNumber: `01${randomBytes(8).toString('hex')}`,
    subject: `${organization}CN=${leaf.commonName}`,
    issuer: `CN=${commonNameOf(authority.certificate)}`,
    notBefore: new Date(Math.min(nowMs, notBefore(authority.certificate))),
    notAfter: new Date(nowMs + (leaf.days ?? certificateDays) * dayMs),
    publicKey: keys.publicKey,
    signingKey: await signingKey(authority.key),
    signingAlgorithm: algorithm,
    extensions: [
      new KeyUsagesExtension(KeyUsageFlags.digitalSignature | KeyUsageFlags.keyEncipherment, true),
      new ExtendedKeyUsageExtension(leaf.uses.map(use => uses[use])),
      ...(names.length === 0 ? [] : [new SubjectAlternativeNameExtension(names)]),
    ],
  });
  return { certificate: pem(certificate.toString('pem')), key: await keyPem(keys.privateKey) };
}

function commonNameOf(certificate: string): string {
  return /CN=(.*)/.exec(new X509Certificate(certificate).subject)?.[1] ?? '';
}

function notBefore(certificate: string): number {
  return Date.parse(new X509Certificate(certificate).validFrom);
}

async function signingKey(key: string): Promise<webcrypto.CryptoKey> {
  const body = key.replace(/-----[^-]+-----/g, '').replace(/\s/g, '');
  return webcrypto.subtle.importKey('pkcs8', Buffer.from(body, 'base64'), algorithm, false, ['sign']);
}

async function keyPem(key: webcrypto.CryptoKey): Promise<string> {
  const body = Buffer.from(await webcrypto.subtle.exportKey('pkcs8', key)).toString('base64');
  return `-----BEGIN PRIVATE KEY-----\n${body.replace(/(.{64})/g, '$1\n').trimEnd()}\n-----END PRIVATE KEY-----\n`;
}

/** One certificate as Go writes it: with a line feed at its end, which is part of what a token's hash is made of. */
function pem(text: string): string {
  return `${text.trimEnd()}\n`;
}
