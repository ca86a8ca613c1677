// Node passwords (k3s pkg/nodepassword): the first who asks for the certificates of a node's name sets the password of that name,
// whose hash is kept in a secret; whoever comes with another is refused until the secret is gone.
import { randomBytes, scrypt, timingSafeEqual } from 'node:crypto';
import { promisify } from 'node:util';
import { StatusError } from './kube-status.ts';
import type { KubeStore } from './kube-store.ts';
import { secrets } from './objects.ts';

const hash = promisify<string, string, number, object, Buffer>(scrypt);
// k3s' own costs (2^15, 8, 1): what makes a join of many nodes slow there, too.
const [costBits, blockSize, parallel, keyBytes] = [15, 8, 1, 64];

export function passwordSecretName(node: string): string {
  return `${node}.node-password.k3s`.toLowerCase();
}

/** Compares the password of a node with its secret, or makes the secret. @returns whether it is the right one */
export async function ensureNodePassword(store: KubeStore, node: string, password: string): Promise<boolean> {
  const name = passwordSecretName(node);
  for (;;) {
    await store.catchUp();
    const found = store.peek(secrets, 'kube-system', name);
    if (found !== undefined) {
      const data = found.data as Record<string, string> | undefined;
      return await verify(Buffer.from(data?.hash ?? '', 'base64').toString(), password);
    }
    const data = { hash: Buffer.from(await make(password)).toString('base64') };
    const object = {
      apiVersion: 'v1',
      kind: 'Secret',
      metadata: { name },
      immutable: true,
      type: 'Opaque',
      data,
    };
    try {
      await store.create(secrets, 'kube-system', object);
      return true;
    } catch (thrown) {
      // Another server was faster: compare with what it made.
      if (!(thrown instanceof StatusError) || thrown.reason !== 'AlreadyExists') throw thrown;
    }
  }
}

async function make(password: string): Promise<string> {
  const salt = randomBytes(8).toString('hex');
  return `$1:${salt}:${costBits}:${blockSize}:${parallel}:${(await derive(password, salt)).toString('base64').replace(/=+$/, '')}`;
}

async function verify(stored: string, password: string): Promise<boolean> {
  const [, salt = '', , , , text = ''] = stored.split(':');
  const expected = Buffer.from(text, 'base64');
  const found = await derive(password, salt);
  return expected.length === found.length && timingSafeEqual(expected, found);
}

async function derive(password: string, salt: string): Promise<Buffer> {
  const options = { N: 2 ** costBits, r: blockSize, p: parallel, maxmem: 2 ** 26 };
  return await hash(password, salt, keyBytes, options);
}
