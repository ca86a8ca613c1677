// A cheap double of Ed25519 for machines of the simulator: a signature that only its owner's key makes, by agreement.
import type { Seal } from '../../src/membership/seal.ts';

function hash(text: string): string {
  let value = 0x811c9dc5;
  for (let i = 0; i < text.length; i++) value = Math.imul(value ^ text.charCodeAt(i), 0x01000193);
  return (value >>> 0).toString(16);
}

const signatureOf = (id: string, text: string) => `${id}:${hash(text)}:${text.length}`;

/** The seal of the machine with this id; its public key is the id itself. */
export function sealOf(id: string): Seal {
  return {
    publicKey: id,
    sign: text => signatureOf(id, text),
    verify: (publicKey, text, signature) => signature === signatureOf(publicKey, text),
    idOf: publicKey => publicKey,
  };
}
