// Who this node is: an Ed25519 key made at first start and kept in the data folder, the id that follows from it, and
// the boot epoch. The key proves the id in every handshake; a name or an address proves nothing.
import { createHash, createPrivateKey, createPublicKey, type KeyObject } from 'node:crypto';
import { join } from 'node:path';
import nacl from 'tweetnacl';
import { readIfThere, writeDurably } from './durable-file.ts';
import { StartError } from './start-error.ts';

export interface Identity {
  /** 32 hex digits. */
  readonly id: string;
  readonly privateKey: KeyObject;
  readonly publicKey: KeyObject;
}

const seedBytes = 32;
// RFC 8410: an Ed25519 private key in PKCS #8 is this prefix and the seed.
const pkcs8Prefix = Buffer.from('302e020100300506032b657004220420', 'hex');

/** An Ed25519 key from its 32-byte seed. */
export function privateKeyFrom(seed: Uint8Array): KeyObject {
  return createPrivateKey({ key: Buffer.concat([pkcs8Prefix, seed]), format: 'der', type: 'pkcs8' });
}

/** The 32 bytes of an Ed25519 public key. */
export function rawPublicKey(publicKey: KeyObject): Buffer {
  return publicKey.export({ format: 'der', type: 'spki' }).subarray(-32);
}

/** The node id of a public key: the first 16 bytes of the SHA-256 of its raw 32 bytes, in hex. */
export function idOf(publicKey: KeyObject): string {
  return idOfRaw(rawPublicKey(publicKey));
}

/** The same for the raw 32 bytes. */
export function idOfRaw(raw: Uint8Array): string {
  return createHash('sha256').update(raw).digest('hex').slice(0, 32);
}

/** The identity of a seed. */
export function identityFrom(seed: Uint8Array): Identity {
  const privateKey = privateKeyFrom(seed);
  const publicKey = createPublicKey(privateKey);
  return { id: idOf(publicKey), privateKey, publicKey };
}

/** Reads the identity in `dataDir`, or makes one at the first start. */
export async function loadIdentity(dataDir: string): Promise<Identity> {
  const path = join(dataDir, 'node.key');
  const text = await readIfThere(path);
  if (text === undefined) {
    const { secretKey } = nacl.sign.keyPair();
    const seed = secretKey.subarray(0, seedBytes);
    await writeDurably(path, `${Buffer.from(seed).toString('base64')}\n`);
    return identityFrom(seed);
  }
  const seed = Buffer.from(text.trim(), 'base64');
  if (seed.length !== seedBytes) {
    throw new StartError(
      `node key ${path} is damaged: move the data folder ${dataDir} aside; the node then joins as a new one`,
    );
  }
  return identityFrom(seed);
}

/** The identity in `dataDir` without making one; undefined before the first start. */
export async function peekIdentity(dataDir: string): Promise<Identity | undefined> {
  return (await readIfThere(join(dataDir, 'node.key'))) === undefined ? undefined : loadIdentity(dataDir);
}

/** The last boot epoch; 0 before the first start. */
export async function readEpoch(dataDir: string): Promise<number> {
  const path = join(dataDir, 'epoch');
  const text = await readIfThere(path);
  if (text === undefined) return 0;
  const epoch = Number(text.trim());
  if (!Number.isSafeInteger(epoch) || epoch < 1) {
    throw new StartError(
      `boot epoch ${path} is damaged: move the data folder ${dataDir} aside; the node then joins as a new one`,
    );
  }
  return epoch;
}

/** Raises the boot epoch and returns it, durable: no packet of this boot is sent before. */
export async function raiseEpoch(dataDir: string): Promise<number> {
  const epoch = (await readEpoch(dataDir)) + 1;
  await writeDurably(join(dataDir, 'epoch'), `${epoch}\n`);
  return epoch;
}
