// What makes servers one cluster, k3s' "bootstrap data": the shared files, kept in the datastore encrypted with the server
// token and given to joining servers; and the comparison of disk and datastore at every start (pkg/cluster/bootstrap.go).
import { createCipheriv, createDecipheriv, createHash, pbkdf2Sync, randomBytes } from 'node:crypto';
import { cpSync, existsSync, mkdirSync, readdirSync, readFileSync, utimesSync, writeFileSync } from 'node:fs';
import { basename, dirname, relative } from 'node:path';
import { fatal, info, warn } from './log.ts';
import type { ServerPaths } from './paths.ts';
import { sharedFiles, writtenAt } from './server-files.ts';
import type { State } from './state.ts';

/** Seconds by which two clocks may differ before the disk counts as newer. */
const skewSeconds = 3;

/** Each shared file by its path below server/, with its text in base64 and the second in which it was written. */
export type Bundle = Readonly<Record<string, { readonly Timestamp: string; readonly Content: string }>>;

export const otherToken = 'bootstrap data already found and encrypted with different token';
const prefix = '/bootstrap/';

export function readBundle(paths: ServerPaths): Bundle {
  const bundle: Record<string, { Timestamp: string; Content: string }> = {};
  for (const file of sharedFiles(paths))
    bundle[relative(paths.server, file)] = {
      Timestamp: new Date(writtenAt(file) * 1000).toISOString(),
      Content: readFileSync(file).toString('base64'),
    };
  return bundle;
}

export function bootstrapKey(secret: string): string {
  return prefix + createHash('sha256').update(secret).digest('hex').slice(0, 12);
}

/** As kine's: salt and AES-GCM in hex and base64. */
export function encrypt(secret: string, bundle: Bundle): string {
  const [salt, nonce] = [randomBytes(8).toString('hex'), randomBytes(12)];
  const cipher = createCipheriv('aes-256-gcm', pbkdf2Sync(secret, salt, 4096, 32, 'sha1'), nonce);
  const sealed = Buffer.concat([
    nonce,
    cipher.update(JSON.stringify(bundle)),
    cipher.final(),
    cipher.getAuthTag(),
  ]);
  return `${salt}:${sealed.toString('base64')}`;
}

/** The bundle in a datastore. @returns undefined when there is none @throws Error when it is another token's */
export function findBundle(state: State, secret: string): Bundle | undefined {
  const keys = [...state.values.keys()].filter(key => key.startsWith(prefix));
  if (keys.length === 0) return undefined;
  if (keys.length > 1) throw new Error('found multiple bootstrap keys in storage');
  if (keys[0] !== bootstrapKey(secret)) throw new Error(otherToken);
  const [salt = '', text = ''] = String(state.values.get(keys[0])?.value).split(':');
  const sealed = Buffer.from(text, 'base64');
  const key = pbkdf2Sync(secret, salt, 4096, 32, 'sha1');
  const decipher = createDecipheriv('aes-256-gcm', key, sealed.subarray(0, 12));
  decipher.setAuthTag(sealed.subarray(-16));
  const opened = Buffer.concat([decipher.update(sealed.subarray(12, -16)), decipher.final()]);
  return JSON.parse(opened.toString()) as Bundle;
}

/** Writes what the cluster has over what the disk has; ends the process when the disk is newer, as k3s does. */
export function reconcile(paths: ServerPaths, bundle: Bundle, isReset: boolean): void {
  info('Reconciling bootstrap data between datastore and disk');
  const folders = [paths.cred, paths.tls, paths.etcdTls];
  if (folders.some(folder => !existsSync(folder) || readdirSync(folder).length === 0)) {
    write(paths, bundle);
    return;
  }
  const newer: string[] = [];
  let mustWrite = isReset;
  for (const [name, { Timestamp, Content }] of Object.entries(bundle)) {
    const file = `${paths.server}/${name}`;
    if (!existsSync(file)) {
      mustWrite = true;
      continue;
    }
    if (readFileSync(file).toString('base64') === Content) continue;
    mustWrite = true;
    if (writtenAt(file) - Math.floor(Date.parse(Timestamp) / 1000) >= skewSeconds) newer.push(file);
    else warn(`${file} will be updated from the datastore.`);
  }
  if (isReset && existsSync(paths.tls)) {
    const copy = `${paths.tls}-${Math.floor(Date.now() / 1000)}`;
    info(`Cluster reset: backing up certificates directory to ${copy}`);
    cpSync(paths.tls, copy, { recursive: true });
  } else if (newer.length > 0)
    fatal(
      `${newer.join(', ')} newer than datastore and could cause a cluster outage. ` +
        'Remove the file(s) from disk and restart to be recreated from datastore.',
    );
  if (!mustWrite) return;
  warn('Updating bootstrap data on disk from datastore');
  write(paths, bundle);
}

/** Writes all of a bundle, as old as it is. */
function write(paths: ServerPaths, bundle: Bundle): void {
  for (const [name, { Timestamp, Content }] of Object.entries(bundle)) {
    const file = `${paths.server}/${name}`;
    mkdirSync(dirname(file), { recursive: true, mode: 0o700 });
    writeFileSync(file, Buffer.from(Content, 'base64'), {
      mode: basename(file).endsWith('.crt') ? 0o644 : 0o600,
    });
    const at = Date.parse(Timestamp) / 1000;
    utimesSync(file, at, at);
  }
}
