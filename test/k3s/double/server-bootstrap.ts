// What a server does before it starts anything: finds out whether it has a datastore, joins a cluster or founds one, and makes its
// secrets those of its cluster (k3s pkg/cluster/bootstrap.go). Errors have the words that end up in the journal.
import { existsSync, readFileSync } from 'node:fs';
import { type Bundle, findBundle, reconcile } from './bootstrap-data.ts';
import { differences } from './critical.ts';
import { Etcd } from './etcd.ts';
import { info, textOf, warn } from './log.ts';
import type { ServerPaths } from './paths.ts';
import { RaftDisk } from './raft-disk.ts';
import type { SavedState } from './state.ts';
import { State } from './state.ts';
import { askSupervisor, type ClusterAccess, normalizeToken, validateToken } from './token.ts';

export interface BootstrapOptions {
  readonly paths: ServerPaths;
  readonly joinUrl: string | undefined;
  readonly token: string | undefined;
  readonly agentToken: string | undefined;
  readonly hasClusterInit: boolean;
  readonly isReset: boolean;
  /** The settings that all servers must share. */
  readonly critical: Readonly<Record<string, unknown>>;
}

export interface Bootstrap {
  /** Whether there is, or will be, an etcd; else the datastore is SQLite. */
  readonly hasEtcd: boolean;
  /** The cluster to join, where there is one that was believed. */
  readonly access: ClusterAccess | undefined;
}

/** @throws Error in the words of k3s */
export async function bootstrap(options: BootstrapOptions): Promise<Bootstrap> {
  const { paths, joinUrl, token, isReset } = options;
  if (Etcd.isInitialized(paths)) {
    info('Managed etcd cluster bootstrap already complete and initialized');
    // Errors do not count: a cold start of all servers must not wait for any of them.
    const access =
      joinUrl === undefined || token === undefined
        ? undefined
        : await validateToken(joinUrl, token, 'server').catch(() => undefined);
    if (!isReset) await reconcileInitialized(options, access);
    return { hasEtcd: true, access };
  }
  if (joinUrl === undefined) {
    const hasEtcd = options.hasClusterInit || isReset;
    if (hasEtcd) info('Managed etcd cluster initializing');
    return { hasEtcd, access: undefined };
  }
  const access = await accessToJoin(joinUrl, token);
  info('Managed etcd cluster not yet initialized');
  await compareSettings(options, joinUrl);
  const text = await askSupervisor(access, '/v1-k3s/server-bootstrap');
  reconcile(paths, JSON.parse(text) as Bundle, false);
  return { hasEtcd: true, access };
}

async function accessToJoin(joinUrl: string, token: string | undefined): Promise<ClusterAccess> {
  try {
    if (token === undefined) throw new Error('token is required to join a cluster');
    return await validateToken(joinUrl, token, 'server').catch((thrown: unknown) => {
      throw new Error(`failed to validate token: ${textOf(thrown)}`);
    });
  } catch (thrown) {
    throw new Error(`failed to check if bootstrap data has been initialized: ${textOf(thrown)}`);
  }
}

/** A server that was killed in its first seconds, before it saved what it is: it never starts again with that database. */
const stillborn =
  'no bootstrap data found in datastore - check server token value and verify datastore integrity';

async function reconcileInitialized(
  options: BootstrapOptions,
  access: ClusterAccess | undefined,
): Promise<void> {
  const { paths } = options;
  if (access !== undefined) {
    try {
      reconcile(paths, JSON.parse(await askSupervisor(access, '/v1-k3s/server-bootstrap')) as Bundle, false);
      return info('Successfully reconciled with remote datastore');
    } catch (thrown) {
      warn(`Unable to reconcile with remote datastore: ${textOf(thrown)}`);
    }
  }
  info('Starting temporary etcd to reconcile with datastore');
  try {
    const found = findBundle(stateOnDisk(paths).state, secretOf(options));
    if (found === undefined) throw new Error(stillborn);
    reconcile(paths, found, false);
  } catch (thrown) {
    throw new Error(`failed to reconcile with local datastore: ${textOf(thrown)}`);
  }
}

/** All that is in the log of this disk, decided or not: what a member alone can know. */
export function stateOnDisk(paths: ServerPaths): {
  readonly state: State;
  readonly index: number;
  readonly term: number;
} {
  const disk = new RaftDisk(paths.wal);
  const state = new State(disk.base?.state);
  for (const { op, index } of disk.entries) if (op !== null) state.apply(op, index);
  return { state, index: disk.entries.at(-1)?.index ?? disk.base?.index ?? 0, term: disk.promise.term };
}

/** A snapshot as `etcd-snapshot save` writes it. */
export interface Snapshot {
  readonly index: number;
  readonly state: SavedState;
}

export function readSnapshot(file: string): Snapshot {
  return JSON.parse(readFileSync(file, 'utf8')) as Snapshot;
}

/** The server's secret, from the configuration or from what an earlier start wrote. */
export function secretOf({ token, paths }: Pick<BootstrapOptions, 'token' | 'paths'>): string {
  const known = token ?? (existsSync(paths.token) ? readFileSync(paths.token, 'utf8').trim() : '');
  return normalizeToken(known);
}

async function compareSettings(options: BootstrapOptions, joinUrl: string): Promise<void> {
  let theirs: Record<string, unknown>;
  try {
    const access = await validateToken(joinUrl, options.agentToken ?? options.token ?? '', 'node');
    theirs = JSON.parse(await askSupervisor(access, '/v1-k3s/config')) as Record<string, unknown>;
  } catch (thrown) {
    return warn(`Skipping cluster configuration validation: ${textOf(thrown)}`);
  }
  const different = differences(options.critical, theirs);
  for (const flag of different) warn(`critical configuration mismatched: ${flag}`);
  if (different.length > 0)
    throw new Error(
      'failed to validate server configuration: critical configuration value mismatch between servers',
    );
}
