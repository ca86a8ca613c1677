// `k3s kubectl`: the verbs that a product calls, over HTTPS with a kubeconfig. Words and exit codes are kubectl's; a verb that is not
// here ends with an error that says so.
import { parseWords } from '../arguments.ts';
import { KubeClient } from '../kube-client.ts';
import { StatusError } from '../kube-status.ts';
import { textOf } from '../log.ts';
import { create } from './create.ts';
import { drain, setSchedulable } from './drain.ts';
import { annotate, label, patch, taint } from './edit.ts';
import { get, type Kubectl, remove } from './get.ts';

const switches = [
  'all-namespaces',
  'A',
  'all',
  'delete-emptydir-data',
  'delete-local-data',
  'disable-eviction',
  'force',
  'h',
  'ignore-daemonsets',
  'ignore-not-found',
  'insecure-skip-tls-verify',
  'no-headers',
  'now',
  'overwrite',
  'server-side',
  'show-labels',
  'w',
  'wait',
  'watch',
];

export async function run(argv: readonly string[]): Promise<number> {
  const args = parseWords(argv, switches);
  const [verb = '', ...words] = args.words;
  const verbs: Readonly<Record<string, (kubectl: Kubectl) => Promise<number>>> = {
    annotate,
    apply: create,
    cordon: kubectl => setSchedulable(kubectl, false),
    create,
    delete: remove,
    drain,
    get,
    label,
    patch,
    taint,
    uncordon: kubectl => setSchedulable(kubectl, true),
    version,
  };
  const command = verbs[verb];
  if (command === undefined) {
    process.stderr.write(
      `error: unknown command "${verb}" for "kubectl": the double of k3s has ${Object.keys(verbs).join(', ')}\n`,
    );
    return 1;
  }
  try {
    const client = new KubeClient(args.text('kubeconfig'));
    return await command({ client, args, verb, words, namespace: args.text('namespace', 'n') ?? 'default' });
  } catch (thrown) {
    process.stderr.write(`${failureText(thrown)}\n`);
    return 1;
  }
}

/** As kubectl says what the server, or nobody, answered. */
export function failureText(thrown: unknown): string {
  if (thrown instanceof StatusError) {
    if (thrown.code === 401) return 'error: You must be logged in to the server (Unauthorized)';
    return `Error from server${thrown.reason === '' ? '' : ` (${thrown.reason})`}: ${thrown.message}`;
  }
  const text = textOf(thrown);
  const refused = /dial tcp ([\d.]+:\d+): connect: connection refused/.exec(text);
  if (refused !== null)
    return `The connection to the server ${refused[1]} was refused - did you specify the right host or port?`;
  if (/^[A-Z]\w+ "https/.test(text))
    return `Unable to connect to the server: ${text.replace(/^\w+ "[^"]*": /, '')}`;
  return text.startsWith('error:') ? text : `error: ${text}`;
}

async function version({ client, args }: Kubectl): Promise<number> {
  const serverVersion = await client.call<{ gitVersion: string }>('GET', '/version');
  if (args.text('output', 'o') === 'json')
    process.stdout.write(`${JSON.stringify({ serverVersion }, undefined, 2)}\n`);
  else process.stdout.write(`Server Version: ${serverVersion.gitVersion}\n`);
  return 0;
}
