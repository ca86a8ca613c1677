// Secrets of the log, sealed for those who hold the cluster key: tweetnacl secretbox (XSalsa20-Poly1305) under a key
// derived from it. Plaintext never leaves this module's callers' memory but for the file that needs it.
import { hkdfSync } from 'node:crypto';
import nacl from 'tweetnacl';

export interface Sealer {
  /** Ciphertext as base64 of nonce and box. */
  seal(plaintext: Uint8Array): string;
  /** The plaintext, or undefined when it was sealed under another key or is damaged. */
  open(sealed: string): Uint8Array | undefined;
}

/** A sealer for a cluster key (32 bytes). `secretBytes` supplies nonces: 24 random bytes never repeat in practice. */
export function sealerFrom(clusterKey: Uint8Array, secretBytes: (count: number) => Uint8Array): Sealer {
  const key = new Uint8Array(
    hkdfSync('sha256', clusterKey, 'clusteros/seal/v1', 'secretbox', nacl.secretbox.keyLength),
  );
  return {
    seal(plaintext) {
      const nonce = secretBytes(nacl.secretbox.nonceLength);
      return Buffer.concat([nonce, nacl.secretbox(plaintext, nonce, key)]).toString('base64');
    },
    open(sealed) {
      const bytes = Buffer.from(sealed, 'base64');
      if (bytes.length < nacl.secretbox.nonceLength) return undefined;
      const nonce = new Uint8Array(bytes.subarray(0, nacl.secretbox.nonceLength));
      return (
        nacl.secretbox.open(new Uint8Array(bytes.subarray(nacl.secretbox.nonceLength)), nonce, key) ??
        undefined
      );
    },
  };
}
