// What an operator has one member do or tell, through whichever agent: a kubeconfig, snapshots of etcd, what a datastore holds.
import type { ClusterView } from '../cluster-view.ts';
import type { Host } from '../host.ts';
import { ServiceError } from '../service-error.ts';
import { kubeconfig } from './admin-credential.ts';
import { grantsOf, nodeOf, readyServers } from './candidates.ts';
import { urlOf } from './config-file.ts';
import { errorFrom } from './failures.ts';
import { commandTimeoutMs, credentialLifeMaxMs, snapshotTimeoutMs } from './limits.ts';
import { folders, roles } from './names.ts';
import { isRunning } from './unit.ts';

export const verbs = ['kubeconfig', 'snapshots', 'snapshot-save', 'datastore'] as const;
type Verb = (typeof verbs)[number];

const mark = 'operator ';

/** What is asked of another member for it. */
export const questionOf = (verb: string, argument: string) => `${mark}${verb} ${argument}`;

/** Members that can be asked `verb`, the best first; undefined for no verb of ours. */
export function calleesOf(view: ClusterView, verb: string): readonly string[] | undefined {
  if (!isVerb(verb)) return undefined;
  if (verb === 'kubeconfig' || verb === 'snapshot-save') return readyServers(view).map(({ id }) => id);
  // A datastore is there also where k3s does not come up.
  return grantsOf(view, roles.server)
    .map(({ node }) => node)
    .filter(id => {
      const node = nodeOf(view, id);
      return node !== undefined && node.state !== 'dead' && node.state !== 'left';
    });
}

function isVerb(text: string): text is Verb {
  return verbs.some(verb => verb === text);
}

/** The answer (JSON) to a question of `questionOf`; undefined when it is none. Rejects with an Error for people. */
export async function operatorAnswer(
  host: Host,
  question: string,
  { view, wallMs }: { readonly view: ClusterView | undefined; readonly wallMs: number },
): Promise<string | undefined> {
  const [, verb = '', argument = ''] = /^operator (\S+) (.*)$/.exec(question) ?? [];
  if (!isVerb(verb)) return undefined;
  switch (verb) {
    case 'kubeconfig': {
      if (!view) throw new Error('this agent has just begun');
      const lifeMs = Number(argument);
      if (!Number.isInteger(lifeMs) || lifeMs < 1000 || lifeMs > credentialLifeMaxMs)
        throw new Error('a credential is good for a second to 365 days');
      const own = { name: view.clusterName, server: urlOf(view.self.ip) };
      return JSON.stringify({ kubeconfig: await kubeconfig(host, { ...own, lifeMs, nowMs: wallMs }) });
    }
    case 'snapshots':
      return JSON.stringify({ snapshots: await snapshotsIn(host) });
    case 'snapshot-save':
      await saveSnapshot(host, argument);
      return JSON.stringify({ snapshots: await snapshotsIn(host) });
    case 'datastore':
      return JSON.stringify(await datastore(host));
  }
}

export interface Snapshot {
  readonly name: string;
  readonly bytes: number;
  readonly atMs: number;
}

async function snapshotsIn(host: Host): Promise<readonly Snapshot[]> {
  return (await filesIn(host, `${folders.database}/snapshots`)).sort((a, b) => b.atMs - a.atMs);
}

/** Files of a folder and their last changes; none when there is no such folder. */
async function filesIn(host: Host, folder: string): Promise<Snapshot[]> {
  if ((await host.listFolder(folder)).length === 0) return [];
  const { exitCode, stdout, stderr } = await host.run(
    'find',
    [folder, '-maxdepth', '1', '-type', 'f', '-printf', '%f\\t%s\\t%T@\\n'],
    { timeoutMs: commandTimeoutMs },
  );
  if (exitCode !== 0) throw new ServiceError('unexpected', false, `${folder} cannot be read: ${stderr}`);
  return stdout
    .split('\n')
    .filter(line => line !== '')
    .map(line => {
      const [name = '', bytes, at] = line.split('\t');
      return { name, bytes: Number(bytes), atMs: Math.round(Number(at) * 1000) };
    });
}

/** @param name of the snapshot, before the node's name and the time; k3s's own when empty */
async function saveSnapshot(host: Host, name: string): Promise<void> {
  if (!/^([a-z0-9]([a-z0-9-]{0,40}[a-z0-9])?)?$/.test(name))
    throw new Error('the name of a snapshot is small letters, digits and "-"');
  const args = ['etcd-snapshot', 'save', ...(name === '' ? [] : ['--name', name])];
  const { exitCode, stdout, stderr } = await host.run('k3s', args, { timeoutMs: snapshotTimeoutMs });
  if (exitCode !== 0) throw errorFrom('k3s etcd-snapshot save', `${stdout}${stderr}`);
}

export interface Datastore {
  /** There is one. */
  readonly isMember: boolean;
  readonly running: boolean;
  /** An entry of etcd's log that it has at least: the larger the newer. */
  readonly index: number;
  /** When etcd last wrote to it. */
  readonly changedAtMs: number;
}

/** How new the datastore here is, by the names of etcd's files: `SEQ-INDEX.wal` and `TERM-INDEX.snap`, in hex (etcd, server/storage). */
async function datastore(host: Host): Promise<Datastore> {
  const wal = await filesIn(host, `${folders.members}/wal`);
  const snap = await filesIn(host, `${folders.members}/snap`);
  const indexes = [...wal, ...snap].flatMap(({ name }) => {
    const index = /^[0-9a-f]+-([0-9a-f]{16})\.(wal|snap)$/.exec(name)?.[1];
    return index === undefined ? [] : [Number.parseInt(index, 16)];
  });
  return {
    isMember: wal.length > 0,
    running: await isRunning(host, 'server'),
    index: Math.max(0, ...indexes),
    changedAtMs: Math.max(0, ...wal.map(({ atMs }) => atMs)),
  };
}
