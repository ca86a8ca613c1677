// The datastore of a server that is alone and was not told `cluster-init`: SQLite in k3s, here the same log in one file, state.db.
// A later start with `cluster-init` moves what is in it to etcd.
import { existsSync, mkdirSync, renameSync } from 'node:fs';
import { info } from './log.ts';
import type { ServerPaths } from './paths.ts';
import { Raft } from './raft.ts';
import { RaftDisk } from './raft-disk.ts';
import { newId, type SavedState, State, soleState } from './state.ts';

const nobody = { send: async () => undefined };

export function openSqlite(paths: ServerPaths): Raft {
  const disk = new RaftDisk(paths.sqlite);
  if (disk.base === undefined) {
    mkdirSync(paths.db, { recursive: true, mode: 0o700 });
    const id = newId();
    disk.rewrite(
      id,
      { index: 1, term: 0, state: soleState({ id, name: 'kine', peerUrl: '', clientUrl: '' }) },
      [],
    );
  }
  return new Raft(new RaftDisk(paths.sqlite), nobody);
}

/** What SQLite holds, for the etcd that takes its place; undefined where there was none. */
export function sqliteState(
  paths: ServerPaths,
): { readonly state: SavedState; readonly index: number; readonly term: number } | undefined {
  if (!existsSync(paths.sqlite)) return undefined;
  info('Migrating content from sqlite to etcd');
  const disk = new RaftDisk(paths.sqlite);
  const state = new State(disk.base?.state);
  for (const { op, index } of disk.entries) if (op !== null) state.apply(op, index);
  renameSync(paths.sqlite, `${paths.sqlite}.migrated`);
  return {
    state: { ...state.save(), members: [], removed: [] },
    index: disk.entries.at(-1)?.index ?? 1,
    term: disk.promise.term,
  };
}
