// The file that kubectl reads: a cluster is put into it, and what is there of others stays.
import {
  chmod,
  chown,
  copyFile,
  mkdir,
  readFile,
  realpath,
  rename,
  rm,
  stat,
  writeFile,
} from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { CliError, exitCode } from './exit.ts';

interface Entry {
  readonly name: string;
}
interface Kubeconfig {
  readonly clusters?: readonly Entry[] | null;
  readonly users?: readonly Entry[] | null;
  readonly contexts?: readonly Entry[] | null;
  readonly 'current-context'?: string;
}
const lists = ['clusters', 'users', 'contexts'] as const;

/** A file as it was read. */
export interface KubeconfigFile {
  readonly path: string;
  /** Undefined where there is none yet. */
  readonly content: Kubeconfig | undefined;
}

export interface Merged {
  /** Name of the context that was put there. */
  readonly context: string;
  /** That of the same name was of another cluster, by its authority. */
  readonly replacesOther: boolean;
}

/** The first file that kubectl would write to (kubernetes.io, organize-cluster-access-kubeconfig). @throws CliError */
export function kubeconfigPath(env: Readonly<Record<string, string | undefined>>): string {
  const [first = ''] = (env.KUBECONFIG ?? '').split(':').filter(path => path !== '');
  if (first !== '') return first;
  if (env.HOME) return join(env.HOME, '.kube', 'config');
  throw new CliError(exitCode.usage, 'there is no HOME to put a kubeconfig in', 'set KUBECONFIG=FILE');
}

/** @throws CliError when there is something else than a kubeconfig */
export async function readKubeconfig(given: string): Promise<KubeconfigFile> {
  const { parse } = await import('yaml');
  let path = given;
  try {
    // Where a link leads to, so that the link stays.
    path = await realpath(given);
    const content: unknown = parse(await readFile(path, 'utf8')) ?? {};
    if (!isKubeconfig(content)) throw new Error('it is no kubeconfig');
    return { path, content };
  } catch (error) {
    const { code, message } = error as NodeJS.ErrnoException;
    if (code === 'ENOENT') return { path, content: undefined };
    // The lines after the first show what is in the file, and that is keys.
    const [why = ''] = message.split('\n');
    throw new CliError(
      exitCode.failed,
      `${given} cannot be read: ${why.replace(/:$/, '')}`,
      'mend it, or print the kubeconfig without --merge',
    );
  }
}

function isKubeconfig(content: unknown): content is Kubeconfig {
  if (typeof content !== 'object' || content === null || Array.isArray(content)) return false;
  return lists.every(key => {
    const list: unknown = (content as Record<string, unknown>)[key] ?? [];
    return Array.isArray(list) && list.every(each => typeof each?.name === 'string');
  });
}

/** Writes what `file` had and what `text` has; as it was it is kept beside it, as `.before`. */
export async function mergeKubeconfig({ path, content }: KubeconfigFile, text: string): Promise<Merged> {
  const { parse, stringify } = await import('yaml');
  const added = parse(text) as Kubeconfig;
  const present = content ?? {};
  const joined = (key: (typeof lists)[number]) => {
    const names = new Set((added[key] ?? []).map(({ name }) => name));
    return [...(present[key] ?? []).filter(({ name }) => !names.has(name)), ...(added[key] ?? [])];
  };
  const merged = {
    ...{ apiVersion: 'v1', kind: 'Config', ...present },
    ...{ clusters: joined('clusters'), users: joined('users'), contexts: joined('contexts') },
    'current-context': present['current-context'] || added['current-context'],
  };
  await mkdir(dirname(path), { recursive: true, mode: 0o700 });
  if (content) {
    await copyFile(path, `${path}.before`);
    await chmod(`${path}.before`, 0o600);
  }
  // Whole or not at all, and for nobody else from the first moment.
  await rm(`${path}.new`, { force: true });
  await writeFile(`${path}.new`, stringify(merged), { mode: 0o600, flag: 'wx' });
  if (content) await keepOwner(path, [`${path}.new`, `${path}.before`]);
  await rename(`${path}.new`, path);
  return { context: added['current-context'] ?? '', replacesOther: differs(present, added) };
}

/** With sudo it stays the file of whoever had it. */
async function keepOwner(path: string, files: readonly string[]): Promise<void> {
  const { uid, gid } = await stat(path);
  if (process.getuid?.() !== 0) return;
  for (const file of files) await chown(file, uid, gid);
}

/** Whether a cluster of both names has two authorities. */
function differs(present: Kubeconfig, added: Kubeconfig): boolean {
  return (added.clusters ?? []).some(each => {
    const same = present.clusters?.find(({ name }) => name === each.name);
    return same !== undefined && authorityOf(same) !== authorityOf(each);
  });
}

function authorityOf(entry: Entry): unknown {
  return (entry as { readonly cluster?: Readonly<Record<string, unknown>> }).cluster?.[
    'certificate-authority-data'
  ];
}
