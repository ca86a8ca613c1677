// `clusterctl k3s kubeconfig`: a new credential for kubectl, to standard output or into the file that kubectl reads.
import { chmod, copyFile, mkdir, readFile, rename, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { CliError, exitCode } from '../exit.ts';
import { type Request, withAgent } from '../request.ts';
import { hint, note } from '../shell.ts';

/** Prints a kubeconfig, or merges it into the file that kubectl reads. */
export async function k3sKubeconfig(
  request: Request,
  { lifeMs, merge, member }: { readonly lifeMs: number; readonly merge: boolean; readonly member: string },
): Promise<number> {
  const { shell } = request;
  const { answer, member: by } = await withAgent(request, client =>
    client.callService('k3s', 'kubeconfig', { argument: String(lifeMs), member }),
  );
  const { kubeconfig } = JSON.parse(answer) as { readonly kubeconfig: string };
  const days = Math.round(lifeMs / 86_400_000);
  const what = `An administrator of Kubernetes for ${days >= 1 ? `${days} days` : 'less than a day'}, made by ${by}`;
  if (!merge) {
    shell.stdout.write(kubeconfig);
    note(shell, `${what}: whoever has this text is one.`);
    return exitCode.done;
  }
  const file = kubeconfigFile(shell.env);
  const context = await mergeInto(file, kubeconfig);
  note(shell, `${what}, is in ${file} as context ${context}.`);
  hint(shell, `kubectl --context ${context} get nodes`);
  return exitCode.done;
}

/** The first file that kubectl would write to (kubernetes.io, organize-cluster-access-kubeconfig). */
function kubeconfigFile(env: Readonly<Record<string, string | undefined>>): string {
  const [first = ''] = (env.KUBECONFIG ?? '').split(':').filter(path => path !== '');
  if (first !== '') return first;
  if (!env.HOME) throw new CliError(exitCode.usage, 'there is no HOME to put it in', 'set KUBECONFIG=FILE');
  return join(env.HOME, '.kube', 'config');
}

interface Named {
  readonly name: string;
}
interface Kubeconfig {
  readonly clusters?: readonly Named[];
  readonly users?: readonly Named[];
  readonly contexts?: readonly Named[];
  readonly 'current-context'?: string;
}

/** What is there of other clusters stays, and is kept beside it as it was. Resolves with the name of the new context. */
async function mergeInto(file: string, text: string): Promise<string> {
  const { parse, stringify } = await import('yaml');
  const added = parse(text) as Kubeconfig;
  let present: Kubeconfig = {};
  let isThere = true;
  try {
    const read: unknown = parse(await readFile(file, 'utf8')) ?? {};
    if (typeof read !== 'object' || Array.isArray(read)) throw new Error('it is no kubeconfig');
    present = read as Kubeconfig;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ENOENT')
      throw new CliError(
        exitCode.failed,
        `${file} cannot be read: ${(error as Error).message}`,
        'mend it, or print the kubeconfig without --merge',
      );
    isThere = false;
  }
  const names = new Set((added.contexts ?? []).map(({ name }) => name));
  const joined = (key: 'clusters' | 'users' | 'contexts') => [
    ...(present[key] ?? []).filter(({ name }) => !names.has(name)),
    ...(added[key] ?? []),
  ];
  const merged = {
    ...{ apiVersion: 'v1', kind: 'Config', ...present },
    ...{ clusters: joined('clusters'), users: joined('users'), contexts: joined('contexts') },
    'current-context': present['current-context'] || added['current-context'],
  };
  await mkdir(dirname(file), { recursive: true, mode: 0o700 });
  if (isThere) {
    await copyFile(file, `${file}.before`);
    await chmod(`${file}.before`, 0o600);
  }
  // Whole or not at all, and for nobody else.
  await writeFile(`${file}.new`, stringify(merged), { mode: 0o600 });
  await rename(`${file}.new`, file);
  return added['current-context'] ?? '';
}
