// Snapshots of the datastore: taken, listed, pruned and deleted for `k3s etcd-snapshot`, which asks the server for it over
// /db/snapshot, and told to the cluster as ETCDSnapshotFile objects. A snapshot is one file of JSON.
import { mkdirSync, readdirSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { basename, join } from 'node:path';
import { control } from './control.ts';
import { badRequest } from './kube-status.ts';
import type { KubeStore } from './kube-store.ts';
import { snapshotsKept } from './limits.ts';
import { info, warn } from './log.ts';
import { snapshotFiles } from './objects.ts';
import type { Snapshot } from './server-bootstrap.ts';

export interface SnapshotRequest {
  readonly operation: 'save' | 'list' | 'prune' | 'delete';
  readonly name?: readonly string[];
  readonly retention?: number;
}

export interface SnapshotInfo {
  readonly name: string;
  readonly location: string;
  readonly size: number;
  readonly createdAt: string;
  readonly nodeName: string;
}

export class Snapshots {
  readonly #folder: string;
  readonly #nodeName: string;
  readonly #store: KubeStore;

  constructor(folder: string, nodeName: string, store: KubeStore) {
    this.#folder = folder;
    this.#nodeName = nodeName;
    this.#store = store;
  }

  async serve(request: SnapshotRequest): Promise<unknown> {
    const { operation, name = [], retention } = request;
    switch (operation) {
      case 'save':
        return { created: [await this.save(name[0] ?? 'on-demand')] };
      case 'list':
        return { items: this.list() };
      case 'prune':
        return { deleted: this.#prune(name[0] ?? 'on-demand', retention ?? snapshotsKept) };
      case 'delete': {
        if (name.some(each => basename(each) !== each))
          throw badRequest('invalid snapshot name: path traversal not allowed');
        const known = new Set(this.list().map(each => each.name));
        const deleted = name.filter(each => known.has(each));
        for (const each of deleted) rmSync(join(this.#folder, each));
        return { deleted };
      }
      default:
        throw badRequest('invalid snapshot operation');
    }
  }

  /** @returns the name of the file */
  async save(prefix: string): Promise<string> {
    const ordered = control().snapshotError;
    if (ordered !== undefined) throw new Error(ordered);
    const { raft } = this.#store;
    if (raft.isLearner) {
      warn('Unable to take snapshot: not supported for learner');
      throw new Error('not supported for learner');
    }
    await this.#store.catchUp();
    mkdirSync(this.#folder, { recursive: true, mode: 0o700 });
    const name = this.#freeName(`${prefix}-${this.#nodeName}-`);
    const file = join(this.#folder, name);
    info(`Saving etcd snapshot to ${file}`);
    const snapshot: Snapshot = { index: raft.applied, state: raft.state.save() };
    writeFileSync(file, JSON.stringify(snapshot), { mode: 0o600 });
    await this.#publish(name);
    this.#prune(prefix, snapshotsKept);
    return name;
  }

  list(): readonly SnapshotInfo[] {
    mkdirSync(this.#folder, { recursive: true, mode: 0o700 });
    return readdirSync(this.#folder)
      .sort()
      .map(name => {
        const { size, mtime } = statSync(join(this.#folder, name));
        const location = `file://${join(this.#folder, name)}`;
        return {
          name,
          location,
          size,
          createdAt: mtime.toISOString().replace(/\.\d+/, ''),
          nodeName: this.#nodeName,
        };
      });
  }

  /** Seconds are what tells snapshots apart: two in one second would be one. */
  #freeName(prefix: string): string {
    const known = new Set(this.list().map(each => each.name));
    let seconds = Math.floor(Date.now() / 1000);
    while (known.has(`${prefix}${seconds}`)) seconds += 1;
    return `${prefix}${seconds}`;
  }

  #prune(prefix: string, kept: number): readonly string[] {
    const own = this.list().filter(each => each.name.startsWith(`${prefix}-${this.#nodeName}-`));
    const old = own.slice(0, Math.max(0, own.length - kept)).map(each => each.name);
    for (const name of old) {
      info(`Removing local snapshot ${join(this.#folder, name)}`);
      rmSync(join(this.#folder, name));
    }
    return old;
  }

  async #publish(name: string): Promise<void> {
    const found = this.list().find(each => each.name === name);
    const spec = { snapshotName: name, nodeName: this.#nodeName, location: found?.location };
    const status = { readyToUse: true, size: String(found?.size), creationTime: found?.createdAt };
    const metadata = { name: `local-${name}`.toLowerCase() };
    const object = { apiVersion: 'k3s.cattle.io/v1', kind: 'ETCDSnapshotFile', metadata, spec, status };
    await this.#store.create(snapshotFiles, '', object).catch(() => {});
  }
}
