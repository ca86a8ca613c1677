// The version of this build, read from package.json so that it is written down once.
import { readFileSync } from 'node:fs';

/** The version of clusterctl. */
export function clientVersion(): string {
  const manifest = readFileSync(new URL('../../package.json', import.meta.url), 'utf8');
  return (JSON.parse(manifest) as { version: string }).version;
}
