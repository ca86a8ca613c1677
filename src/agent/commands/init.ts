// `node-agent init`: makes what the first start would make, checks the rest, and says what is there. Idempotent.
import { access } from 'node:fs/promises';
import { join } from 'node:path';
import { nothingSaved } from '../../election/replica.ts';
import { readClusterKey } from '../cluster-key.ts';
import type { Config } from '../config.ts';
import { ensureDataFolder, openStores } from '../data-folder.ts';
import { writeDurably } from '../durable-file.ts';
import { loadIdentity } from '../identity.ts';
import { StartError } from '../start-error.ts';

const markerName = 'found-at-next-start';

/** The marker that `init --found` left; undefined when there is none. */
export async function foundingMarker(dataDir: string): Promise<string | undefined> {
  const path = join(dataDir, markerName);
  return access(path).then(
    () => path,
    () => undefined,
  );
}

/** Prepares the data folder; with `found` this node founds a cluster at its next start, if none is in sight. Returns what to tell. */
export async function init({ values }: Config, found: boolean): Promise<string> {
  const { dataDir, name } = values;
  await readClusterKey(values.clusterKey);
  await ensureDataFolder(dataDir);
  const { id } = await loadIdentity(dataDir);
  const { logStore, tableStore } = await openStores(dataDir, () => {});
  const saved = await logStore.load();
  await tableStore.close();
  await logStore.close();
  if (saved !== nothingSaved && saved.clusterId !== '') {
    if (found)
      throw new StartError(
        `this node belongs to cluster ${saved.clusterId} already: it cannot found another`,
      );
    return `${name} (${id}) is a member of cluster ${saved.clusterId} already; nothing to do`;
  }
  if (!found) return `${name} (${id}) is ready in ${dataDir}; start it with "node-agent start"`;
  await writeDurably(join(dataDir, markerName), '');
  return `${name} (${id}) is ready in ${dataDir} and founds a cluster when it starts, unless one is in sight; start it with "node-agent start"`;
}
