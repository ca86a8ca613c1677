// The membership core's port to signatures: Ed25519 under the node's identity key (RFC 8032), by node:crypto, which is
// 50 times quicker than tweetnacl and makes the same bytes. Keys that were seen are kept parsed; bounded.
import { createPublicKey, type KeyObject, sign, verify } from 'node:crypto';
import type { Seal } from '../membership/seal.ts';
import { type Identity, idOfRaw, rawPublicKey } from './identity.ts';
import { publicKeysKeptMax } from './limits.ts';

interface Known {
  readonly id: string;
  readonly key: KeyObject;
}

// RFC 8410: a raw Ed25519 public key in SPKI is this prefix and the 32 bytes.
const spkiPrefix = Buffer.from('302a300506032b6570032100', 'hex');
const keyBytes = 32;

export function recordSealOf(identity: Identity): Seal {
  const known = new Map<string, Known>();
  const look = (publicKey: string): Known | undefined => {
    const present = known.get(publicKey);
    if (present) return present;
    const raw = Buffer.from(publicKey, 'base64');
    if (raw.length !== keyBytes) return undefined;
    const key = createPublicKey({ key: Buffer.concat([spkiPrefix, raw]), format: 'der', type: 'spki' });
    const fresh = { id: idOfRaw(raw), key };
    if (known.size >= publicKeysKeptMax) known.clear();
    known.set(publicKey, fresh);
    return fresh;
  };
  return {
    publicKey: rawPublicKey(identity.publicKey).toString('base64'),
    sign: text => sign(null, Buffer.from(text), identity.privateKey).toString('base64'),
    verify: (publicKey, text, signature) => {
      const key = look(publicKey)?.key;
      return key !== undefined && verify(null, Buffer.from(text), key, Buffer.from(signature, 'base64'));
    },
    idOf: publicKey => look(publicKey)?.id ?? '',
  };
}
