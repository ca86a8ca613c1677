// The cluster's certificate authority, by which whoever joins knows that it talks to the right servers.
import { createHash } from 'node:crypto';
import type { Host } from '../host.ts';
import { files } from './names.ts';

/**
 * Its hash, as tokens have it: of the file as it is on the disk, or of the root alone where there are several certificates (k3s,
 * pkg/clientaccess/token.go). 64 hex digits; undefined while there is none.
 */
export async function authorityHash(host: Host): Promise<string | undefined> {
  const bytes = await host.readFile(files.authority);
  if (bytes === undefined || bytes.length === 0) return undefined;
  const certificates = new TextDecoder()
    .decode(bytes)
    .match(/-----BEGIN CERTIFICATE-----[^-]+-----END CERTIFICATE-----/g);
  const root = certificates && certificates.length > 1 ? certificates.at(-1) : undefined;
  const hashed = root === undefined ? bytes : Buffer.from(root.replace(/-----[^-]+-----|\s/g, ''), 'base64');
  return createHash('sha256').update(hashed).digest('hex');
}
