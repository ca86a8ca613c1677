// `k3s server --cluster-reset`: makes this server the only member of its cluster, with the data of its disk or of a snapshot, and
// ends. What other members have on their disks is theirs; they are told that they are removed when they come back.
import { existsSync, readFileSync, renameSync, statSync, writeFileSync } from 'node:fs';
import { findBundle, reconcile } from './bootstrap-data.ts';
import { Etcd } from './etcd.ts';
import { fatal, info, textOf } from './log.ts';
import { asideName } from './paths.ts';
import { type BootstrapOptions, readSnapshot, secretOf, stateOnDisk } from './server-bootstrap.ts';
import type { Settings } from './settings.ts';
import { State } from './state.ts';

export async function resetCluster(
  settings: Settings,
  options: Etcd['options'],
  bootstrapOptions: BootstrapOptions,
): Promise<void> {
  const { paths } = options;
  const snapshot = settings.text('cluster-reset-restore-path');
  try {
    if (snapshot === undefined && existsSync(paths.resetFlag))
      throw new Error(
        'Managed etcd cluster membership was previously reset, please remove the cluster-reset flag and start k3s normally. ' +
          `If you need to perform another cluster reset, you must first manually delete the file at ${paths.resetFlag}`,
      );
    const before = snapshot === undefined ? fromDisk(options) : fromSnapshot(options, snapshot);
    const etcd = Etcd.found(options, before);
    writeFileSync(paths.resetFlag, '', { mode: 0o600 });
    await etcd.start();
    // What the data was kept with must be what we have, or the next start could not read it.
    const bundle = findBundle(etcd.raft.state, secretOf(bootstrapOptions));
    if (bundle !== undefined) reconcile(paths, bundle, true);
    const problem = await etcd.test();
    if (problem !== undefined) throw new Error(problem);
    etcd.stop();
  } catch (thrown) {
    fatal(`Error: starting kubernetes: preparing server: ${textOf(thrown)}`);
  }
  info(
    'Managed etcd cluster membership has been reset, restart without --cluster-reset flag now. ' +
      `Backup and delete ${'$'}{datadir}/server/db on each peer etcd server and rejoin the nodes`,
  );
  process.exit(0);
}

type Before = NonNullable<Parameters<typeof Etcd.found>[1]>;

function fromDisk({ paths }: Etcd['options']): Before {
  const { state, index, term } = stateOnDisk(paths);
  return { state: state.save(), index, term };
}

function fromSnapshot({ paths }: Etcd['options'], file: string): Before {
  if (!existsSync(file)) throw new Error(`etcd: snapshot path does not exist: ${file}`);
  if (statSync(file).isDirectory())
    throw new Error(`etcd: snapshot path must be a file, not a directory: ${file}`);
  let snapshot: ReturnType<typeof readSnapshot>;
  try {
    snapshot = readSnapshot(file);
  } catch {
    throw new Error(
      `failed to restore snapshot: expected sha256 [0], got ${readFileSync(file).length} bytes`,
    );
  }
  if (existsSync(paths.etcd)) {
    const old = asideName(paths.etcd, 'old');
    renameSync(paths.etcd, old);
    info(`Pre-restore etcd database moved to ${old}`);
  }
  const state = new State(snapshot.state).save();
  return { state: { ...state, clusterId: '', members: [], removed: [] }, index: snapshot.index, term: 0 };
}
